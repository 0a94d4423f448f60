// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;

/// R5.5: supplementary groups and what they open.
final class GroupLost {

    static final Check CHECK =
            new Check(
                    "GROUP-LOST",
                    "R5.5",
                    Severity.WARN,
                    "Supplementary groups and what they open",
                    """
                    Project directories and GPUs are often readable through a supplementary group.
                    Amphora never drops groups; with mapped ids (`--fakeroot`) they count no longer.
                    """,
                    "user_namespaces(7), setgroups; NERSC/podman-hpc#94, #68",
                    GroupLost::look);

    private GroupLost() {}

    private static Outcome look(Situation s) {
        Fact<List<Integer>> groups = s.host().userNamespaces().groups();
        if (s.request().option("FAKEROOT").isEmpty()) {
            return Outcome.passed("all groups of the caller are kept");
        }
        if (groups.value().isEmpty()) {
            return Outcome.unknown("the caller's groups: " + groups);
        }
        if (groups.orElse(List.of()).size() < 2) {
            return Outcome.passed("the caller has one group");
        }
        return Outcome.found(
                Severity.WARN,
                "With --fakeroot the caller's "
                        + groups.orElse(List.of()).size()
                        + " groups may not open files any more, such as project directories or GPUs.",
                List.of(
                        Evidence.of(groups),
                        new Evidence("environment …_FAKEROOT", s.request().option("FAKEROOT"))),
                "Permission denied",
                new Fix.Command("unset AMPHORA_FAKEROOT APPTAINER_FAKEROOT SINGULARITY_FAKEROOT"));
    }
}
