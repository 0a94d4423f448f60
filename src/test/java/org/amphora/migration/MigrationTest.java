// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.amphora.Needs;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.image.Digest;
import org.amphora.migration.Migration.Outcome;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationTest {
    private static final String DIGEST = "sha256:" + "a".repeat(64);

    @TempDir private Path folder;
    private Path source;
    private Site site;

    @BeforeEach
    void makeSite() throws IOException {
        Needs.program("git");
        source = Files.createDirectory(folder.resolve("source"));
        site = Site.init(folder.resolve("site"));
    }

    @Test
    void takesTheLatestTagOfAnEntry() throws IOException {
        entry(
                "quay.io/biocontainers/bwa",
                """
                url: https://biocontainers.pro/tools/bwa
                maintainer: '@vsoch'
                description: maps reads
                latest:
                  0.7.18--he4a0461_0: %1$s
                tags:
                  0.7.17--h7132678_9: %1$s
                  0.7.18--he4a0461_0: %1$s
                docker: quay.io/biocontainers/bwa
                features:
                  gpu: true
                env:
                  THREADS: 4
                aliases:
                  bwa: /usr/local/bin/bwa
                """
                        .formatted(DIGEST));
        assertThat(taken(migrated())).containsExactly("bwa/0.7.18--he4a0461_0");
        AppVersion app = version("bwa/0.7.18--he4a0461_0");
        assertThat(app.about().summary()).isEqualTo("maps reads");
        assertThat(app.from()).contains("docker://quay.io/biocontainers/bwa@" + DIGEST);
        assertThat(app.image()).isEmpty();
        assertThat(app.maintainers()).isEmpty();
        assertThat(app.needs().gpu()).isTrue();
        assertThat(app.environment()).containsEntry("THREADS", "4");
        assertThat(app.commands())
                .containsExactly(new ExposedCommand("bwa", List.of("/usr/local/bin/bwa")));
    }

    @Test
    void quarantinesWhatIsWrong() throws IOException {
        entry(
                "vanessa/salad",
                "docker: vanessa/salad\ntags: {'1.0': 'no such manifest'}\nlatest: {'1.0': 'no such manifest'}\n"
                        + "maintainer: x\ndescription: y\naliases: {salad: /code/salad}\n");
        entry(
                "jupyter/notebook",
                """
                docker: jupyter/notebook
                description: notebooks
                latest: {'2023-04-27': %1$s}
                tags: {'2023-04-27': %1$s, latest: %1$s}
                aliases:
                - name: run-notebook
                  command: jupyter notebook --port=$(shuf -i 2000-65000 -n 1)
                - name: jupyter
                  command: /opt/conda/bin/jupyter
                - name: "["
                  command: /usr/bin/[
                """
                        .formatted(DIGEST));
        entry(
                "with/template",
                "docker: a/b\ndescription: x\ntags: {'1.0': '%1$s'}\nlatest: {'1.0': '%1$s'}\nsingularity_scripts: {run: run.sh}\n"
                        .formatted(DIGEST));
        Migration migration = migrated();
        assertThat(reasons(migration, Outcome.QUARANTINED))
                .containsExactly(
                        "jupyter/notebook/container.yaml 2023-04-27 run-notebook: it needs a shell:"
                                + " jupyter notebook --port=$(shuf -i 2000-65000 -n 1)",
                        "jupyter/notebook/container.yaml 2023-04-27 [: \"[\" is no name of a command",
                        "vanessa/salad/container.yaml 1.0: the digest is none: no such manifest",
                        "with/template/container.yaml: singularity_scripts are templates that make"
                                + " scripts");
        assertThat(taken(migration)).containsExactly("notebook/2023-04-27");
        assertThat(site.root().resolve("quarantine/shpc/vanessa/salad/container.yaml"))
                .content()
                .startsWith("# vanessa/salad/container.yaml 1.0: the digest is none")
                .contains("docker: vanessa/salad");
        assertThat(migration.items(site))
                .filteredOn(item -> item.reason().contains("the site has it already"))
                .hasSize(1);
    }

    @Test
    void readsModulefilesOfBothTools() throws IOException {
        Path images = Files.createDirectories(source.resolve("images"));
        Files.writeString(images.resolve("samtools.sif"), "one");
        Files.writeString(images.resolve("bwa.sif"), "two");
        Files.writeString(images.resolve("stray.sif"), "three");
        write(
                "modules/samtools/1.20.lua",
                """
                whatis("Description: Tools for SAM")
                whatis("URL: https://www.htslib.org/")
                setenv("SAM_THREADS", "4")
                setenv("SINGULARITY_SHELL", "/bin/bash")
                setenv("WHERE", pathJoin("/x", "y"))
                set_alias("samtools", "singularity exec -B /scratch %s/samtools.sif /usr/bin/samtools")
                """
                        .formatted(images));
        Path bin = Files.createDirectories(source.resolve("wrappers/bin"));
        Path script = bin.resolve("bwa");
        Files.writeString(
                script,
                "#!/bin/bash\nsingularity ${OPTS} exec -B /scratch %s/bwa.sif bwa mem -t 2 \"$@\"\n"
                        .formatted(images));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        write(
                "modules/bwa/0.7",
                "#%Module\nmodule-whatis {Description: maps reads}\nprepend-path PATH "
                        + bin
                        + "\n");
        Migration migration = migrated();
        assertThat(taken(migration)).containsExactly("bwa/0.7", "samtools/1.20");
        assertThat(reasons(migration, Outcome.LEFT))
                .containsExactly(
                        "images/stray.sif: no modulefile names it, and its name says no version");
        AppVersion samtools = version("samtools/1.20");
        assertThat(samtools.about().summary()).isEqualTo("Tools for SAM");
        assertThat(samtools.about().homepage()).contains("https://www.htslib.org/");
        assertThat(samtools.environment()).containsOnlyKeys("SAM_THREADS");
        assertThat(samtools.image()).contains(Digest.of("one"));
        assertThat(samtools.commands())
                .containsExactly(new ExposedCommand("samtools", List.of("/usr/bin/samtools")));
        assertThat(version("bwa/0.7").commands())
                .containsExactly(new ExposedCommand("bwa", List.of("bwa", "mem", "-t", "2")));
    }

    @Test
    void makesARecipeOfACondaEnvironment() throws IOException {
        write(
                "environment.yml",
                """
                name: samtools
                channels: [conda-forge, bioconda]
                dependencies:
                  - bioconda::samtools=1.20
                  - numpy
                  - pip
                  - pip: [pysam==0.22.0]
                """);
        Migration migration = migrated();
        assertThat(migration.kind()).isEqualTo(Migration.Kind.CONDA);
        AppVersion app = version("samtools/1.20");
        assertThat(app.recipe()).contains("samtools.def");
        assertThat(site.root().resolve("apps/samtools/1.20/environment.yml"))
                .hasSameTextualContentAs(source.resolve("environment.yml"));
        assertThat(migration.items(site).getFirst().reason()).contains("site has it already");
    }

    @Test
    void takesDefinitionsThatCanBeBuilt() throws IOException {
        String base = "Bootstrap: docker\nFrom: debian:12\n";
        write("bwa-0.7.17.def", base + "%runscript\n    exec /usr/bin/bwa \"$@\"\n");
        write("samtools/Singularity.1.20", base + "%files\n    data.txt /data.txt\n");
        write("samtools/data.txt", "data");
        write("labelled.def", base + "%labels\n    Version 3.1\n");
        write("nameless.def", base);
        write("local-1.0.def", "Bootstrap: localimage\nFrom: /images/x.sif\n");
        write("outside-1.0.def", base + "%files\n    /etc/motd\n");
        write("broken-1.0.def", "From: debian:12\n%nonsense\n");
        Migration migration = migrated();
        assertThat(taken(migration)).containsExactly("bwa/0.7.17", "labelled/3.1", "samtools/1.20");
        assertThat(reasons(migration, Outcome.QUARANTINED))
                .anySatisfy(reason -> assertThat(reason).startsWith("broken-1.0.def: "))
                .contains(
                        "local-1.0.def: it starts from a file of this machine: /images/x.sif",
                        "nameless.def: neither its name nor a label says its version",
                        "outside-1.0.def: %files copies from outside its directory: /etc/motd");
        assertThat(version("bwa/0.7.17").commands())
                .containsExactly(new ExposedCommand("bwa", List.of("/usr/bin/bwa")));
        assertThat(site.root().resolve("apps/samtools/1.20/data.txt")).hasContent("data");
    }

    @Test
    void refusesWhereNothingIs() {
        assertThatThrownBy(this::migrated).isInstanceOf(Problem.class);
    }

    /// Looks and applies.
    private Migration migrated() {
        Migration migration =
                Migration.of(
                        new Migration.Request(source, Optional.empty(), Optional.empty(), false));
        migration.apply(site, file -> Digest.of(Findings.text(file)));
        Catalog catalog = site.catalog();
        assertThat(catalog.findings()).isEmpty();
        return migration;
    }

    private List<String> taken(Migration migration) {
        assertThat(migration.items(site)).noneMatch(item -> item.outcome() == Outcome.TAKEN);
        return site.catalog().apps().values().stream()
                .flatMap(List::stream)
                .map(app -> app.id().toString())
                .toList();
    }

    private List<String> reasons(Migration migration, Outcome outcome) {
        return migration.items(site).stream()
                .filter(item -> item.outcome() == outcome)
                .filter(item -> !item.reason().contains("the site has it already"))
                .map(item -> item.subject() + ": " + item.reason())
                .toList();
    }

    private AppVersion version(String id) {
        return site.catalog().version(VersionId.parse(id));
    }

    private void entry(String name, String text) throws IOException {
        write(name + "/container.yaml", text);
    }

    private void write(String path, String text) throws IOException {
        Path file = source.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
