// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Mpi.Installation;

/// R4.3: fortran libraries of other compilers.
final class MpiFortran {

    static final Check CHECK =
            new Check(
                    "MPI-FORTRAN",
                    "R4.3",
                    Severity.WARN,
                    "Fortran libraries of other compilers",
                    """
                    Fortran interfaces of an MPI library belong to the compiler that built it; the C
                    interface does not.
                    """,
                    "Open MPI documentation, building applications, ABI; SONAMEs of "
                            + "libgfortran",
                    MpiFortran::look);

    private MpiFortran() {}

    private static Outcome look(Situation s) {
        if (!s.bindsMpi()) {
            return Outcome.notApplicable("the node's MPI is not brought in");
        }
        List<String> image =
                s.imageMpi()
                        .map(
                                one ->
                                        one.fortran().stream()
                                                .flatMap(fortran -> fortran.runtime().stream())
                                                .distinct()
                                                .toList())
                        .orElse(List.of());
        Installation node = s.nodeMpi().orElse(null);
        if (image.isEmpty() || node == null) {
            return Outcome.notApplicable(
                    node == null
                            ? "this node has no MPI library"
                            : "the image's MPI has no Fortran interface");
        }
        List<String> host =
                node.fortran().stream()
                        .flatMap(library -> library.needed().stream())
                        .filter(name -> name.startsWith("libgfortran"))
                        .distinct()
                        .toList();
        if (host.isEmpty()) {
            return Outcome.unknown("the compiler of the node's Fortran interface");
        }
        return host.stream().anyMatch(image::contains)
                ? Outcome.passed("both use " + image.getFirst())
                : Outcome.found(
                        Severity.WARN,
                        "The image's Fortran programs were built with "
                                + Evidence.some(image)
                                + ", the node's MPI with "
                                + Evidence.some(host)
                                + "; C programs are not concerned.",
                        List.of(
                                Evidence.image(
                                        "libmpi_mpifh, libmpifort",
                                        "needs " + Evidence.some(image)),
                                new Evidence(
                                        node.fortran().getFirst().path(),
                                        "needs " + Evidence.some(host))),
                        host.getFirst()
                                + ": cannot open shared object file: No such file or directory",
                        BoundMpi.KEEP_IMAGES);
    }
}
