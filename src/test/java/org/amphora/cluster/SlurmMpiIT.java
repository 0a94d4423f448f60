// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.amphora.Lab;
import org.amphora.Needs;
import org.amphora.SharedSlurm;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Ranks in containers under the launchers of a real Slurm step and of two `mpirun`: they find each
/// other, and what the launcher gave each of them is still there.
class SlurmMpiIT {

    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        shell = JobShell.open("slurm", SLURM.cluster().environment());
    }

    private static Command.Result run(String launcher, String part, String... words)
            throws IOException {
        List<String> line = new ArrayList<>(List.of(launcher.split(" ")));
        line.addAll(List.of(Lab.amphora().toString(), "exec", Lab.image(part).toString()));
        line.addAll(List.of(words));
        Command.Result result = shell.run(line);
        assertThat(result.status()).as(result.output() + result.errors()).isZero();
        return result;
    }

    @ParameterizedTest
    @CsvSource({
        "srun -N 1 --mpi=pmix -n 2, bookworm-openmpi",
        "srun -N 1 --mpi=pmi2 -n 2, bookworm-mpich",
        "mpirun.openmpi --oversubscribe -n 2, bookworm-openmpi",
        "mpirun.mpich -n 2, bookworm-mpich",
    })
    void ranksFindEachOther(String launcher, String part) throws IOException {
        Needs.program(launcher.split(" ")[0]);
        Command.Result result = run(launcher, part, "/usr/bin/mpi-probe");
        assertThat(result.output()).contains("rank 0 of 2", "rank 1 of 2", "exchanged");
        assertThat(result.errors()).doesNotContain("CMA");
    }

    @Test
    void aStepKeepsItsDescriptorAndSharesOneContainer() throws IOException {
        String output =
                run(
                                "srun -N 1 --mpi=pmi2 -n 2",
                                "bookworm-mpich",
                                "sh",
                                "-c",
                                "readlink /proc/self/fd/$PMI_FD; readlink /proc/self/ns/user; sleep 1")
                        .output();
        assertThat(output.lines().filter(line -> line.startsWith("socket:"))).hasSize(2);
        assertThat(output.lines().filter(line -> line.startsWith("user:")).distinct()).hasSize(1);
    }

    /// Affinity, limits and control group, as a program reads its own.
    @Test
    void leavesWhatTheManagerSet() throws IOException {
        String script =
                "grep Cpus_allowed_list /proc/self/status;"
                        + " ulimit -n; ulimit -c; cat /proc/self/cgroup; nice";
        List<String> within =
                List.of(
                        "srun",
                        "-n",
                        "1",
                        "taskset",
                        "-c",
                        "1",
                        "nice",
                        "-n",
                        "3",
                        "prlimit",
                        "--nofile=777",
                        "--core=0");
        List<String> outside = new ArrayList<>(within);
        outside.addAll(List.of("sh", "-c", script));
        String inside =
                run(String.join(" ", within), "bookworm-mpich", "sh", "-c", script).output();
        assertThat(inside)
                .isEqualTo(shell.run(outside).output())
                .contains("Cpus_allowed_list:\t1\n777\n0\n")
                .endsWith("3\n");
    }
}
