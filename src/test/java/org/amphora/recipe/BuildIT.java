// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.image.store.Inspection;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Builds from nothing with programs of this machine, so without network, in seconds.
class BuildIT {

    @TempDir static Path folder;
    private static Builder builder;

    @BeforeAll
    static void prepare() throws IOException {
        builder = new Builder(folder);
        builder.write("data/a.txt", "a\n");
        builder.write("data/b c.txt", "b\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"amphora-alice", "amphora-bob"})
    void buildsAsAnOrdinaryUser(String name) throws IOException {
        Needs.program("unsquashfs");
        String user = Builder.user(name);
        Path recipe =
                builder.write(
                        "whole.def",
                        Builder.SHELL
                                + """
                                    data/*.txt /opt/data/
                                %setup
                                    echo s > "$APPTAINER_ROOTFS/from-setup"
                                %post
                                    touch /opt/owned /tmp/junk
                                    chown 33:33 /opt/owned
                                    echo "export FROM_POST=1" >> $APPTAINER_ENVIRONMENT
                                    echo "Post.Label set in %post" >> $APPTAINER_LABELS
                                    cat /etc/hosts > /opt/hosts
                                    echo "${SECRET-unset} $HOME" > /opt/environment
                                %environment
                                    export GREETING=hello
                                %labels
                                    Author me
                                %runscript
                                    echo "$GREETING"
                                %test
                                    set -e
                                    [ "$GREETING $FROM_POST" = "hello 1" ]
                                    echo x > /opt/in-test
                                """);
        Path image = builder.home(user).resolve("whole.sif");

        Command.Result result = builder.build(user, recipe, image).with("SECRET", "x").run();

        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(Inspection.of(image).allJson())
                .contains("\"Author\": \"me\"")
                .contains("\"Post.Label\": \"set in %post\"")
                .contains("export GREETING=hello");
        Path tree = folder.resolve("tree-" + name);
        String offset = String.valueOf(offset(image));
        Command.of("unsquashfs", "-q", "-n", "-o", offset, "-d", tree.toString(), image.toString())
                .run()
                .orProblem("cannot unpack", "-");
        assertThat(tree.resolve("opt/data/b c.txt")).hasContent("b\n");
        assertThat(tree.resolve("from-setup")).hasContent("s\n");
        assertThat(tree.resolve("opt/owned")).exists();
        assertThat(tree.resolve("opt/in-test")).doesNotExist();
        assertThat(tree.resolve("tmp/junk")).doesNotExist();
        assertThat(tree.resolve(".post.script")).doesNotExist();
        assertThat(tree.resolve(".build.labels")).doesNotExist();
        assertThat(tree.resolve("etc/hosts")).isEmptyFile();
        assertThat(Files.size(tree.resolve("opt/hosts")))
                .isEqualTo(Files.size(Path.of("/etc/hosts")));
        assertThat(tree.resolve("opt/environment")).hasContent("unset /root\n");
        assertThat(tree.resolve(".singularity.d/runscript"))
                .hasContent("#!/bin/sh\n\n    echo \"$GREETING\"\n\n");
        assertNothingIsLeft(user);
    }

    @Test
    void buildsTheSameBytesTwice() throws IOException {
        String user = Builder.user("amphora-alice");
        Path recipe = builder.write("twice.def", Builder.SHELL + "%post\n    echo x > /usr/x\n");
        Path first = builder.home(user).resolve("first.sif");
        Path second = builder.home(user).resolve("second.sif");
        for (Path image : new Path[] {first, second}) {
            Command.Result result =
                    builder.build(user, recipe, image)
                            .with("SOURCE_DATE_EPOCH", "1750000000")
                            .run();
            assertThat(result.status()).as(result.errors()).isZero();
        }

        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"amphora-alice", "amphora-bob"})
    void keepsADirectoryAndBuildsOnIt(String name) throws IOException {
        String user = Builder.user(name);
        Path box = builder.home(user).resolve("box");
        Path recipe =
                builder.write("sandbox.def", Builder.SHELL + "%post\n    echo one > /usr/one\n");
        Path more =
                builder.write(
                        "more.def",
                        "Bootstrap: localimage\nFrom: "
                                + box
                                + "\n%post\n    cat /usr/one > /usr/two\n");

        Command.Result result = builder.build(user, recipe, box, "--sandbox").run();
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(box.resolve("usr/one")).hasContent("one\n");

        Path second = builder.home(user).resolve("second");
        result = builder.build(user, more, second, "--sandbox").run();
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(second.resolve("usr/two")).hasContent("one\n");
        assertThat(second.resolve(".singularity.d/bootstrap_history/Apptainer0"))
                .hasSameTextualContentAs(recipe);

        result = builder.build(user, recipe, box, "--sandbox").run();
        assertThat(result.status()).isEqualTo(255);
        assertThat(result.errors()).contains("build target '" + box + "' already exists");
        assertThat(box.resolve("usr/one")).exists();
        assertNothingIsLeft(user);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%post\n    exit 7\n|failed to execute %post script: its exit status is 7",
                "%test\n    exit 3\n|failed to execute %test script: its exit status is 3",
                "%setup\n    false\n|failed to execute %setup script: its exit status is 1",
                "%files\n    no/such* /opt\n|no such file",
            })
    void leavesNothingOfABuildThatFails(String sectionAndWhy) throws IOException {
        String user = Builder.user("amphora-alice");
        int bar = sectionAndWhy.indexOf('|');
        Path recipe = builder.write("fails.def", Builder.SHELL + sectionAndWhy.substring(0, bar));
        Path image = builder.home(user).resolve("fails.sif");

        Command.Result result = builder.build(user, recipe, image).run();

        assertThat(result.status()).isEqualTo(255);
        assertThat(result.errors()).contains(sectionAndWhy.substring(bar + 1));
        assertThat(image).doesNotExist();
        assertNothingIsLeft(user);
    }

