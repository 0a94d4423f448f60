// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.catalog.ChannelChanges;
import org.amphora.catalog.Revision;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Sites are deployed and used as users do: through the real Lmod and Environment Modules, in the
/// shells that they have, as a user who is not root.
class DeployIT {
    private static final String ALICE = "amphora-alice";
    private static final String BOB = "amphora-bob";

    private static Lab lab;
    private static Site samtools;

    @BeforeAll
    static void deployOnce() throws IOException {
        lab = new Lab();
        samtools = lab.site();
        for (String version : List.of("1.10", "1.16", "1.19", "1.20", "1.21")) {
            lab.add(samtools, "samtools/" + version);
        }
        Lab.promote(samtools, "samtools/1.10");
        Lab.promote(samtools, "samtools/1.16");
        Lab.promote(samtools, "samtools/1.19");
        Lab.promote(samtools, "samtools/1.20");
        ChannelChanges changes = new ChannelChanges(samtools);
        changes.propose(VersionId.parse("samtools/1.21"), Optional.empty(), "");
        changes.deprecate(
                VersionId.parse("samtools/1.16"),
                Optional.of(LocalDate.of(2999, 1, 1)),
                "slow [sort]");
        changes.withdraw(VersionId.parse("samtools/1.10"), "wrong results");
        lab.deploy(samtools);
    }

