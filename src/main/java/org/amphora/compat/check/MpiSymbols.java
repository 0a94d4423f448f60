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
                    "symbols of both; Open MPI documentation, version numbers; 4.2 program on "
                            + "3.4 library measured",
                    MpiSymbols::look);

    private MpiSymbols() {}

    private static Outcome look(Situation s) {
        return BoundMpi.look(s, bound -> compare(s.contents().mpi().programs(), bound));
    }

    private static Outcome compare(List<Mpi.Program> programs, BoundMpi bound) {
        Mpi.Library image = bound.image();
        Installation node = bound.node();
        Version built = image.version().orElse(null);
        Version host = node.version().value().flatMap(Version::leading).orElse(null);
        if (image.family() == Mpi.Family.OPEN_MPI
                && built != null
                && host != null
                && (host.major() < built.major() || host.major() > built.major() + 1)) {
            return Outcome.found(
                    Severity.BLOCK,
                    "Programs of Open MPI "
                            + built
                            + " run with that major version and the next; this node has "
                            + host
                            + ".",
                    List.of(
                            Evidence.image(image.path(), built),
                            new Evidence(node.library().file(), host.toString())),
                    "undefined symbol: MPI_…",
                    BoundMpi.KEEP_IMAGES);
        }
        if (node.functions().isEmpty()) {
            return Outcome.unknown("which functions " + node.library().path() + " has");
        }
        for (Mpi.Program program : programs) {
            List<String> lacking = node.lacks(program.symbols());
            if (!program.isStatic() && !lacking.isEmpty()) {
                return Outcome.found(
                        Severity.BLOCK,
                        program.path()
                                + " of the image calls "
                                + Evidence.some(lacking)
                                + ", which this node's MPI does not have.",
                        List.of(
                                Evidence.image(program.path(), "wants " + Evidence.some(lacking)),
                                new Evidence(
                                        node.library().file(),
                                        "defines "
                                                + node.functions().size()
                                                + " functions, not these")),
                        "undefined symbol: " + lacking.getFirst(),
                        BoundMpi.KEEP_IMAGES);
            }
        }
        return Outcome.passed("the node's MPI has what the image's programs call, by its symbols");
    }
}
