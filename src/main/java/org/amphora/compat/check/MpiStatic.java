// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Mpi;

/// 4.2: MPI is linked into the program.
final class MpiStatic {

    static final Check CHECK =
            new Check(
                    "MPI-STATIC",
                    "4.2",
                    Severity.WARN,
                    "MPI is linked into the program",
                    """
                    A program that holds its MPI statically cannot be given another one.
                    """,
                    "no PT_DYNAMIC entry for an MPI library, but its symbols",
                    MpiStatic::look);

    private MpiStatic() {}

    private static Outcome look(Situation s) {
        List<Mpi.Program> programs =
                s.contents().mpi().programs().stream().filter(Mpi.Program::isStatic).toList();
        if (programs.isEmpty()) {
            return Outcome.passed("no program of the image holds MPI statically");
        }
        if (!s.bindsMpi()) {
            return Outcome.passed(
                    "MPI is linked into " + programs.getFirst().path() + ", which is what runs");
        }
        return Outcome.found(
                Severity.WARN,
                "MPI is linked into "
                        + programs.getFirst().path()
                        + ", so --mpi=bind changes nothing for it.",
                programs.stream()
                        .limit(4)
                        .map(program -> Evidence.image(program.path(), "MPI linked statically"))
                        .toList(),
                BoundMpi.KEEP_IMAGES);
    }
}
