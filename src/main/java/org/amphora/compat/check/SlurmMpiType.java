// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.host.Fact;

/// R4.11: slurm does not have this type of MPI start.
final class SlurmMpiType {

    static final Check CHECK =
            new Check(
                    "SLURM-MPI-TYPE",
                    "R4.11",
                    Severity.BLOCK,
                    "Slurm does not have this type of MPI start",
                    """
                    `srun --mpi=TYPE` loads the plugin `mpi_TYPE.so`.
                    """,
                    "srun(1) --mpi; slurm src/interfaces/mpi.c",
                    SlurmMpiType::look);

    private SlurmMpiType() {}

    private static Outcome look(Situation s) {
        String asked = s.request().launch().mpiType().orElse("");
        if (asked.isEmpty()) {
            return Outcome.notApplicable("no --mpi was asked for");
        }
        Fact<List<String>> types = s.host().resourceManager().mpiTypes();
        if (types.isAbsent()) {
            return Outcome.notApplicable("this node has no Slurm");
        }
        if (types.isUnknown()) {
            return Outcome.unknown("which types Slurm has: " + types);
        }
        List<String> known = types.orElse(List.of());
        if (asked.equals("none") || known.contains(asked)) {
            return Outcome.passed("Slurm has --mpi=" + asked);
        }
        Optional<String> better =
                MpiClient.of(s).flatMap(client -> PmiFix.mpiType(s.host(), client.speaks()));
        return Outcome.found(
                Severity.BLOCK,
                "Slurm on this node has no --mpi="
                        + asked
                        + "; it has "
                        + (known.isEmpty() ? "none" : Evidence.some(known))
                        + ".",
                List.of(
                        new Evidence("--for", s.request().launch().words()),
                        new Evidence(types.source(), Evidence.some(known))),
                "srun: error: Couldn't find the specified plugin name for mpi/"
                        + asked
                        + " looking at all files",
                better.isPresent()
                        ? new Fix.Command(
                                PmiFix.withType(s.request().launch().words(), better.get())
                                        + " amphora exec IMAGE …")
                        : new Fix.Command("srun --mpi=list"));
    }
}
