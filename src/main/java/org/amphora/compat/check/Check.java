// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Objects;
import java.util.function.Function;

/// One rule about images and nodes.
///
/// @param id names it in output and documentation
/// @param rules the numbers of the rules it comes from
/// @param severity of its findings, the worst where they differ
/// @param title a few words
/// @param about what goes wrong, for the page of the check
/// @param source where the facts in the rule come from
/// @param rule a function of the facts alone; it throws nothing
public record Check(
        String id,
        String rules,
        Severity severity,
        String title,
        String about,
        String source,
        Function<Situation, Outcome> rule) {
    public Check {
        Objects.requireNonNull(rule, "rule");
        if (!id.matches("[A-Z0-9]+(-[A-Z0-9]+)*")) {
            throw new IllegalArgumentException("not an identifier: " + id);
        }
        about = about.strip();
    }

    public Outcome apply(Situation situation) {
        return rule.apply(situation);
    }

    /// The page that explains it, from the root of the documentation.
    public String page() {
        return "docs/checks/" + id + ".md";
    }
}
