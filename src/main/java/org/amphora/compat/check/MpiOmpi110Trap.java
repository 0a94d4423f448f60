// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;

/// 4.1: libmpi.so.12 that is Open MPI, not MPICH.
final class MpiOmpi110Trap {

    static final Check CHECK =
            new Check(
                    "MPI-OMPI110-TRAP",
                    "4.1",
                    Severity.BLOCK,
                    "libmpi.so.12 that is Open MPI, not MPICH",
                    """
                    Open MPI 1.10 and the MPICH family both call their library `libmpi.so.12`. Tools
                    that go by the name take one for the other; here the symbols decide.
                    """,
                    "open-mpi/ompi VERSION of v1.10; symbols of both libraries",
                    MpiOmpi110Trap::look);

    private MpiOmpi110Trap() {}

    private static Outcome look(Situation s) {
        Optional<Mpi.Library> trap =
                s.contents().mpi().libraries().stream()
                        .filter(
                                one ->
                                        one.soname().equals("libmpi.so.12")
                                                && one.family() == Mpi.Family.OPEN_MPI)
                        .findFirst();
        if (trap.isEmpty()) {
            return s.contents().mpi().libraries().isEmpty()
                    ? Outcome.notApplicable("the image has no MPI library")
                    : Outcome.passed("no library of the image has a misleading name");
        }
        boolean replaced =
                s.bindsMpi() && s.nodeMpi().filter(one -> one.family().isMpichLike()).isPresent();
        return Outcome.found(
                replaced ? Severity.BLOCK : Severity.INFO,
                "The image's libmpi.so.12 is Open MPI "
                        + trap.get().version().map(Version::toString).orElse("1.10")
                        + ", not MPICH"
                        + (replaced
                                ? ", and the node's MPICH cannot take its place."
                                : "; treat it as Open MPI."),
                List.of(Evidence.image(trap.get().path(), "defines ompi_mpi_comm_world")),
                "undefined symbol: ompi_mpi_comm_world",
                replaced
                        ? BoundMpi.KEEP_IMAGES
                        : new Fix.Advice("start it with mpirun of Open MPI, not with Hydra"));
    }
}
