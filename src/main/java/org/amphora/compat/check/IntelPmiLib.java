// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.compat.check.RankLauncher.Kind;
import org.amphora.contents.Mpi;

/// R4.13: intel MPI under srun needs Slurm's PMI library.
final class IntelPmiLib {

    static final Check CHECK =
            new Check(
                    "INTEL-PMI-LIB",
                    "R4.13",
                    Severity.BLOCK,
                    "Intel MPI under srun needs Slurm's PMI library",
                    """
                    Intel MPI finds its launcher through the library that `I_MPI_PMI_LIBRARY` names; it
                    must be visible inside the container.
                    """,
                    "Slurm MPI guide, Intel MPI; Intel MPI reference, I_MPI_PMI_LIBRARY",
                    IntelPmiLib::look);

    private IntelPmiLib() {}

    private static Outcome look(Situation s) {
        boolean intel =
                s.imageMpi().filter(one -> one.family() == Mpi.Family.INTEL_MPI).isPresent();
        if (!intel || s.launcher().kind() != Kind.SRUN) {
            return Outcome.notApplicable(
                    intel ? "the launcher is not srun" : "the image's MPI is not Intel MPI");
        }
        String library = s.request().variable("I_MPI_PMI_LIBRARY");
        if (library.isEmpty()) {
            return Outcome.found(
                    Severity.BLOCK,
                    "srun starts Intel MPI and I_MPI_PMI_LIBRARY is not set, so each rank runs alone.",
                    List.of(
                            new Evidence("environment I_MPI_PMI_LIBRARY", "not set"),
                            new Evidence("--for", s.request().launch().words())),
                    "MPI startup(): PMI server not found. Please set I_MPI_PMI_LIBRARY variable if it is not a singleton case.",
                    new Fix.Command(
                            "export I_MPI_PMI_LIBRARY=/usr/lib/x86_64-linux-gnu/libpmi2.so; srun --mpi=pmi2 amphora exec --bind $I_MPI_PMI_LIBRARY IMAGE …"));
        }
        if (Visible.isVisible(s.request(), library)
                || s.contents().binaries().sonames().containsValue(library)) {
            return Outcome.passed(library + " is visible inside");
        }
        return Outcome.found(
                Severity.BLOCK,
                "I_MPI_PMI_LIBRARY names " + library + ", which the container does not see.",
                List.of(new Evidence("environment I_MPI_PMI_LIBRARY", library)),
                "MPI startup(): PMI server not found. Please set I_MPI_PMI_LIBRARY variable if it is not a singleton case.",
                new Fix.Command("amphora exec --bind " + library + " IMAGE …"));
    }
}
