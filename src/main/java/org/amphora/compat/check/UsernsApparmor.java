// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;
import org.amphora.host.UserNamespaces;

/// R5.1: appArmor takes the rights in user namespaces.
final class UsernsApparmor {

    static final Check CHECK =
            new Check(
                    "USERNS-APPARMOR",
                    "R5.1",
                    Severity.BLOCK,
                    "AppArmor takes the rights in user namespaces",
                    """
                    Ubuntu 23.10 and newer let programs without an AppArmor profile make a user
                    namespace but give them no rights in it. A profile with the rule `userns,` for the
                    starter is all it takes.
                    """,
                    "Ubuntu security, unprivileged user namespace restrictions; "
                            + "apptainer/apptainer#2027, #2360, #2457, #3753",
                    UsernsApparmor::look);

    private UsernsApparmor() {}

    private static Outcome look(Situation s) {
        UserNamespaces names = s.host().userNamespaces();
        Fact<Integer> restricts = names.apparmorRestricts();
        if (restricts.isUnknown()) {
            return Outcome.unknown("whether AppArmor restricts user namespaces: " + restricts);
        }
        if (restricts.orElse(0) != 1) {
            return Outcome.notApplicable("AppArmor does not restrict user namespaces here");
        }
        if (names.works().orElse(false) || names.apparmorProfile().isKnown()) {
            return Outcome.passed(
                    names.apparmorProfile().isKnown()
                            ? "the profile " + names.apparmorProfile().orElse("") + " allows them"
                            : "a user namespace was made");
        }
        return Outcome.found(
                Severity.BLOCK,
                "AppArmor on this node takes all rights in user namespaces from programs without a profile, and amphora-start has none.",
                List.of(Evidence.of(restricts), Evidence.of(names.apparmorProfile())),
                names.said().isEmpty()
                        ? "Failed to create user namespace: Permission denied"
                        : names.said(),
                new Fix.Command(
                        "printf 'abi <abi/4.0>,\\nprofile amphora /**/amphora-start flags=(unconfined) {\\n  userns,\\n}\\n' > /etc/apparmor.d/amphora && apparmor_parser -r /etc/apparmor.d/amphora   # as administrator"));
    }
}
