// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.amphora.compat.check.ImageBuilder.bookworm;
import static org.amphora.compat.check.NodeBuilder.adapter;
import static org.amphora.compat.check.NodeBuilder.installation;
import static org.amphora.compat.check.NodeBuilder.launcher;
import static org.amphora.compat.check.NodeBuilder.library;
import static org.amphora.compat.check.NodeBuilder.usual;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.amphora.compat.check.Request.MpiChoice;
import org.amphora.contents.Mpi;

/// MPI, its launchers and fast networks.
final class MpiCases {

    private static final Request BIND = Request.of("solver").with(MpiChoice.BIND);

    private MpiCases() {}

    private static Request started(String words) {
        return Request.of("solver").with(LaunchWords.parse(words));
    }

    private static Request with(Map<String, String> variables) {
        return started("srun --mpi=pmix -n 2").with(new Caller(variables, Set.of(), List.of()));
    }

    private static NodeBuilder mpirun(String kind, String version) {
        return usual().list("mpi.launchers", launcher("mpirun", kind, version));
    }

    private static NodeBuilder has(String family, String version, String soname) {
        return usual().list("mpi.installations", installation(family, version, soname));
    }

    private static Map<String, Object> changed(String key, Object value) {
        Map<String, Object> open =
                new LinkedHashMap<>(installation("OPEN_MPI", "4.1.4", "libmpi.so.40"));
        open.put(key, value);
        return open;
    }

    private static NodeBuilder mlx() {
        return usual().list("fabric.adapters", adapter("mlx5_0", "mlx5_core", "4: ACTIVE"));
    }

    static Stream<Case> all() {
        return Stream.of(pairs(), launching(), binding(), fabric()).flatMap(cases -> cases);
    }

    private static Stream<Case> pairs() {
        NodeBuilder slurm = usual().slurm("pmi2", "pmix", "pmix_v4");
        return Stream.of(
                pair(
                        "MPICH by PMIx",
                        bookworm().mpich("4.0.2"),
                        slurm,
                        "srun --mpi=pmix -n 2",
                        "BLOCK"),
                pair(
                        "MPICH by PMI-2",
                        bookworm().mpich("4.0.2"),
                        slurm,
                        "srun --mpi=pmi2 -n 2",
                        "passed"),
                pair(
                        "Open MPI by PMIx",
                        bookworm().openMpi("4.1.4"),
                        slurm,
                        "srun --mpi=pmix -n 2",
                        "passed"),
                pair(
                        "Open MPI 4 by PMI-2",
                        bookworm().openMpi("4.1.4"),
                        slurm,
                        "srun --mpi=pmi2 -n 2",
                        "BLOCK"),
                pair(
                        "Open MPI 5 by PMI-2",
                        bookworm().openMpi("5.0.7"),
                        slurm,
                        "srun --mpi=pmi2 -n 2",
                        "BLOCK"),
                pair(
                        "Open MPI by nothing",
                        bookworm().openMpi("4.1.4"),
                        slurm,
                        "srun -n 2",
                        "BLOCK"),
                pair(
                        "MPICH by Open MPI's mpirun",
                        bookworm().mpich("4.0.2"),
                        mpirun("orte", "4.1.4"),
                        "mpirun -n 2",
                        "BLOCK"),
                pair(
                        "MPICH by Hydra",
                        bookworm().mpich("4.0.2"),
                        mpirun("hydra", "4.0.2"),
                        "mpirun -n 2",
                        "passed"),
                pair(
                        "Open MPI by Hydra",
                        bookworm().openMpi("4.1.4"),
                        mpirun("hydra", "4.0.2"),
                        "mpirun -n 2",
                        "BLOCK"),
                pair(
                        "Open MPI by its own",
                        bookworm().openMpi("4.1.4"),
                        mpirun("orte", "4.1.4"),
                        "mpirun -n 2",
                        "passed"),
                pair(
                        "one rank by the wrong launcher",
                        bookworm().mpich("4.0.2"),
                        slurm,
                        "srun --mpi=pmix -n 1",
                        "passed"),
                pair(
                        "an unknown launcher",
                        bookworm().mpich("4.0.2"),
                        usual(),
                        "mpirun -n 2",
                        "unknown"),
                pair(
                        "no MPI in the image",
                        bookworm(),
                        slurm,
                        "srun --mpi=pmix -n 2",
                        "not applicable"),
                Case.of(
                        "MPI-PMI-PAIR",
                        "a command that does not use MPI",
                        bookworm().mpich("4.0.2"),
                        slurm,
                        Request.of("hostname").with(LaunchWords.parse("srun --mpi=pmix -n 2")),
                        "WARN"));
    }

    private static Case pair(
            String name, ImageBuilder image, NodeBuilder node, String words, String expected) {
        return Case.of("MPI-PMI-PAIR", name, image, node, started(words), expected);
    }

