// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

/// What to do about a finding.
public sealed interface Fix {

    /// One line: what is done, the command, or the advice.
    String text();

    /// The launch does it by itself; the text says what, in the plan's own words.
    record Automatic(String text) implements Fix {}

    /// A command line that can be pasted.
    record Command(String text) implements Fix {}

    /// What no command can do alone.
    record Advice(String text) implements Fix {}

    /// `automatic`, `command` or `advice`.
    default String kind() {
        return switch (this) {
            case Automatic _ -> "automatic";
            case Command _ -> "command";
            case Advice _ -> "advice";
        };
    }
}