    @ParameterizedTest
    @ValueSource(strings = {"amphora-alice", "amphora-bob"})
    void leavesNothingOfABuildThatIsInterrupted(String name) throws Exception {
        String user = Builder.user(name);
        Path image = builder.home(user).resolve("slow.sif");
        Process build = startSlowBuild(user, image, "86001");

        signal(build, "TERM");

        assertThat(build.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(build.exitValue()).isEqualTo(143);
        assertThat(image).doesNotExist();
        assertNoProcess("86001");
        assertNothingIsLeft(user);
    }

    @Test
    void removesWhatAKilledBuildLeft() throws Exception {
        String user = Builder.user("amphora-alice");
        Path image = builder.home(user).resolve("slow.sif");
        Process build = startSlowBuild(user, image, "86002");

        signal(build, "KILL");

        assertThat(build.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertNoProcess("86002");
        Path recipe = builder.write("next.def", Builder.SHELL);
        Command.Result result =
                builder.build(user, recipe, builder.home(user).resolve("next.sif")).run();
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.errors()).contains("Removing what a killed build left");
        assertNothingIsLeft(user);
    }

    /// Returns when `%post` runs.
    private static Process startSlowBuild(String user, Path image, String seconds)
            throws Exception {
        Path recipe =
                builder.write(
                        "slow.def",
                        Builder.SHELL + "%post\n    chown 33 /usr\n    sleep " + seconds + "\n");
        Command command = builder.build(user, recipe, image);
        ProcessBuilder start = new ProcessBuilder(command.argv());
        command.environment().forEach((k, v) -> start.environment().put(k, v.orElseThrow()));
        start.directory(folder.toFile());
        start.redirectErrorStream(true);
        start.redirectOutput(folder.resolve("slow.log").toFile());
        Process build = start.start();
        for (int i = 0; i < 600 && !isRunning("sleep " + seconds); i++) {
            Thread.sleep(50);
        }
        assertThat(isRunning("sleep " + seconds))
                .as(Files.readString(folder.resolve("slow.log")))
                .isTrue();
        return build;
    }

    /// To the JVM below runuser.
    private static void signal(Process build, String name) {
        ProcessHandle java =
                build.descendants()
                        .filter(p -> p.info().command().orElse("").endsWith("/java"))
                        .findFirst()
                        .orElseThrow();
        Command.of("kill", "-" + name, String.valueOf(java.pid())).run();
    }

    private static void assertNoProcess(String seconds) throws InterruptedException {
        for (int i = 0; i < 100 && isRunning("sleep " + seconds); i++) {
            Thread.sleep(50);
        }
        assertThat(isRunning("sleep " + seconds)).isFalse();
    }

    private static boolean isRunning(String command) {
        return ProcessHandle.allProcesses()
                .anyMatch(p -> p.info().commandLine().orElse("").endsWith(command));
    }

    private static void assertNothingIsLeft(String user) throws IOException {
        if (Files.exists(builder.temporary(user))) {
            try (Stream<Path> left = Files.list(builder.temporary(user))) {
                assertThat(left).isEmpty();
            }
        }
    }

    private static long offset(Path image) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        for (int at = 4096; at < bytes.length; at += 4096) {
            if (bytes[at] == 'h' && bytes[at + 1] == 's' && bytes[at + 2] == 'q') {
                return at;
            }
        }
        throw new AssertionError("no SquashFS in " + image);
    }
}
