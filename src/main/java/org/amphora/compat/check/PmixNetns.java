// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Mpi.ProcessInterface;

/// R4.9: PMIx needs the node's network.
final class PmixNetns {

    static final Check CHECK =
            new Check(
                    "PMIX-NETNS",
                    "R4.9",
                    Severity.BLOCK,
                    "PMIx needs the node's network",
                    """
                    A rank reaches its PMIx server over TCP on the loopback interface of the node. In a
                    network namespace of its own it does not, and says something misleading.
                    """,
                    "OpenPMIx ptl/tcp; measured with Slurm 22.05",
                    PmixNetns::look);

    private PmixNetns() {}

    private static Outcome look(Situation s) {
        if (!s.launcher().offers().contains(ProcessInterface.PMIX)) {
            return Outcome.notApplicable("the ranks are not started by PMIx");
        }
        for (String name : List.of("NET", "UNSHARE_NET")) {
            if (!s.request().option(name).isEmpty()) {
                return Outcome.found(
                        Severity.BLOCK,
                        "A network namespace of its own is asked for, in which a rank cannot reach its PMIx server.",
                        List.of(new Evidence("environment …_" + name, s.request().option(name))),
                        "OMPI was not built with SLURM's PMI support and therefore cannot execute",
                        new Fix.Command(
                                "unset AMPHORA_"
                                        + name
                                        + " APPTAINER_"
                                        + name
                                        + " SINGULARITY_"
                                        + name));
            }
        }
        return Outcome.passed("the ranks keep the node's network");
    }
}
