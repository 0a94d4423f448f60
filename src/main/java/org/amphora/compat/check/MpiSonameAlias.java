// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Mpi.Installation;

/// R4.4: the same MPI library has another name.
final class MpiSonameAlias {

    static final Check CHECK =
            new Check(
                    "MPI-SONAME-ALIAS",
                    "R4.4",
                    Severity.BLOCK,
                    "The same MPI library has another name",
                    """
                    Debian calls MPICH's library `libmpich.so.12`, everybody else `libmpi.so.12`. A
                    program asks for the name that it was built with.
                    """,
                    "Debian mpich packaging; MPICH ABI compatibility initiative; e4s-cl",
                    MpiSonameAlias::look);

    private MpiSonameAlias() {}

    private static Outcome look(Situation s) {
        if (!s.bindsMpi()) {
            return Outcome.notApplicable("the node's MPI is not brought in");
        }
        Installation node = s.nodeMpi().orElse(null);
        if (node == null) {
            return Outcome.notApplicable("this node has no MPI library");
        }
        List<String> wanted =
                s.contents().mpi().programs().stream()
                        .flatMap(program -> program.library().stream())
                        .distinct()
                        .toList();
        if (wanted.isEmpty()) {
            return Outcome.notApplicable("no program of the image asks for an MPI library");
        }
        List<String> other =
                wanted.stream()
                        .filter(
                                name ->
                                        !name.equals(node.library().soname())
                                                && !node.names().contains(name))
                        .toList();
        if (other.isEmpty()) {
            return Outcome.passed(
                    "the node's library has the name that programs ask for, "
                            + Evidence.some(wanted));
        }
        boolean renamed = Mending.note(s, "of this node in place of the image's").isPresent();
        return Outcome.found(
                renamed ? Severity.INFO : Severity.BLOCK,
                "The image's programs ask for "
                        + Evidence.some(other)
                        + "; this node's MPI is called "
                        + node.library().soname()
                        + ".",
                List.of(
                        Evidence.image("programs", "need " + Evidence.some(other)),
                        new Evidence(node.library().path(), node.library().soname())),
                "error while loading shared libraries: "
                        + other.getFirst()
                        + ": cannot open shared object file",
                renamed
                        ? new Fix.Automatic("--mpi=bind puts it under these names too")
                        : BoundMpi.KEEP_IMAGES);
    }
}
