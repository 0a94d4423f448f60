// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ranks as /proc shows them; what real ones show is in ProveIT.
class ProofTest {
    private static final Set<String> OPEN_MPI =
            Set.of("/usr/lib/libmpi.so.40.30.4", "/usr/lib/libopen-pal.so.40.30.2");
    private static final Set<String> MPICH = Set.of("/usr/lib/libmpich.so.12.2.2");
    private static final Map<String, String> PMI =
            Map.of("PMI_FD", "6", "PMI_RANK", "0", "PMI_SIZE", "4");
    private static final Map<String, String> NODES =
            Map.of("PMI_FD", "6", "PMI_RANK", "0", "PMI_SIZE", "4", "SLURM_STEP_NUM_NODES", "2");

    @Test
    void saysNothingBeforeMpiHasBegun() {
        assertThat(proof(rank(PMI, Set.of(), 1, Set.of())).world()).isZero();
        assertThat(proof(rank(PMI, OPEN_MPI, 1, Set.of())).world()).isZero();
    }

    @Test
    void aloneIsARankThatUsesNothingOfItsLauncher() {
        Proof proof = proof(rank(PMI, OPEN_MPI, 3, Set.of("6")));
        assertThat(proof.world()).isEqualTo(1);
        assertThat(proof.failure().orElseThrow().why())
                .contains("4 were started", "libmpi.so.40.30.4", "its launcher offers PMI");
    }

    @Test
    void aPmiDescriptorCountsForMpich() {
        assertThat(proof(rank(PMI, MPICH, 2, Set.of("6"))).world()).isEqualTo(4);
        assertThat(proof(rank(PMI, MPICH, 2, Set.of("0", "1"))).failure()).isPresent();
    }

    @Test
    void endsTcpBetweenNodesWithAFabric() {
        Rank tcp = rank(NODES, MPICH, 2, Set.of("6"));
        assertThat(proof(tcp).failure()).isEmpty();
        assertThat(Proof.of(tcp, List.of(), List.of("mlx5_0")).failure().orElseThrow().why())
                .contains("mlx5_0", "none of its devices");
        Rank verbs =
                new Rank(
                        1,
                        NODES,
                        MPICH,
                        Map.of(),
                        false,
                        2,
                        List.of(),
                        false,
                        Set.of("/dev/infiniband/uverbs0", "/dev/nvidia0", "/dev/nvidiactl"),
                        Set.of("6"),
                        "user:[1]");
        Proof proof = Proof.of(verbs, List.of(), List.of("mlx5_0"));
        assertThat(proof.failure()).isEmpty();
        assertThat(proof.lines())
                .contains("transport  /dev/infiniband/uverbs0", "gpu        /dev/nvidia0");
    }

    @Test
    void readsAProcess(@TempDir Path proc) throws IOException {
        Path process = process(proc);
        Rank rank = Rank.read(proc, 7).orElseThrow();
        assertThat(rank.connections())
                .containsExactly(new Rank.Connection("0100007F", "0100007F", 34725));
        assertThat(rank.listens()).isTrue();
        assertThat(rank.segments()).containsOnlyKeys("00:1b 1714");
        assertThat(rank.devices()).containsExactly("/dev/infiniband/uverbs0");
        assertThat(Proof.of(rank, List.of(), List.of()).lines().getFirst())
                .isEqualTo("world      2 of 2: it is connected to the launcher's PMIx server");
        Files.writeString(process.resolve("maps"), "\0garbage\n7f s\n");
        assertThat(Rank.read(proc, 7).orElseThrow().segments()).isEmpty();
        assertThat(Rank.read(proc, 8)).isEmpty();
    }

    /// As Open MPI 4.1.4 under its own mpirun left it (Debian 12).
    private static Path process(Path proc) throws IOException {
        Path process = Files.createDirectories(proc.resolve("7"));
        for (String directory : List.of("fd", "net", "ns", "task/7", "task/8")) {
            Files.createDirectories(process.resolve(directory));
        }
        Files.writeString(
                process.resolve("environ"),
                "OMPI_COMM_WORLD_SIZE=2\0OMPI_COMM_WORLD_RANK=0\0"
                        + "PMIX_SERVER_URI4=535887872.0;tcp4://127.0.0.1:34725\0");
        Files.writeString(
                process.resolve("maps"),
                """
                7f0000000000-7f0000001000 r-xp 00000000 fe:00 11 /usr/lib/libmpi.so.40.30.4
                7f0000002000-7f0000003000 r-xp 00000000 fe:00 12 /usr/lib/libopen-pal.so.40.30.2
                7f0000004000-7f0000005000 rw-s 00000000 00:1b 1714 /dev/shm/vader_segment.vm.1001.1ff10001.1
                7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0 [stack]
                """);
        Files.writeString(
                process.resolve("net/tcp"),
                """
                  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
                   0: 0100007F:B30E 0100007F:87A5 01 00000000:00000000 00:00000000 00000000  1001        0 2677966 1
                   1: 0100007F:B30F 0100007F:87A5 01 00000000:00000000 00:00000000 00000000  1001        0 2677000 1
                   2: 00000000:0400 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 2677969 1
                """);
        Files.writeString(process.resolve("net/tcp6"), "");
        Files.createSymbolicLink(process.resolve("fd/14"), Path.of("socket:[2677966]"));
        Files.createSymbolicLink(process.resolve("fd/15"), Path.of("socket:[2677969]"));
        Files.createSymbolicLink(process.resolve("fd/16"), Path.of("/dev/infiniband/uverbs0"));
        Files.createSymbolicLink(process.resolve("ns/user"), Path.of("user:[4026531837]"));
        return process;
    }

    private static Proof proof(Rank rank) {
        return Proof.of(rank, List.of(), List.of());
    }

    private static Rank rank(
            Map<String, String> environment,
            Set<String> libraries,
            int threads,
            Set<String> descriptors) {
        return new Rank(
                1,
                environment,
                libraries,
                Map.of(),
                false,
                threads,
                List.of(),
                false,
                Set.of(),
                descriptors,
                "user:[1]");
    }
}
