// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Jobs of a user in the queue of this machine, and what no manager is needed for.
class LocalQueueIT implements ManagerContract {

    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        shell = JobShell.open("local", Map.of());
    }

    @Override
    public JobShell shell() {
        return shell;
    }

    @Override
    public String element(String array, int index) {
        return array + "_" + index;
    }

    @Test
    void tellsWhichLimitWasPassed() {
        String late = shell.submit("exec sleep 60", "-t", "0:0:1");
        assertThat(shell.await(late)).isEqualTo(143);
        assertThat(shell.state(late)).isEqualTo("TIMEOUT");
    }

    /// Each group gives the right to read one file; a user namespace maps none of them.
    @Test
    void leavesAUserInAllOfFortyGroups() throws IOException {
        List<Integer> groups = IntStream.range(54_000, 54_040).boxed().toList();
        for (int group : List.of(groups.getFirst(), groups.getLast())) {
            Path file = Files.writeString(shell.home().resolve("of-" + group), "read\n");
            Files.setAttribute(file, "unix:gid", group);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
            assertThat(shell.exec(groups, "cat", file.toString()).output()).isEqualTo("read\n");
            assertThat(shell.exec(List.of(), "cat", file.toString()).status()).isNotZero();
        }
    }

    @Test
    void showsTheScriptAndNamesWhatIsWrong() {
        Command.Result script =
                shell.amphora(
                        "submit",
                        "--manager",
                        "slurm",
                        "--dry-run",
                        "-t",
                        "5",
                        "image",
                        "--",
                        "echo");
        assertThat(script.output()).startsWith("#!/bin/sh\n#SBATCH ").contains("--time=00:05:00");
        Command.Result none = shell.amphora("submit", "missing.sif", "--", "echo");
        assertThat(none.status()).isEqualTo(255);
        assertThat(none.errors().lines()).hasSize(3);
        Command.Result refused =
                shell.amphora("submit", "--nodes", "2", "--dry-run", "image", "--", "echo");
        assertThat(refused.errors()).contains("--nodes");
        assertThat(shell.amphora("status", "4711").errors()).contains("cannot find job 4711");
    }
}
