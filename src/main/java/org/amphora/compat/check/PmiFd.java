// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R4.10: the launcher's descriptor must reach the rank.
final class PmiFd {

    static final Check CHECK =
            new Check(
                    "PMI-FD",
                    "R4.10",
                    Severity.BLOCK,
                    "The launcher's descriptor must reach the rank",
                    """
                    Hydra and Slurm's pmi2 hand each rank an open descriptor and its number in `PMI_FD`.
                    A wrapper that closes descriptors cuts the rank off. Amphora becomes the program in
                    the same process and closes none.
                    """,
                    "PMI-1 wire protocol; sylabs/singularity#1571; a JVM as parent measured",
                    PmiFd::look);

    private PmiFd() {}

    private static Outcome look(Situation s) {
        if (!s.request().has("PMI_FD")) {
            return Outcome.notApplicable("no launcher gave a descriptor");
        }
        String value = s.request().variable("PMI_FD");
        String descriptor = "/proc/self/fd/" + value;
        if (s.request().caller().absent().contains(descriptor)) {
            return Outcome.found(
                    Severity.BLOCK,
                    "PMI_FD names descriptor "
                            + value
                            + ", which is not open, so the rank cannot reach its launcher.",
                    List.of(
                            new Evidence("environment PMI_FD", value),
                            new Evidence(descriptor, "not open")),
                    "PMI_Get_appnum returned -1",
                    new Fix.Command(
                            "unset PMI_FD PMI_RANK PMI_SIZE   # or start the launcher anew"));
        }
        if (value.matches("[0-9]{1,7}")) {
            return Outcome.passed("descriptor " + value + " is inherited; Amphora closes none");
        }
        return Outcome.found(
                Severity.BLOCK,
                "PMI_FD is no number, so the rank cannot find its launcher.",
                List.of(new Evidence("environment PMI_FD", value)),
                "PMI_Get_appnum returned -1",
                new Fix.Command("unset PMI_FD   # or start the launcher anew"));
    }
}
