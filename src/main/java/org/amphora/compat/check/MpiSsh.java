// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Set;

/// R4.12: mpirun inside the image cannot reach other nodes.
final class MpiSsh {

    static final Check CHECK =
            new Check(
                    "MPI-SSH",
                    "R4.12",
                    Severity.BLOCK,
                    "mpirun inside the image cannot reach other nodes",
                    """
                    An mpirun inside the container starts its daemons on the other nodes outside of it,
                    where they are missing or of another version.
                    """,
                    "Open MPI plm/rsh, Hydra bootstrap ssh",
                    MpiSsh::look);

    private MpiSsh() {}

    private static Outcome look(Situation s) {
        List<String> command = s.request().command();
        String program =
                command.isEmpty()
                        ? ""
                        : command.getFirst().substring(command.getFirst().lastIndexOf('/') + 1);
        if (!Set.of("mpirun", "mpiexec", "orterun", "prterun", "mpiexec.hydra").contains(program)) {
            return Outcome.notApplicable("the command is not an MPI launcher");
        }
        int nodes = s.request().launch().nodes().orElse(1);
        if (nodes < 2) {
            return Outcome.passed(program + " inside the image stays on this node");
        }
        return Outcome.found(
                Severity.BLOCK,
                program
                        + " inside the image would start its daemons on "
                        + nodes
                        + " nodes outside of the image.",
                List.of(
                        new Evidence("command", String.join(" ", command)),
                        new Evidence("--for", s.request().launch().words())),
                "bash: orted: command not found",
                new Fix.Command(
                        "srun -N " + nodes + " amphora exec IMAGE APP   # the launcher outside"));
    }
}
