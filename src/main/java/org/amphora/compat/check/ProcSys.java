// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R4.16: /proc and /sys must be there.
final class ProcSys {

    static final Check CHECK =
            new Check(
                    "PROC-SYS",
                    "R4.16",
                    Severity.WARN,
                    "/proc and /sys must be there",
                    """
                    UCX, hwloc and libibverbs read the machine from `/proc` and `/sys`. Amphora mounts
                    both unless it is told not to.
                    """,
                    "UCX uct/base and ucs/sys; hwloc topology-linux.c; measured",
                    ProcSys::look);

    private ProcSys() {}

    private static Outcome look(Situation s) {
        String without = s.request().option("NO_MOUNT");
        List<String> missing =
                List.of("proc", "sys").stream()
                        .filter(name -> List.of(without.split(",")).contains(name))
                        .toList();
        if (missing.isEmpty()) {
            return Outcome.passed("the launch mounts /proc and /sys");
        }
        return Outcome.found(
                Severity.WARN,
                "/"
                        + String.join(" and /", missing)
                        + " are left out by a variable; MPI and UCX cannot see the machine then.",
                List.of(new Evidence("environment …_NO_MOUNT", without)),
                missing.contains("sys")
                        ? "UCX ERROR scandir(/sys/class/net) failed: No such file or directory"
                        : "UCX ERROR failed to get boot id",
                new Fix.Command("unset AMPHORA_NO_MOUNT APPTAINER_NO_MOUNT SINGULARITY_NO_MOUNT"));
    }
}
