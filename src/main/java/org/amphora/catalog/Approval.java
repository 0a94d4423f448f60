// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// Who may change the channels of an application: its maintainers, and the site's approvers;
/// anybody who may commit when the site names no approvers.
///
/// @param names mail addresses, or `@group` for a group of this machine
record Approval(List<String> names) {

    Approval {
        names = List.copyOf(names);
    }

    /// @param maintainers those of the version that users get before the change
    static Approval of(Policy policy, List<String> maintainers) {
        if (policy.approvers().isEmpty()) {
            return new Approval(List.of());
        }
        List<String> names = new ArrayList<>(policy.approvers());
        names.addAll(maintainers);
        return new Approval(names.stream().distinct().toList());
    }

    /// Whether somebody may whose mail address is this. A group's members are known by their login
    /// names: those count as addresses of theirs, whatever the host.
    boolean includes(String mail) {
        if (names.isEmpty() || names.contains(mail)) {
            return true;
        }
        String login = mail.substring(0, Math.max(0, mail.indexOf('@')));
        return names.stream()
                .filter(name -> name.startsWith("@"))
                .anyMatch(name -> members(name.substring(1)).contains(login));
    }

    /// Whether it needs to be asked at all.
    boolean isOpen() {
        return names.isEmpty();
    }

    /// @param author name and mail address of who acts
    /// @param subject what is to be done, the commit's subject
    /// @throws Problem when the author may not
    void require(Map.Entry<String, String> author, String app, String subject) {
        if (includes(author.getValue()) || isInGroup()) {
            return;
        }
        throw new Problem(
                "cannot do this: " + subject,
                author.getKey()
                        + " <"
                        + author.getValue()
                        + "> is neither approver of the site nor maintainer of "
                        + app,
                "ask one of " + String.join(", ", names));
    }

    /// Whether the caller is in one of the groups, by the kernel's word.
    private boolean isInGroup() {
        if (names.stream().noneMatch(name -> name.startsWith("@"))) {
            return false;
        }
        String groups =
                Command.of("id", "-Gn")
                        .run()
                        .orProblem("cannot tell your groups", "id -Gn")
                        .output();
        return Arrays.stream(groups.strip().split(" "))
                .anyMatch(group -> names.contains("@" + group));
    }

    private static Set<String> members(String group) {
        // NAME:PASSWORD:GID:MEMBER,… (group(5))
        String line = Command.of("getent", "group", group).run().output().strip();
        return Arrays.stream(line.substring(line.lastIndexOf(':') + 1).split(","))
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
    }
}
