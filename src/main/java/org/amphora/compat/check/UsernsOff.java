// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.host.Fact;
import org.amphora.host.UserNamespaces;

/// R5.1: user namespaces are off.
final class UsernsOff {

    static final Check CHECK =
            new Check(
                    "USERNS-OFF",
                    "R5.1",
                    Severity.BLOCK,
                    "User namespaces are off",
                    """
                    A container without root begins with a user namespace. Kernels offer them since 3.8,
                    FUSE in them since 4.18, overlay since 5.11; settings of the node may forbid them.
                    """,
                    "user_namespaces(7); Debian kernel.unprivileged_userns_clone; measured",
                    UsernsOff::look);

    private UsernsOff() {}

    private static Outcome look(Situation s) {
        UserNamespaces names = s.host().userNamespaces();
        if (names.works().isUnknown()) {
            return settings(
                    names,
                    Outcome.unknown("whether users can make user namespaces: " + names.works()));
        }
        if (names.works().orElse(false)) {
            return Outcome.passed("a user namespace was made");
        }
        if (names.apparmorRestricts().orElse(0) == 1) {
            return Outcome.notApplicable("AppArmor forbids them, see USERNS-APPARMOR");
        }
        return settings(
                names,
                finding(
                        names,
                        names.explanation().isEmpty() ? "the attempt failed" : names.explanation(),
                        new Fix.Command(
                                "sysctl -w user.max_user_namespaces=28633   # as administrator")));
    }

    private static Outcome settings(UserNamespaces names, Outcome otherwise) {
        if (names.maximum().orElse(1L) == 0) {
            return finding(
                    names,
                    "user.max_user_namespaces is 0",
                    new Fix.Command(
                            "sysctl -w user.max_user_namespaces=28633   # as administrator; keep it in /etc/sysctl.d/90-userns.conf"));
        }
        if (names.unprivilegedClone().orElse(1) == 0) {
            return finding(
                    names,
                    "kernel.unprivileged_userns_clone is 0",
                    new Fix.Command(
                            "sysctl -w kernel.unprivileged_userns_clone=1   # as administrator; keep it in /etc/sysctl.d/90-userns.conf"));
        }
        if (names.chrooted().orElse(false)) {
            return finding(
                    names,
                    "the caller is in a chroot, where the kernel refuses them",
                    new Fix.Advice("start outside of the chroot"));
        }
        return otherwise;
    }

    private static Outcome finding(UserNamespaces names, String why, Fix fix) {
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(names.works()));
        for (Fact<?> fact : List.of(names.maximum(), names.unprivilegedClone(), names.chrooted())) {
            if (fact.isKnown()) {
                evidence.add(Evidence.of(fact));
            }
        }
        return Outcome.found(
                Severity.BLOCK,
                "Users cannot make user namespaces on this node: "
                        + why.replaceFirst("\\.$", "")
                        + ".",
                evidence,
                names.said().isEmpty()
                        ? "unshare: unshare failed: No space left on device"
                        : names.said(),
                fix);
    }
}
