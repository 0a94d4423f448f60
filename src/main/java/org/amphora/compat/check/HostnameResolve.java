// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;

/// R4.17: the node's own name must resolve.
final class HostnameResolve {

    static final Check CHECK =
            new Check(
                    "HOSTNAME-RESOLVE",
                    "R4.17",
                    Severity.WARN,
                    "The node's own name must resolve",
                    """
                    Old MPICH (3.4 and older with its ch3 device) looks up the node's own name when it
                    starts. Amphora binds the node's `/etc/hosts`, so what the node knows the container
                    knows.
                    """,
                    "MPICH ch3:nemesis:tcp, measured with Debian 11's MPICH 3.4.1",
                    HostnameResolve::look);

    private HostnameResolve() {}

    private static Outcome look(Situation s) {
        MpiClient client = MpiClient.of(s).orElse(null);
        if (client == null || client.isOpenMpi() || client.major() >= 4) {
            return Outcome.notApplicable("only MPICH before 4 looks it up");
        }
        Fact<Boolean> resolves = s.host().nameResolves();
        if (resolves.isUnknown()) {
            return Outcome.unknown("whether the node knows its own name: " + resolves);
        }
        if (resolves.orElse(false)) {
            return Outcome.passed(
                    "/etc/hosts has "
                            + s.host().name().orElse("the name")
                            + ", and the launch binds it");
        }
        return Outcome.found(
                Severity.WARN,
                "/etc/hosts of this node does not have its own name "
                        + s.host().name().orElse("")
                        + ", which "
                        + client.name()
                        + " looks up; without DNS for it the ranks stop.",
                List.of(Evidence.of(s.host().name()), Evidence.of(resolves)),
                "gethostbyname failed, " + s.host().name().orElse("NODE") + " (errno 1)",
                new Fix.Command(
                        "echo \"127.0.1.1 $(hostname)\" >> /etc/hosts   # as administrator"));
    }
}