    private static Stream<Case> launching() {
        ImageBuilder open4 = bookworm().openMpi("4.1.4");
        ImageBuilder open5 = bookworm().openMpi("5.0.7");
        NodeBuilder slurm = usual().slurm("pmi2", "pmix", "pmix_v4");
        Request pmix = started("srun --mpi=pmix -n 2");
        return Stream.of(
                Case.of("MPI-WORLD-SIZE", "always later", open4, slurm, pmix, "not applicable"),
                Case.of("FABRIC-PROOF", "always later", open4, mlx(), pmix, "not applicable"),
                Case.of(
                        "MPI-OMPI5-LAUNCH-4",
                        "5 starts 4",
                        open4,
                        mpirun("prrte", "5.0.7"),
                        started("mpirun -n 2"),
                        "BLOCK"),
                Case.of(
                        "MPI-OMPI5-LAUNCH-4",
                        "5 starts 5",
                        open5,
                        mpirun("prrte", "5.0.7"),
                        started("mpirun -n 2"),
                        "passed"),
                Case.of(
                        "MPI-CMA",
                        "ptrace restricted",
                        open4,
                        usual().known("kernel.ptraceScope", 2),
                        pmix,
                        "WARN"),
                Case.of("MPI-CMA", "ptrace free", open4, usual(), pmix, "passed"),
                Case.of(
                        "MPI-SSH",
                        "mpirun inside on two nodes",
                        open4,
                        slurm,
                        Request.of("mpirun", "solver").with(LaunchWords.parse("sbatch -N 2")),
                        "BLOCK"),
                Case.of(
                        "MPI-SSH",
                        "mpirun inside on one node",
                        open4,
                        slurm,
                        Request.of("mpirun", "solver"),
                        "passed"),
                Case.of(
                        "MPI-ORTE-VARS-IGNORED",
                        "old variable",
                        open5,
                        slurm,
                        with(Map.of("OMPI_MCA_plm_rsh_agent", "oarsh")),
                        "WARN"),
                Case.of("MPI-ORTE-VARS-IGNORED", "none", open5, slurm, pmix, "passed"),
                Case.of("PMI-FD", "no number", open4, slurm, with(Map.of("PMI_FD", "x")), "BLOCK"),
                Case.of("PMI-FD", "a number", open4, slurm, with(Map.of("PMI_FD", "12")), "passed"),
                Case.of(
                        "PMIX-NETNS",
                        "own network",
                        open4,
                        slurm,
                        with(Map.of("APPTAINER_NET", "1")),
                        "BLOCK"),
                Case.of("PMIX-NETNS", "node's network", open4, slurm, pmix, "passed"),
                Case.of(
                        "PMIX-TMPDIR",
                        "spool of slurmd",
                        open4,
                        slurm,
                        with(Map.of("PMIX_SERVER_TMPDIR", "/var/spool/slurmd/pmix.1.0")),
                        "WARN"),
                Case.of(
                        "PMIX-TMPDIR",
                        "below /tmp",
                        open4,
                        slurm,
                        with(Map.of("PMIX_SERVER_TMPDIR", "/tmp/pmix.1.0")),
                        "passed"),
                Case.of(
                        "PMIX-PSEC",
                        "munge outside only",
                        open4,
                        slurm.known("resourceManager.munge", "/run/munge/munge.socket.2"),
                        pmix,
                        "WARN"),
                Case.of(
                        "PMIX-PSEC",
                        "munge inside",
                        bookworm().openMpi("4.1.4").helper("libmunge.so.2"),
                        slurm,
                        pmix,
                        "passed"),
                Case.of(
                        "SLURM-MPI-TYPE",
                        "a type that Slurm lacks",
                        open4,
                        slurm,
                        started("srun --mpi=pmix_v5 -n 2"),
                        "BLOCK"),
                Case.of("SLURM-MPI-TYPE", "one that it has", open4, slurm, pmix, "passed"),
                Case.of(
                        "SLURM-PMIX-MAJOR",
                        "another major",
                        open4,
                        pmixOf(4, "5.0.1"),
                        pmix,
                        "WARN"),
                Case.of(
                        "SLURM-PMIX-MAJOR",
                        "the same major",
                        open4,
                        pmixOf(4, "4.2.2"),
                        pmix,
                        "passed"),
                Case.of(
                        "INTEL-PMI-LIB",
                        "not set",
                        intel(),
                        slurm,
                        started("srun --mpi=pmi2 -n 2"),
                        "BLOCK"),
                Case.of(
                        "INTEL-PMI-LIB",
                        "bound",
                        intel(),
                        slurm,
                        with(Map.of("I_MPI_PMI_LIBRARY", "/opt/slurm/lib/libpmi2.so"))
                                .withBinds(List.of("/opt/slurm")),
                        "passed"),
                Case.of(
                        "HOSTNAME-RESOLVE",
                        "old MPICH",
                        bookworm().mpich("3.4.1"),
                        usual().known("nameResolves", false),
                        "WARN"),
                Case.of(
                        "HOSTNAME-RESOLVE",
                        "name is known",
                        bookworm().mpich("3.4.1"),
                        usual(),
                        "passed"));
    }

