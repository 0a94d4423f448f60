// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.catalog.AppFile;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.deployment.ImagePool;
import org.amphora.image.Reference;
import org.amphora.image.store.Sources;
import org.amphora.migration.Migration;
import org.amphora.updates.Outdated;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "app", description = "Add applications and versions to the site.")
final class AppCommand {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;

    @Command(
            name = "new",
            description = "Write a commented app.yaml to start from, and print its path.")
    void begin(
            @Mixin SiteOption site,
            @Parameters(paramLabel = "NAME[/VERSION]", description = "Version 1.0 when not given.")
                    String name) {
        VersionId id = VersionId.parse(name.contains("/") ? name : name + "/1.0");
        spec.commandLine().getOut().println(new AppFile(site.site()).begin(id));
        spec.commandLine().getOut().flush();
    }

    @Command(name = "add", description = "Add a version whose image exists, and commit it.")
    void add(
            @Mixin SiteOption where,
            @Mixin Fetching fetching,
            @Parameters(paramLabel = "NAME/VERSION", description = "As samtools/1.20.") String name,
            @Option(
                            names = "--image",
                            required = true,
                            paramLabel = "IMAGE",
                            description = "A SIF file, or a reference as docker://….")
                    String image,
            @Option(
                            names = "--command",
                            paramLabel = "NAME[=PROGRAM [ARGUMENT…]]",
                            description =
                                    "What users get on PATH; repeatable. Those of the newest version when not given.")
                    @Nullable List<String> commands,
            @Option(names = "--summary", paramLabel = "TEXT", description = "What it is for.")
                    @Nullable String summary,
            @Option(
                            names = "--runs",
                            split = ",",
                            paramLabel = "GROUP",
                            description = "Groups that alone may run it.")
                    @Nullable List<String> runs,
            @Option(
                            names = "--maintainer",
                            paramLabel = "MAIL",
                            description = "Who may promote it; repeatable.")
                    @Nullable List<String> maintainers) {
        VersionId id = VersionId.parse(name);
        NewVersion version = new NewVersion(where.site(), fetching, parent.terminal());
        version.add(
                id,
                Reference.parse(image),
                summary,
                listOf(commands),
                listOf(runs),
                listOf(maintainers));
    }

    @Command(
            name = "update",
            description =
                    "Add a version like the newest one with a newer image or recipe, and commit it.")
    void update(
            @Mixin SiteOption where,
            @Mixin Fetching fetching,
            @Parameters(
                            paramLabel = "NAME[/VERSION]",
                            description = "The newest that its registry has when without version.")
                    String name,
            @Option(
                            names = "--image",
                            paramLabel = "IMAGE",
                            description = "A SIF file, or a reference as docker://….")
                    @Nullable String image,
            @Option(names = "--tag", paramLabel = "TAG", description = "Of the same repository.")
                    @Nullable String tag,
            @Option(
                            names = "--recipe",
                            paramLabel = "FILE",
                            description =
                                    "A definition file; the newest one's with its version replaced if not given.")
                    @Nullable Path recipe) {
        NewVersion version = new NewVersion(where.site(), fetching, parent.terminal());
        if (image != null) {
            version.add(
                    VersionId.parse(name),
                    Reference.parse(image),
                    null,
                    List.of(),
                    List.of(),
                    List.of());
        } else {
            version.update(name, Optional.ofNullable(tag), Optional.ofNullable(recipe));
        }
    }

    @Command(
            name = "outdated",
            description =
                    "Ask registries which applications have newer tags than the newest version.")
    void outdated(
            @Mixin SiteOption where,
            @Mixin Fetching fetching,
            @Parameters(arity = "0..*", paramLabel = "NAME", description = "All if none is given.")
                    @Nullable List<String> names,
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json) {
        Site site = where.site();
        Catalog catalog =
                names == null ? site.catalog() : site.catalog(site.commit(), Set.copyOf(names));
        List<String> asked = names == null ? List.copyOf(catalog.apps().keySet()) : names;
        Outdated.Report report =
                Outdated.ask(
                        asked.stream().map(name -> catalog.versions(name).getLast()).toList(),
                        repository -> Sources.tags(repository, fetching.options()));
        OutdatedCommand.print(spec.commandLine().getOut(), report.outdated(), json);
        report.unknown().forEach(problem -> parent.terminal().error(problem.lines()));
    }

    @Command(
            name = "import",
            description =
                    "Bring what exists: entries of shpc's registry, SIF files with modulefiles, a conda environment, recipes. Says what would be taken; --apply takes it.")
    void bring(
            @Mixin SiteOption where,
            @Parameters(paramLabel = "SOURCE", description = "A file or directory.") Path source,
            @Option(
                            names = "--kind",
                            paramLabel = "KIND",
                            description = "${COMPLETION-CANDIDATES}; recognised if not given.")
                    Migration.@Nullable Kind kind,
            @Option(
                            names = "--as",
                            paramLabel = "NAME/VERSION",
                            description = "What to call it, of a single recipe or environment.")
                    @Nullable String name,
            @Option(names = "--all-tags", description = "Not only the latest tag of each entry.")
                    boolean allTags,
            @Option(names = "--apply", description = "Write and commit what is taken.")
                    boolean apply,
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json) {
        Site site = where.site();
        Migration migration =
                Migration.of(
                        new Migration.Request(
                                source,
                                Optional.ofNullable(kind),
                                Optional.ofNullable(name).map(VersionId::parse),
                                allTags));
        ImportReport report = new ImportReport(migration.kind(), migration.items(site));
        if (apply) {
            migration.apply(site, new ImagePool(site.images()).hidden()::add);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? JsonText.of(report.rows()) + "\n" : report.lines());
        out.flush();
        parent.terminal().info(report.summary(apply));
    }

    private static List<String> listOf(@Nullable List<String> given) {
        return given == null ? List.of() : given;
    }
}
