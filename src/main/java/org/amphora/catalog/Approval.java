// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// Who may change the channels of an application: its maintainers, and the site's approvers;
/// anybody who may commit when neither are named.
final class Approval {

    private final Site site;
    private final Policy policy;

    Approval(Site site, Policy policy) {
        this.site = site;
        this.policy = policy;
    }

    /// @param subject what is to be done, the commit's subject
    /// @throws Problem when the commit's author may not
    void require(AppVersion app, String subject) {
        List<String> allowed = new ArrayList<>(policy.approvers());
        if (allowed.isEmpty()) {
            return;
        }
        allowed.addAll(app.maintainers());
        Map.Entry<String, String> author = site.author();
        if (allowed.contains(author.getValue())) {
            return;
        }
        if (allowed.stream().anyMatch(name -> name.startsWith("@"))) {
            Set<String> groups =
                    new HashSet<>(
                            List.of(
                                    Command.of("id", "-Gn")
                                            .run()
                                            .orProblem("cannot tell your groups", "id -Gn")
                                            .output()
                                            .strip()
                                            .split(" ")));
            if (allowed.stream()
                    .anyMatch(n -> n.startsWith("@") && groups.contains(n.substring(1)))) {
                return;
            }
        }
        throw new Problem(
                "cannot do this: " + subject,
                author.getKey()
                        + " <"
                        + author.getValue()
                        + "> is neither approver of the site nor"
                        + " maintainer of "
                        + app.id().app(),
                "ask one of " + String.join(", ", allowed));
    }
}
