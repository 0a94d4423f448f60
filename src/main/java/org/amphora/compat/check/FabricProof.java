// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

/// 4.6: the fast network is really used.
final class FabricProof {

    static final Check CHECK =
            new Check(
                    "FABRIC-PROOF",
                    "4.6",
                    Severity.WARN,
                    "The fast network is really used",
                    """
                    Which transport MPI chose shows only when it runs. `amphora exec --prove` reads it
                    and ends a job that fell back to TCP on a node with an active fabric.
                    """,
                    "Open MPI hook/comm_method; UCX_LOG_LEVEL=info; MPIR_CVAR_DEBUG_SUMMARY",
                    FabricProof::look);

    private FabricProof() {}

    private static Outcome look(Situation s) {
        return s.host().fabric().active().isEmpty()
                ? Outcome.notApplicable(
                        "this node has no adapter of a fast network with an active port")
                : Outcome.notApplicable("it is proved after the launch, with --prove");
    }
}
