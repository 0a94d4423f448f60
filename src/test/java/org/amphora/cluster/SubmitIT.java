// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.Needs;
import org.amphora.SlurmCluster;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The commands about jobs, as a user types them, against Slurm's daemons and the local queue.
class SubmitIT {

    private static final String AMPHORA =
            Path.of(System.getenv().getOrDefault("AMPHORA_PREFIX", "target/dist"))
                    .resolve("bin/amphora")
                    .toAbsolutePath()
                    .toString();

    private static Path home;
    private static SlurmCluster slurm;

    @BeforeAll
    static void start() throws IOException {
        Needs.program("runuser");
        Needs.that(System.getProperty("user.name").equals("root"), "root", "not root");
        Needs.that(Files.isExecutable(Path.of(AMPHORA)), "amphora", "no " + AMPHORA);
        slurm = SlurmCluster.start(2);
        home = Files.createTempDirectory(Path.of("/tmp"), "amphora-submit-it-");
        Path tree = home.resolve("image");
        for (String name : List.of("bin", "proc", "sys", "dev", "tmp", "home", "etc")) {
            Files.createDirectories(tree.resolve(name));
        }
        Files.copy(Path.of("/bin/busybox"), tree.resolve("bin/busybox"));
        tree.resolve("bin/busybox").toFile().setExecutable(true, false);
        for (String name : List.of("sh", "sleep", "echo", "hostname", "kill")) {
            Files.createSymbolicLink(tree.resolve("bin").resolve(name), Path.of("busybox"));
        }
        Command.of("chown", "-R", "amphora-alice", home.toString()).run().orProblem("chown", "-");
    }

    @AfterAll
    static void stop() throws IOException {
        if (slurm != null) {
            slurm.close();
        }
        if (home != null) {
            Command.of("rm", "-rf", home.toString()).run();
        }
    }

    private static Command.Result amphora(String manager, String... words) {
        List<String> line =
                new ArrayList<>(List.of("runuser", "-u", "amphora-alice", "--", AMPHORA));
        line.addAll(List.of(words));
        Command command =
                Command.of(line)
                        .in(home)
                        .within(Duration.ofMinutes(2))
                        .with("HOME", home.toString())
                        .with("XDG_STATE_HOME", home.resolve("state").toString())
                        .with("AMPHORA_CLUSTER_MANAGER", manager);
        for (Map.Entry<String, String> variable : slurm.environment().entrySet()) {
            command = command.with(variable.getKey(), variable.getValue());
        }
        return command.run();
    }

    private static String submit(String manager, String... words) {
        List<String> line = new ArrayList<>(List.of("submit"));
        line.addAll(List.of(words));
        Command.Result result = amphora(manager, line.toArray(new String[0]));
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).matches("\\d+\n");
        return result.output().strip();
    }

    @Test
    void slurmRunsTheCommandOncePerTaskInTheImage() {
        String id = submit("slurm", "-N", "2", "-n", "2", "image", "--", "echo", "a rank");
        assertThat(amphora("slurm", "wait", id).status()).isZero();
        assertThat(amphora("slurm", "logs", id).output()).isEqualTo("a rank\na rank\n");
        assertThat(amphora("slurm", "status", id, "--json").output())
                .contains("\"state\" : \"COMPLETED\"")
                .contains("\"exitCode\" : 0");
        assertThat(amphora("slurm", "jobs").output()).contains(id);
    }

    @Test
    void slurmTellsHowAJobEnded() {
        String exit = submit("slurm", "image", "--", "sh", "-c", "exit 7");
        assertThat(amphora("slurm", "wait", exit).status()).isEqualTo(7);
        String killed = submit("slurm", "image", "--", "sh", "-c", "kill -9 $$");
        assertThat(amphora("slurm", "wait", killed).status()).isEqualTo(137);
        String cancelled = submit("slurm", "image", "--", "sleep", "60");
        assertThat(amphora("slurm", "cancel", cancelled).status()).isZero();
        assertThat(amphora("slurm", "wait", cancelled).status()).isNotZero();
        assertThat(amphora("slurm", "status", cancelled).output()).contains("CANCELLED");
    }

    @Test
    void slurmRunsArraysAndDependencies() {
        String array =
                submit(
                        "slurm",
                        "-a",
                        "1-3",
                        "image",
                        "--",
                        "sh",
                        "-c",
                        "echo $SLURM_ARRAY_TASK_ID");
        String after = submit("slurm", "-d", "afterok:" + array, "image", "--", "echo", "after");
        assertThat(amphora("slurm", "wait", array).status()).isZero();
        assertThat(amphora("slurm", "wait", after).status()).isZero();
        assertThat(amphora("slurm", "logs", array).output()).isEqualTo("1\n2\n3\n");
        assertThat(amphora("slurm", "logs", array + "_2").output()).isEqualTo("2\n");
    }

    @Test
    void theLocalQueueRunsInTheImage() {
        String id = submit("local", "image", "--", "sh", "-c", "echo local; exit 3");
        assertThat(amphora("local", "wait", id).status()).isEqualTo(3);
        assertThat(amphora("local", "logs", id).output()).isEqualTo("local\n");
    }

    @Test
    void showsTheScriptAndNamesWhatIsWrong() {
        Command.Result script =
                amphora("slurm", "submit", "--dry-run", "-t", "5", "image", "--", "echo");
        assertThat(script.output()).startsWith("#!/bin/sh\n#SBATCH ").contains("--time=00:05:00");
        Command.Result none = amphora("slurm", "submit", "missing.sif", "--", "echo");
        assertThat(none.status()).isEqualTo(255);
        assertThat(none.errors().lines()).hasSize(3);
        Command.Result refused =
                amphora("flux", "submit", "--dry-run", "--memory", "1G", "image", "--", "echo");
        assertThat(refused.errors()).contains("--memory");
        assertThat(amphora("slurm", "status", "4711").errors()).contains("cannot find job 4711");
    }
}
