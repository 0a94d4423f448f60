// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Set;

/// Whether what is started uses MPI.
final class RankPrograms {

    /// What starts something else, or loads MPI as a module.
    private static final Set<String> OPEN =
            Set.of(
                    "sh", "bash", "dash", "env", "time", "timeout", "numactl", "julia", "perl", "R",
                    "Rscript");

    private RankPrograms() {}

    /// Yes, unless a command is given that is neither an MPI program of the image nor one that may
    /// start or load one.
    static boolean mayUseMpi(Situation s) {
        if (s.request().command().isEmpty() || s.contents().mpi().programs().isEmpty()) {
            return true;
        }
        String path = s.request().command().getFirst();
        String name = path.substring(path.lastIndexOf('/') + 1);
        return OPEN.contains(name)
                || name.startsWith("python")
                || name.contains(".")
                || s.contents().mpi().programs().stream()
                        .anyMatch(
                                program ->
                                        program.path().equals(path)
                                                || program.path().endsWith("/" + name));
    }
}