    @AfterAll
    static void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lmod, bash",
        "lmod, zsh",
        "lmod, csh",
        "lmod, fish",
        "modules, bash",
        "modules, zsh",
        "modules, csh",
        "modules, fish"
    })
    void worksInTheShellsOfUsers(String tool, String shell) throws IOException {
        Needs.program(shell.equals("csh") ? "tcsh" : shell);
        Command.Result result =
                lab.shell(
                        ALICE,
                        tool,
                        shell,
                        samtools,
                        "module load samtools\nsamtools --version\nsh -c 'echo a | samtools view'\n"
                                + "module unload samtools\nmodule load samtools/candidate\nsamtools --version");
        assertThat(result.output()).isEqualTo("samtools 1.20\na\nsamtools 1.21\n");
        assertThat(result.errors()).doesNotContain("rror");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmod", "modules"})
    void listsWhatIsOffered(String tool) throws IOException {
        Command.Result result =
                lab.shell(
                        ALICE,
                        tool,
                        "bash",
                        samtools,
                        "module -t avail 2>&1; module help samtools 2>&1");
        assertThat(result.output())
                .contains("samtools/1.16", "samtools/1.19", "samtools/1.20")
                .doesNotContain("samtools/1.10", "samtools/1.21")
                .contains("samtools 1.20 - Tools for SAM", "channel   stable", "image     sha256:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmod", "modules"})
    void warnsOfDeprecatedAndRefusesWithdrawn(String tool) throws IOException {
        Command.Result old =
                lab.shell(
                        ALICE,
                        tool,
                        "bash",
                        samtools,
                        "module load samtools/1.16 && samtools --version");
        assertThat(old.output()).isEqualTo("samtools 1.16\n");
        assertThat(old.errors().replaceAll("\\s+", " "))
                .contains(
                        "deprecated and refused from 2999-01-01",
                        "slow [sort]",
                        "use samtools/1.20");
        Command.Result bad =
                lab.shell(
                        ALICE, tool, "bash", samtools, "module load samtools/1.10; type samtools");
        assertThat(bad.output()).isEmpty();
        assertThat(bad.errors().replaceAll("\\s+", " "))
                .contains("samtools/1.10 is withdrawn: wrong results; use samtools/1.20");
    }

    @Test
    void refusesFromTheDayOn() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.19");
        new ChannelChanges(site)
                .deprecate(
                        VersionId.parse("samtools/1.19"),
                        Optional.of(LocalDate.of(2020, 1, 1)),
                        "too old");
        lab.deploy(site);
        for (String tool : List.of("lmod", "modules")) {
            Command.Result result =
                    lab.shell(
                            ALICE, tool, "bash", site, "module load samtools/1.19; type samtools");
            assertThat(result.output()).as(tool).isEmpty();
            assertThat(result.errors().replaceAll("\\s+", " "))
                    .contains("no longer offered: too old");
        }
    }

    @Test
    void behavesAsInstalledNatively() throws IOException {
        Command.Result result =
                lab.shell(
                        ALICE,
                        "lmod",
                        "bash",
                        samtools,
                        """
                        module load samtools
                        samtools 'a  b' '' -c '$x'
                        samtools die; echo "status $?"
                        printf abc | samtools view | wc -c
                        work=$(mktemp -d); mkdir $work/deeper; cd $work/deeper
                        [ "$(samtools where)" = "$PWD $PWD $HOME" ] || echo wrong place
                        here=$PWD
                        [ "$(PWD=/ samtools where)" = "$here $here $HOME" ] || echo wrong stale place
                        [ "$(env -i $(command -v samtools) where)" = "$here $here $HOME" ] || echo wrong empty environment
                        cd /; [ "$(samtools where)" = "/ / $HOME" ] || echo wrong root
                        seq 20 | xargs -P2 -n1 samtools --version | sort -u
                        samtools sleep & pid=$!
                        until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.05; done
                        kill -TERM $pid; wait $pid; echo "status $?"
                        rm -r $work
                        """);
        assertThat(result.output())
                .isEqualTo("4:a  b  -c $x\nstatus 7\n3\nsamtools 1.20\nstatus 143\n");
        assertThat(result.errors()).isEmpty();
    }

    @Test
    void leavesNoJavaInTheProcessTree() throws IOException {
        Command.Result result =
                lab.shell(
                        ALICE,
                        "modules",
                        "bash",
                        samtools,
                        """
                        module load samtools
                        samtools sleep & pid=$!
                        until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.05; done
                        cat /proc/$pid/comm
                        ps -o comm= --ppid $pid,$$ | grep -c java
                        head -c 2 $(command -v samtools); head -1 $(command -v samtools) | grep -c amphora-start
                        kill $pid
                        """);
        assertThat(result.output()).isEqualTo("sleep\n0\n#!1\n");
    }

    @Test
    void runsTwoVersionsSideBySide() {
        Path commands = Lab.root(samtools).resolve("commands/samtools");
        for (String version : List.of("1.19", "1.20")) {
            Command.Result result =
                    Command.of(
                                    commands.resolve(version).resolve("bin/samtools").toString(),
                                    "--version")
                            .run();
            assertThat(result.output()).isEqualTo("samtools " + version + "\n");
        }
    }

    @Test
    void changesNothingTwice() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.20");
        assertThat(Deployment.preview(site, lab.setting(Clock.systemUTC())))
                .containsExactly(
                        new Change("samtools", Change.Kind.ADD, List.of("1.20: new, new")));
        assertThat(Lab.root(site)).doesNotExist();
        assertThat(lab.deploy(site)).hasSize(1);
        List<String> before = listing(Lab.root(site));
        assertThat(lab.deploy(site)).isEmpty();
        assertThat(listing(Lab.root(site))).isEqualTo(before);
    }

    @Test
    void rollsBackAndTellsTheStory() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.19");
        lab.add(site, "samtools/1.20");
        Lab.promote(site, "samtools/1.19");
        Lab.promote(site, "samtools/1.20");
        lab.deploy(site);
        ChannelChanges changes = new ChannelChanges(site);
        changes.rollBack("samtools", Optional.empty(), "1.20 crashes\non CRAM");
        assertThat(lab.deploy(site))
                .containsExactly(
                        new Change(
                                "samtools",
                                Change.Kind.UPDATE,
                                List.of("1.19: earlier -> stable", "1.20: stable -> new")));
        for (String tool : List.of("lmod", "modules")) {
            assertThat(
                            lab.shell(
                                    ALICE,
                                    tool,
                                    "bash",
                                    site,
                                    "module load samtools; samtools --version"))
                    .extracting(Command.Result::output)
                    .isEqualTo("samtools 1.19\n");
        }
        assertThat(site.log("samtools"))
                .extracting(Revision::subject)
                .containsExactly(
                        "Roll back samtools",
                        "Promote samtools/1.20 to stable",
                        "Promote samtools/1.19 to stable",
                        "Add samtools/1.20",
                        "Add samtools/1.19");
        assertThat(site.log("samtools").getFirst().reason()).isEqualTo("1.20 crashes\non CRAM");
        assertThatThrownBy(() -> changes.rollBack("samtools", Optional.empty(), ""))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no version was stable before 1.19");
    }

    @Test
    void letsTheKernelRefuseOthers() throws IOException {
        Needs.that(Lab.isRoot(), "root", "other users are needed");
        Site site = lab.site();
        lab.add(site, "licensed/1.20", ALICE);
        Lab.promote(site, "licensed/1.20");
        lab.deploy(site);
        String lines = "module load licensed && licensed --version";
        for (String tool : List.of("lmod", "modules")) {
            assertThat(lab.shell(ALICE, tool, "bash", site, lines).output())
                    .isEqualTo("samtools 1.20\n");
            Command.Result refused = lab.shell(BOB, tool, "bash", site, lines);
            assertThat(refused.output()).isEmpty();
            assertThat(refused.errors().replaceAll("\\s+", " "))
                    .contains(
                            "licensed/1.20 is only for members of "
                                    + ALICE
                                    + "; ask ann@example.org");
        }
        Command.Result around =
                lab.shell(
                        BOB,
                        "lmod",
                        "bash",
                        site,
                        Lab.root(site) + "/commands/licensed/1.20/bin/licensed");
        assertThat(around.status()).isEqualTo(255);
        assertThat(around.errors()).contains("ermission denied");
    }

    @Test
    void closesAnImageThatBecomesRestricted() throws IOException {
        Needs.that(Lab.isRoot(), "root", "other users are needed");
        Site site = lab.site();
        lab.add(site, "licensed/1.20");
        lab.deploy(site);
        Path file = site.root().resolve("apps/licensed/1.20/app.yaml");
        String text = Files.readString(file) + "runs: [" + ALICE + "]\n";
        site.commit(Map.of("apps/licensed/1.20/app.yaml", text), "Restrict licensed", "");
        lab.deploy(site);
        Command.Result bob =
                lab.shell(BOB, "lmod", "bash", site, "cat " + Lab.root(site) + "/images/* | wc -c");
        assertThat(bob.output()).isEqualTo("0\n");
    }

    @Test
    void readsWhatACommandStartsWithBesideTheImage() throws IOException {
        Site site = lab.site();
        lab.addWithLibraries(site, "curl/8.0", "curl", List.of());
        lab.deploy(site);
        Path copies = onlyChild(Lab.root(site).resolve("copies"));
        Path command = Lab.root(site).resolve("commands/curl/8.0/bin/curl");
        assertThat(command).content().contains("\ncopies\t" + copies + "\n");
        assertThat(copies.resolve("usr/bin/curl")).hasSameBinaryContentAs(Path.of("/usr/bin/curl"));
        String lines = command + " --version";
        String expected = lab.shell(ALICE, "lmod", "bash", site, lines).output();
        assertThat(expected).startsWith("curl ");

        // They are read: what they say counts.
        Path program = copies.resolve("usr/bin/curl");
        Files.writeString(program, "#!/bin/bash\necho read\n");
        assertThat(lab.shell(ALICE, "lmod", "bash", site, lines).output()).isEqualTo("read\n");

        // Nothing but speed depends on them.
        Lab.run("rm", "-r", copies.toString());
        assertThat(lab.shell(ALICE, "lmod", "bash", site, lines).output()).isEqualTo(expected);

        Lab.run("git", "-C", site.root().toString(), "rm", "-q", "-r", "apps/curl");
        commit(site);
        lab.deploy(site);
        lab.deploy(site, Clock.offset(Clock.systemUTC(), Duration.ofDays(31)));
        assertThat(Lab.root(site).resolve("copies")).isEmptyDirectory();
    }

    @Test
    void restrictsCopiesLikeTheImage() throws IOException {
        Needs.that(Lab.isRoot(), "root", "other users are needed");
        Site site = lab.site();
        lab.addWithLibraries(site, "curl/8.0", "curl", List.of(ALICE));
        lab.deploy(site);
        Path copies = onlyChild(Lab.root(site).resolve("copies"));
        String lines = "cat " + copies + "/usr/bin/curl | wc -c";
        assertThat(lab.shell(ALICE, "lmod", "bash", site, lines).output())
                .isEqualTo(Files.size(Path.of("/usr/bin/curl")) + "\n");
        assertThat(lab.shell(BOB, "lmod", "bash", site, lines).output()).isEqualTo("0\n");
        assertThat(
                        lab.shell(
                                        ALICE,
                                        "lmod",
                                        "bash",
                                        site,
                                        Lab.root(site) + "/commands/curl/8.0/bin/curl --version")
                                .output())
                .startsWith("curl ");
    }

    private static Path onlyChild(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            List<Path> all = children.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    @Test
    void keepsRemovedVersionsForAWhile() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.19");
        lab.add(site, "samtools/1.20");
        lab.deploy(site);
        Path command = Lab.root(site).resolve("commands/samtools/1.19/bin/samtools");
        Lab.run("git", "-C", site.root().toString(), "rm", "-q", "-r", "apps/samtools/1.19");
        commit(site);
        lab.deploy(site);
        assertThat(Lab.root(site).resolve("modules/lmod/samtools/1.19.lua")).doesNotExist();
        assertThat(Command.of(command.toString(), "--version").run().output()).contains("1.19");

        lab.deploy(site, Clock.offset(Clock.systemUTC(), Duration.ofDays(31)));
        assertThat(command).doesNotExist();
        assertThat(listing(Lab.root(site)).stream().filter(name -> name.endsWith(".sif")))
                .hasSize(1);

        Lab.run("git", "-C", site.root().toString(), "rm", "-q", "-r", "apps/samtools");
        commit(site);
        assertThat(lab.deploy(site))
                .containsExactly(
                        new Change("samtools", Change.Kind.REMOVE, List.of("leaves the catalog")));
        assertThat(Lab.root(site).resolve("modules/lmod/samtools")).doesNotExist();
        lab.deploy(site, Clock.offset(Clock.systemUTC(), Duration.ofDays(31)));
        assertThat(listing(Lab.root(site)).stream().filter(name -> name.endsWith(".sif")))
                .isEmpty();
    }

    @Test
    void refusesWhoMayNotPromote() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.20");
        site.commit(Map.of("policy.yaml", "approvers: [boss@example.org]\n"), "Policy", "");
        assertThatThrownBy(() -> Lab.promote(site, "samtools/1.20"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("neither approver of the site nor maintainer of samtools")
                .extracting(problem -> ((Problem) problem).fix())
                .isEqualTo("ask one of boss@example.org, ann@example.org");
        Lab.run("git", "-C", site.root().toString(), "config", "user.email", "ann@example.org");
        Lab.run("git", "-C", site.root().toString(), "config", "user.name", "Ann");
        Needs.that(
                System.getenv("GIT_AUTHOR_EMAIL") == null, "git-author", "GIT_AUTHOR_EMAIL is set");
        Lab.promote(site, "samtools/1.20");
        assertThat(site.log("samtools").getFirst().author()).isEqualTo("Ann <ann@example.org>");
    }

    @Test
    void doesNotDeployMistakes() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.20");
        lab.deploy(site);
        site.commit(Map.of("apps/samtools/1.20/app.yaml", "sumary: x\n"), "Break it", "");
        assertThatThrownBy(() -> lab.deploy(site))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("apps/samtools/1.20/app.yaml:1: ");
        assertThat(
                        Command.of(
                                        Lab.root(site) + "/commands/samtools/1.20/bin/samtools",
                                        "--version")
                                .run())
                .extracting(Command.Result::output)
                .isEqualTo("samtools 1.20\n");
    }

    @Test
    void buildsARecipeOnce() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.20");
        lab.addRecipe(site, "built/1.0", "From: scratch\n");
        lab.addRecipe(site, "broken/1.0", "fails\n");
        Recorder making = new Recorder(lab.image("1.19"));
        Deployment.Outcome first = lab.deploy(site, making);
        assertThat(first.isComplete()).isFalse();
        assertThat(first.failures())
                .singleElement()
                .satisfies(
                        problem -> {
                            assertThat(problem.what())
                                    .isEqualTo("cannot build broken/1.0 from tool.def");
                            assertThat(problem.fix())
                                    .contains(site.root() + "/.amphora/logs/broken-1.0-");
                        });
        assertThat(commands(site, "samtools/1.20")).isEqualTo("samtools 1.20\n");
        assertThat(commands(site, "built/1.0")).isEqualTo("samtools 1.19\n");
        making.built.clear();
        site.commit(
                Map.of("apps/built/1.0/app.yaml", Lab.recipe("another summary")), "Say more", "");
        assertThat(lab.deploy(site, making).changes())
                .extracting(Change::app)
                .containsExactly("broken", "built");
        assertThat(making.built).containsExactly("fails\n");
        site.commit(Map.of("apps/broken/1.0/tool.def", "From: scratch 2\n"), "Mend it", "");
        assertThat(lab.deploy(site, making).isComplete()).isTrue();
        assertThat(commands(site, "broken/1.0")).isEqualTo("samtools 1.19\n");
        making.built.clear();
        assertThat(lab.deploy(site, making).changes()).isEmpty();
        assertThat(making.built).isEmpty();
    }

    @Test
    void keepsWhatUsersHaveWhenARecipeBreaks() throws IOException {
        Site site = lab.site();
        lab.addRecipe(site, "built/1.0", "From: scratch\n");
        Recorder making = new Recorder(lab.image("1.19"));
        assertThat(lab.deploy(site, making).isComplete()).isTrue();
        site.commit(Map.of("apps/built/1.0/tool.def", "fails\n"), "Break it", "");
        assertThat(lab.deploy(site, making).changes())
                .containsExactly(
                        new Change(
                                "built",
                                Change.Kind.KEEP,
                                List.of("1.0: its image cannot be made")));
        assertThat(commands(site, "built/1.0")).isEqualTo("samtools 1.19\n");
    }

    @Test
    void keepsWhatNobodyApproved() throws IOException {
        Site site = lab.site();
        lab.add(site, "samtools/1.19");
        lab.add(site, "samtools/1.20");
        lab.add(site, "other/1.20");
        Lab.promote(site, "samtools/1.19");
        site.commit(Map.of("policy.yaml", "approvers: [boss@example.org]\n"), "Name approvers", "");
        lab.deploy(site);
        site.commit(
                Map.of(
                        "channels.yaml",
                        "other:\n  stable: \"1.20\"\nsamtools:\n  stable: \"1.20\"\n  earlier: [\"1.19\"]\n"),
                "Promote behind the back",
                "");
        assertThat(lab.deploy(site)).extracting(Change::kind).containsOnly(Change.Kind.KEEP);
        assertThat(
                        lab.shell(
                                        ALICE,
                                        "lmod",
                                        "bash",
                                        site,
                                        "module load samtools; samtools --version")
                                .output())
                .isEqualTo("samtools 1.19\n");
        site.commit(Map.of("policy.yaml", "approvers: []\n"), "Drop them", "");
        assertThatThrownBy(() -> lab.deploy(site))
                .hasMessageContaining("policy.yaml: commit ")
                .hasMessageContaining("ask one of boss@example.org");
    }

    @Test
    void deploysAClone() throws IOException {
        Site origin = lab.site();
        lab.add(origin, "samtools/1.20");
        Lab.promote(origin, "samtools/1.20");
        Path bare = lab.folder().resolve("origin.git");
        Path clone = lab.folder().resolve("clone");
        Lab.run("git", "clone", "-q", "--bare", origin.root().toString(), bare.toString());
        Lab.run("git", "clone", "-q", "file://" + bare, clone.toString());
        Site site = Site.at(clone);
        assertThatThrownBy(() -> lab.deploy(site))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no pool has its image");
        new ImagePool(site.images()).hidden().add(lab.image("1.20"));
        lab.deploy(site);
        assertThat(
                        lab.shell(
                                        ALICE,
                                        "lmod",
                                        "bash",
                                        site,
                                        "module load samtools; samtools --version")
                                .output())
                .isEqualTo("samtools 1.20\n");
    }

    /// What the first version of this application says that it is.
    private static String commands(Site site, String id) {
        String name = id.substring(0, id.indexOf('/'));
        return Command.of(Lab.root(site) + "/commands/" + id + "/bin/" + name, "--version")
                .run()
                .output();
    }

    /// Builds nothing but notes what it should; `fails` fails.
    private static final class Recorder implements Making {
        private final Path image;
        private final List<String> built = new ArrayList<>();

        Recorder(Path image) {
            this.image = image;
        }

        @Override
        public Path fetch(String reference) {
            throw new AssertionError("fetches " + reference);
        }

        @Override
        public void build(Path directory, Path recipe, Path output, Path log) {
            try {
                String text = Files.readString(recipe);
                built.add(text);
                if (text.startsWith("fails")) {
                    throw new Problem("cannot build", "it fails", "mend it");
                }
                Files.copy(image, output);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static void commit(Site site) {
        Lab.run(
                "git",
                "-C",
                site.root().toString(),
                "-c",
                "user.name=T",
                "-c",
                "user.email=t@example.org",
                "commit",
                "-q",
                "-m",
                "Change");
    }

    private static List<String> listing(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.map(path -> root.relativize(path).toString()).sorted().toList();
        }
    }
}
