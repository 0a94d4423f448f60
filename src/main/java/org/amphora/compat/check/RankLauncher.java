// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.elf.Version;
import org.amphora.host.Fact;
import org.amphora.host.Host;
import org.amphora.host.Mpi.Launcher;
import org.amphora.host.Mpi.ProcessInterface;

/// The program that starts the ranks, and how it tells them who they are.
///
/// @param kind decides the row of the {@link LauncherMatrix}
/// @param name for people: `srun --mpi=pmix`, `mpirun (Open MPI 5.0.7)`
/// @param version of the MPI it belongs to; empty when it does not matter or is not known
/// @param offers what ranks receive
/// @param evidence where that was read
record RankLauncher(
        Kind kind,
        String name,
        Optional<Version> version,
        Set<ProcessInterface> offers,
        List<Evidence> evidence) {

    /// Kinds of launchers.
    enum Kind {
        /// One process, or several that shall not know of each other.
        NONE,
        SRUN,
        /// mpirun of Open MPI up to 4.1.
        ORTE,
        /// mpirun of Open MPI from 5, and prterun.
        PRRTE,
        HYDRA,
        FLUX,
        PALS,
        /// One that these tables do not have, or that the node does not have.
        UNKNOWN
    }

    static RankLauncher of(Host host, Request request) {
        LaunchWords words = request.launch();
        if (!words.isParallel()) {
            return inside(host, request);
        }
        return switch (words.program()) {
            case "srun", "sbatch", "salloc", "" -> slurm(host, words);
            case "flux" -> simple(Kind.FLUX, "flux run", ProcessInterface.PMI1, words);
            case "prterun", "prun" ->
                    simple(Kind.PRRTE, words.program(), ProcessInterface.PMIX, words);
            case "mpiexec.hydra" ->
                    simple(Kind.HYDRA, words.program(), ProcessInterface.PMI1, words);
            default -> installed(host, words);
        };
    }

    boolean isKnown() {
        return kind != Kind.UNKNOWN;
    }

    private static RankLauncher simple(
            Kind kind, String name, ProcessInterface offer, LaunchWords words) {
        return new RankLauncher(kind, name, Optional.empty(), Set.of(offer), asked(words));
    }

    private static List<Evidence> asked(LaunchWords words) {
        return List.of(new Evidence("--for", words.words()));
    }

    /// `mpirun` and `mpiexec` are what the node has under that name.
    private static RankLauncher installed(Host host, LaunchWords words) {
        for (Launcher launcher : host.mpi().launchers()) {
            if (launcher.name().equals(words.program())) {
                Optional<Version> version = launcher.version().value().flatMap(Version::leading);
                Kind kind =
                        switch (launcher.kind().orElse("")) {
                            case "orte" -> Kind.ORTE;
                            case "prrte" -> Kind.PRRTE;
                            case "hydra" -> Kind.HYDRA;
                            case "srun" -> Kind.SRUN;
                            case "flux" -> Kind.FLUX;
                            case "pals", "aprun" -> Kind.PALS;
                            default -> Kind.UNKNOWN;
                        };
                String owner =
                        switch (kind) {
                            case ORTE, PRRTE -> " (Open MPI" + text(version) + ")";
                            case HYDRA -> " (Hydra" + text(version) + ")";
                            default -> "";
                        };
                return new RankLauncher(
                        kind,
                        words.program() + owner,
                        version,
                        offers(kind, launcher),
                        List.of(
                                new Evidence("--for", words.words()),
                                new Evidence(launcher.path(), launcher.file() + text(version))));
            }
        }
        return new RankLauncher(
                Kind.UNKNOWN, words.program(), Optional.empty(), Set.of(), asked(words));
    }

    private static String text(Optional<Version> version) {
        return version.map(known -> " " + known).orElse("");
    }

    private static Set<ProcessInterface> offers(Kind kind, Launcher launcher) {
        if (!launcher.offers().isEmpty()) {
            return EnumSet.copyOf(launcher.offers());
        }
        return switch (kind) {
            case ORTE, PRRTE -> Set.of(ProcessInterface.PMIX);
            case HYDRA, FLUX -> Set.of(ProcessInterface.PMI1);
            case PALS -> Set.of(ProcessInterface.PALS);
            case NONE, SRUN, UNKNOWN -> Set.of();
        };
    }

    /// By `--mpi`, or what slurm.conf sets when it is not given (srun(1)).
    private static RankLauncher slurm(Host host, LaunchWords words) {
        Fact<String> usual = host.resourceManager().mpiDefault();
        String type = words.mpiType().orElse(usual.orElse("none"));
        List<Evidence> evidence =
                words.mpiType().isPresent() || usual.source().isEmpty()
                        ? asked(words)
                        : List.of(new Evidence("--for", words.words()), Evidence.of(usual));
        if (words.mpiType().isEmpty() && usual.isUnknown()) {
            return new RankLauncher(Kind.UNKNOWN, "srun", Optional.empty(), Set.of(), evidence);
        }
        return new RankLauncher(
                type.startsWith("cray") ? Kind.PALS : Kind.SRUN,
                "srun --mpi=" + type,
                Optional.empty(),
                slurmOffers(type),
                evidence);
    }

    private static Set<ProcessInterface> slurmOffers(String type) {
        if (type.equals("pmix") || type.startsWith("pmix_v")) {
            return Set.of(ProcessInterface.PMIX);
        }
        if (type.startsWith("cray")) {
            return Set.of(ProcessInterface.PALS, ProcessInterface.PMI2);
        }
        return type.equals("pmi2")
                ? Set.of(ProcessInterface.PMI1, ProcessInterface.PMI2)
                : Set.of();
    }

    /// What the variables of a rank tell when the check itself runs as one.
    private static RankLauncher inside(Host host, Request request) {
        boolean slurm = request.has("SLURM_STEP_ID") && request.has("SLURM_PROCID");
        Set<ProcessInterface> offers = EnumSet.noneOf(ProcessInterface.class);
        String shown = "";
        if (request.has("PMIX_RANK")) {
            offers.add(ProcessInterface.PMIX);
            shown = "PMIX_RANK";
        }
        if (request.has("PMI_FD")) {
            offers.add(ProcessInterface.PMI1);
            if (slurm) {
                offers.add(ProcessInterface.PMI2);
            }
            shown = "PMI_FD";
        }
        if (request.has("PALS_RANKID")) {
            offers.add(ProcessInterface.PALS);
            shown = "PALS_RANKID";
        }
        if (shown.isEmpty()) {
            return new RankLauncher(Kind.NONE, "no launcher", Optional.empty(), offers, List.of());
        }
        Kind kind = kind(request, slurm);
        return new RankLauncher(
                kind,
                kind == Kind.SRUN ? "this Slurm step" : "this launcher",
                version(host, kind),
                offers,
                List.of(new Evidence("environment " + shown, request.variable(shown))));
    }

    private static Kind kind(Request request, boolean slurm) {
        if (request.has("OMPI_MCA_orte_local_daemon_uri")) {
            return Kind.ORTE;
        }
        if (request.has("PRTE_LAUNCHED") || request.has("OMPI_MCA_PREFIXES")) {
            return Kind.PRRTE;
        }
        if (request.has("PALS_RANKID")) {
            return Kind.PALS;
        }
        if (request.has("FLUX_TASK_RANK")) {
            return Kind.FLUX;
        }
        return slurm ? Kind.SRUN : Kind.HYDRA;
    }

    private static Optional<Version> version(Host host, Kind kind) {
        String name = kind == Kind.ORTE ? "orte" : kind == Kind.PRRTE ? "prrte" : "";
        return host.mpi().launchers().stream()
                .filter(launcher -> launcher.kind().orElse("-").equals(name))
                .findFirst()
                .flatMap(launcher -> launcher.version().value())
                .flatMap(Version::leading);
    }
}
