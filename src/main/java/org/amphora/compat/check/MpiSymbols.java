// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;
import org.amphora.host.Mpi.Installation;

/// R4.2, R4.3: the node's MPI lacks functions that the image uses.
final class MpiSymbols {

    static final Check CHECK =
            new Check(
                    "MPI-SYMBOLS",
                    "R4.2, R4.3",
                    Severity.BLOCK,
                    "The node's MPI lacks functions that the image uses",
                    """
                    A newer library of the same family serves older programs; an older one lacks
                    functions. What counts is what the image's programs really import.
                    """,
                    "libtool versions of MPICH and Open MPI releases; MPI 4.0 large count "
                            + "bindings; 4.2 program on 3.4 library measured",
                    MpiSymbols::look);

    private MpiSymbols() {}

    private static Outcome look(Situation s) {
        if (!s.bindsMpi()) {
            return Outcome.notApplicable("the node's MPI is not brought in");
        }
        Mpi.Library image = s.imageMpi().orElse(null);
        Installation node = s.host().mpi().installations().stream().findFirst().orElse(null);
        if (image == null || node == null) {
            return Outcome.notApplicable(
                    image == null
                            ? "the image has no MPI library"
                            : "this node has no MPI library");
        }
        Version host = node.version().value().flatMap(Version::leading).orElse(null);
        if (host == null || image.version().isEmpty()) {
            return Outcome.unknown(
                    host == null
                            ? "the version of the node's MPI: " + node.version()
                            : "the version of the image's MPI");
        }
        Version built = image.version().get();
        List<Evidence> evidence =
                List.of(
                        Evidence.image(image.path(), built),
                        new Evidence(node.library().file(), host.toString()));
        Fix hybrid =
                new Fix.Command("amphora exec IMAGE …   # without --mpi=bind: the image's own MPI");
        if (image.family() == Mpi.Family.OPEN_MPI
                && (host.major() < built.major() || host.major() > built.major() + 1)) {
            return Outcome.found(
                    Severity.BLOCK,
                    "Programs of Open MPI "
                            + built
                            + " run with that major version and the next; this node has "
                            + host
                            + ".",
                    evidence,
                    "undefined symbol: MPI_…",
                    hybrid);
        }
        List<String> large =
                s.contents().mpi().programs().stream()
                        .flatMap(program -> program.symbols().stream())
                        .filter(
                                name ->
                                        name.startsWith("MPI_")
                                                && name.endsWith("_c")
                                                && !name.equals("MPI_Op_c2f"))
                        .distinct()
                        .toList();
        if (image.family() != Mpi.Family.OPEN_MPI && host.major() < 4 && !large.isEmpty()) {
            return Outcome.found(
                    Severity.BLOCK,
                    "The image's programs call "
                            + Evidence.some(large)
                            + " of MPI 4, which this node's MPI "
                            + host
                            + " does not have.",
                    evidence,
                    "undefined symbol: " + large.getFirst(),
                    hybrid);
        }
        return host.isAtLeast(built)
                ? Outcome.passed("the node's MPI " + host + " is at least the image's " + built)
                : Outcome.found(
                        Severity.WARN,
                        "This node's MPI "
                                + host
                                + " is older than "
                                + built
                                + ", which the image was built with; functions may be missing.",
                        evidence,
                        hybrid);
    }
}
