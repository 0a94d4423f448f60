// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The cluster that other tests rely on: it runs jobs of users on its nodes and leaves nothing.
class SlurmClusterIT {

    @Test
    void runsAUsersTasksOnBothNodesAndLeavesNothing() throws Exception {
        long[] daemons;
        SlurmCluster cluster = SlurmCluster.start(2);
        try (cluster) {
            String tasks =
                    asAlice(cluster, "srun", "-N2", "-n2", "sh", "-c", "echo $SLURMD_NODENAME");
            assertThat(tasks.lines().sorted()).contains("n2").hasSize(2);
            // Debian's plugin for PMIx wants the link of the development package.
            assertThat(asAlice(cluster, "srun", "--mpi=pmix", "-n1", "env"))
                    .contains("PMIX_NAMESPACE=");
            assertThat(asAlice(cluster, "srun", "--mpi=pmi2", "-n1", "env")).contains("PMI_FD=");
            daemons = ofThisCluster(cluster);
            assertThat(daemons).hasSizeGreaterThanOrEqualTo(4);
        }
        assertThat(cluster.directory()).doesNotExist();
        assertThat(Arrays.stream(daemons).mapToObj(ProcessHandle::of))
                .noneMatch(daemon -> daemon.map(ProcessHandle::isAlive).orElse(false));
    }

    private static String asAlice(SlurmCluster cluster, String... command) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("runuser", "-u", "amphora-alice", "--"));
        arguments.addAll(List.of(command));
        ProcessBuilder builder =
                new ProcessBuilder(arguments).directory(cluster.directory().toFile());
        builder.environment().putAll(cluster.environment());
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static long[] ofThisCluster(SlurmCluster cluster) {
        String wanted = "SLURM_CONF=" + cluster.environment().get("SLURM_CONF");
        return ProcessHandle.allProcesses()
                .mapToLong(ProcessHandle::pid)
                .filter(pid -> environmentOf(pid).contains(wanted))
                .toArray();
    }

    private static String environmentOf(long pid) {
        try {
            return Files.readString(
                    Path.of("/proc", Long.toString(pid), "environ"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