    private static ImageBuilder intel() {
        return bookworm()
                .mpi(Mpi.Family.INTEL_MPI, "2021.9", "libmpi.so.12", Set.of("ofi"), Mpi.Pmi.PMI1);
    }

    private static NodeBuilder pmixOf(int plugin, String version) {
        return usual().slurm("pmi2", "pmix")
                .known("resourceManager.pmixMajors", List.of(plugin))
                .list(
                        "mpi.pmix",
                        Map.of(
                                "library",
                                        library("/usr/lib/libpmix.so.2", "libpmix.so.2", Map.of()),
                                "version", NodeBuilder.fact(version, "/usr/lib/libpmix.so.2")));
    }

    private static Stream<Case> binding() {
        ImageBuilder open4 = bookworm().openMpi("4.1.4");
        ImageBuilder mpich = bookworm().mpich("4.0.2");
        NodeBuilder open = has("OPEN_MPI", "4.1.4", "libmpi.so.40");
        NodeBuilder mpich4 = has("MPICH", "4.0.2", "libmpich.so.12");
        return Stream.of(
                Case.of(
                        "MPI-FAMILY",
                        "MPICH under Open MPI's program",
                        open4,
                        mpich4,
                        BIND,
                        "BLOCK"),
                Case.of("MPI-FAMILY", "one family", open4, open, BIND, "passed"),
                Case.of(
                        "MPI-SYMBOLS",
                        "Open MPI of two majors before",
                        bookworm().openMpi("5.0.7"),
                        has("OPEN_MPI", "3.1.3", "libmpi.so.40"),
                        BIND,
                        "BLOCK"),
                Case.of(
                        "MPI-SYMBOLS",
                        "large counts on MPICH 3.4",
                        bookworm()
                                .mpich("4.2.1")
                                .program("/usr/bin/big", "libmpich.so.12", "MPI_Allreduce_c"),
                        has("MPICH", "3.4.1", "libmpich.so.12"),
                        BIND,
                        "BLOCK"),
                Case.of(
                        "MPI-SYMBOLS",
                        "an older release that has what is called",
                        bookworm()
                                .mpich("4.2.1")
                                .program("/usr/bin/old", "libmpich.so.12", "MPI_Send", "mpi_init_"),
                        mpich4,
                        BIND,
                        "passed"),
                Case.of(
                        "MPI-SYMBOLS",
                        "a node whose functions nobody knows",
                        open4,
                        usual().list("mpi.installations", changed("functions", List.of())),
                        BIND,
                        "unknown"),
                Case.of("MPI-SYMBOLS", "the same release", mpich, mpich4, BIND, "passed"),
                Case.of(
                        "MPI-SONAME-ALIAS",
                        "Debian's name",
                        mpich,
                        has("MPICH", "4.0.2", "libmpi.so.12"),
                        BIND,
                        "INFO"),
                Case.of("MPI-SONAME-ALIAS", "the same name", mpich, mpich4, BIND, "passed"),
                Case.of(
                        "MPI-OMPI110-TRAP",
                        "Open MPI 1.10",
                        bookworm().mpi(Mpi.Family.OPEN_MPI, "1.10.7", "libmpi.so.12", Set.of()),
                        mpich4,
                        BIND,
                        "BLOCK"),
                Case.of(
                        "MPI-OMPI110-TRAP",
                        "Open MPI 1.10 by itself",
                        bookworm().mpi(Mpi.Family.OPEN_MPI, "1.10.7", "libmpi.so.12", Set.of()),
                        usual(),
                        "INFO"),
                Case.of("MPI-OMPI110-TRAP", "MPICH", mpich, mpich4, BIND, "passed"),
                Case.of(
                        "MPI-PLUGINS",
                        "a plugin's library is missing",
                        open4,
                        usual().list(
                                        "mpi.installations",
                                        changed("unresolved", List.of("libpsm2.so.2"))),
                        BIND,
                        "WARN"),
                Case.of("MPI-PLUGINS", "all there", open4, open, BIND, "passed"),
                Case.of(
                        "MPI-STATIC",
                        "bind changes nothing",
                        bookworm().program("/opt/app", "", "MPI_Init"),
                        open,
                        BIND,
                        "WARN"),
                Case.of("MPI-STATIC", "none", open4, open, BIND, "passed"),
                Case.of(
                        "MPI-FORTRAN",
                        "another compiler",
                        open4,
                        usual().list(
                                        "mpi.installations",
                                        changed(
                                                "fortran",
                                                List.of(
                                                        library(
                                                                "/usr/lib/libmpi_mpifh.so.40",
                                                                "libmpi_mpifh.so.40",
                                                                Map.of(
                                                                        "libgfortran.so.3",
                                                                        List.of()))))),
                        BIND,
                        "WARN"),
                Case.of(
                        "MPI-FORTRAN",
                        "the same compiler",
                        open4,
                        usual().list(
                                        "mpi.installations",
                                        changed(
                                                "fortran",
                                                List.of(
                                                        library(
                                                                "/usr/lib/libmpi_mpifh.so.40",
                                                                "libmpi_mpifh.so.40",
                                                                Map.of(
                                                                        "libgfortran.so.5",
                                                                        List.of()))))),
                        BIND,
                        "passed"));
    }

