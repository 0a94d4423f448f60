// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Mpi;
import org.amphora.host.Mpi.Installation;

/// R4.1: the node's MPI is of another family than the image's.
final class MpiFamily {

    static final Check CHECK =
            new Check(
                    "MPI-FAMILY",
                    "R4.1",
                    Severity.BLOCK,
                    "The node's MPI is of another family than the image's",
                    """
                    Open MPI and the MPICH family (MPICH, Intel MPI, MVAPICH, Cray) have different
                    binary interfaces. One cannot take the other's place, except for programs built for
                    the standard interface of MPI 5 (`libmpi_abi.so.1`).
                    """,
                    "MPICH ABI compatibility initiative; MPI 5.0 chapter 20; measured with "
                            + "Debian's libraries",
                    MpiFamily::look);

    private MpiFamily() {}

    private static Outcome look(Situation s) {
        return BoundMpi.look(s, MpiFamily::compare);
    }

    private static Outcome compare(BoundMpi bound) {
        Mpi.Library image = bound.image();
        Installation node = bound.node();
        if (image.family() == Mpi.Family.UNKNOWN
                || node.family() == org.amphora.host.Mpi.Family.UNKNOWN) {
            return Outcome.unknown(
                    "the family of "
                            + (image.family() == Mpi.Family.UNKNOWN
                                    ? image.path()
                                    : node.library().path()));
        }
        boolean open = image.family() == Mpi.Family.OPEN_MPI;
        if (bound.isOneFamily()) {
            return Outcome.passed("both are of the " + (open ? "Open MPI" : "MPICH") + " family");
        }
        if (image.standardAbi() && node.abi().isKnown()) {
            return Outcome.passed("both have the standard interface of MPI 5");
        }
        return Outcome.found(
                Severity.BLOCK,
                "The image was built with "
                        + (open ? "Open MPI" : "the MPICH family")
                        + " and this node's MPI is "
                        + MpiClient.words(node.family())
                        + ": one cannot take the other's place.",
                List.of(
                        Evidence.image(image.path(), image.family() + " by its symbols"),
                        new Evidence(
                                node.library().path(),
                                MpiClient.words(node.family())
                                        + node.version().value().map(v -> " " + v).orElse(""))),
                open
                        ? "undefined symbol: ompi_mpi_comm_world"
                        : "undefined symbol: MPIR_F_NeedInit",
                BoundMpi.KEEP_IMAGES);
    }
}
