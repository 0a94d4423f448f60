// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R5.6: the user must have a name inside.
final class NssUid {

    static final Check CHECK =
            new Check(
                    "NSS-UID",
                    "R5.6",
                    Severity.INFO,
                    "The user must have a name inside",
                    """
                    Programs look up the name of the calling user; an image does not know it. Amphora
                    adds the user and the groups to `/etc/passwd` and `/etc/group` inside.
                    """,
                    "getpwuid(3); nsswitch.conf(5)",
                    NssUid::look);

    private NssUid() {}

    private static Outcome look(Situation s) {
        String services = s.contents().userland().nameServices().orElse("files");
        if (services.contains("files") || services.contains("compat")) {
            return Outcome.passed(
                    "the launch adds the calling user to /etc/passwd, which the image reads (passwd: "
                            + services.strip()
                            + ")");
        }
        return Outcome.found(
                Severity.INFO,
                "The image looks users up in `"
                        + services.strip()
                        + "` and not in /etc/passwd, where the launch adds the calling user.",
                List.of(Evidence.image("/etc/nsswitch.conf", "passwd: " + services.strip())),
                "whoami: cannot find name for user ID",
                new Fix.Command(
                        "sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf   # in the recipe's %post"));
    }
}