    private static Stream<Case> fabric() {
        ImageBuilder open = bookworm().openMpi("4.1.4").verbs(34, "mlx5", 34);
        NodeBuilder cxi = usual().list("fabric.adapters", adapter("cxi0", "cxi_ss1", "up"));
        Map<String, Object> small = Map.of("soft", 65536, "hard", 65536);
        return Stream.of(
                Case.of(
                        "SHM-SMALL",
                        "64 MiB for 16 ranks",
                        open,
                        usual().known("fileSystems.sharedMemory", NodeBuilder.shm(64L << 20)),
                        started("srun -n 16"),
                        "WARN"),
                Case.of(
                        "SHM-SMALL",
                        "none at all",
                        open,
                        usual().absent("fileSystems.sharedMemory"),
                        "BLOCK"),
                Case.of("SHM-SMALL", "64 GiB", open, usual(), started("srun -n 16"), "passed"),
                Case.of(
                        "FABRIC-TCP",
                        "no driver library",
                        bookworm().openMpi("4.1.4"),
                        mlx(),
                        "WARN"),
                Case.of(
                        "FABRIC-TCP",
                        "MPICH for TCP only",
                        bookworm().mpich("3.4.1", "tcp"),
                        mlx(),
                        "WARN"),
                Case.of("FABRIC-TCP", "driver library there", open, mlx(), "passed"),
                Case.of(
                        "FABRIC-TCP",
                        "no active port",
                        open,
                        usual().list("fabric.adapters", adapter("mlx5_0", "mlx5_core", "1: DOWN")),
                        "not applicable"),
                Case.of(
                        "VERBS-PABI",
                        "driver of another release",
                        bookworm().verbs(65, "mlx5", 34),
                        mlx(),
                        "WARN"),
                Case.of("VERBS-PABI", "one release", open, mlx(), "passed"),
                Case.of(
                        "VERBS-KERNEL-ABI",
                        "a kernel of the future",
                        open,
                        mlx().known("fabric.verbsAbi", 9),
                        "BLOCK"),
                Case.of(
                        "VERBS-KERNEL-ABI",
                        "version 6",
                        open,
                        mlx().known("fabric.verbsAbi", 6),
                        "passed"),
                Case.of(
                        "OFI-VERSION",
                        "the node's is older",
                        bookworm().libfabric("1.8", "1.8"),
                        usual().known(
                                        "fabric.libfabric",
                                        Map.of(
                                                "version",
                                                NodeBuilder.fact("1.6", "x"),
                                                "library",
                                                library(
                                                        "/usr/lib/libfabric.so.1",
                                                        "libfabric.so.1",
                                                        Map.of()))),
                        BIND,
                        "BLOCK"),
                Case.of(
                        "OFI-VERSION",
                        "the image's own",
                        bookworm().libfabric("1.8", "1.8"),
                        usual(),
                        "passed"),
                Case.of(
                        "CXI-MISSING",
                        "libfabric without cxi",
                        bookworm().mpich("4.1", "ofi").libfabric("1.6", "1.6", "tcp"),
                        cxi,
                        "WARN"),
                Case.of(
                        "CXI-MISSING",
                        "libfabric with cxi",
                        bookworm().mpich("4.1", "ofi").libfabric("1.6", "1.6", "cxi"),
                        cxi,
                        "passed"),
                Case.of(
                        "MEMLOCK",
                        "64 KiB with InfiniBand",
                        open,
                        mlx().known("limits.lockedMemory", small),
                        "WARN"),
                Case.of(
                        "MEMLOCK",
                        "1024 files for 128 ranks",
                        open,
                        usual(),
                        started("srun -n 128"),
                        "WARN"),
                Case.of(
                        "MEMLOCK",
                        "64 KiB without InfiniBand",
                        open,
                        usual().known("limits.lockedMemory", small),
                        "passed"));
    }
}
