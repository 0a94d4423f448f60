// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import org.amphora.compat.check.Check;
import org.amphora.compat.check.Severity;

/// How text for people looks: with colours on a terminal, without them in a file.
public enum Style {
    PLAIN,
    COLOUR;

    private static final int WIDTH = 100;
    private static final int LABEL = 10;

    /// Colours for a person who did not ask to go without.
    ///
    /// @param terminal whether a person is looking
    /// @param noColor the value of `NO_COLOR` (https://no-color.org), empty when unset
    public static Style of(boolean terminal, String noColor) {
        return terminal && noColor.isEmpty() ? COLOUR : PLAIN;
    }

    String id(Check check) {
        return id(check.id(), check.severity());
    }

    String id(String id, Severity severity) {
        return paint(
                id,
                switch (severity) {
                    case BLOCK -> "1;31";
                    case WARN -> "1;33";
                    case INFO -> "1;36";
                });
    }

    /// Something that is as it should be.
    public String good(String text) {
        return paint(text, "32");
    }

    /// Something that is beside the point.
    public String quote(String text) {
        return paint(text, "2");
    }

    /// Something to look at.
    public String doubtful(String text) {
        return paint(text, "33");
    }

    /// Something that is wrong.
    public String bad(String text) {
        return paint(text, "31");
    }

    /// What a text is about.
    public String title(String text) {
        return paint(text, "1");
    }

    /// A label and a text that is wrapped beside it.
    String paragraph(String label, String text) {
        StringBuilder result = new StringBuilder();
        StringBuilder line = new StringBuilder("  " + label);
        if (!label.isEmpty()) {
            line.append(" ".repeat(Math.max(1, LABEL - line.length())));
        }
        String indent = " ".repeat(line.length());
        int start = line.length();
        for (String word : text.split(" ")) {
            if (line.length() > start && line.length() + word.length() > WIDTH) {
                result.append(line.toString().stripTrailing()).append('\n');
                line = new StringBuilder(indent);
                start = indent.length();
            }
            line.append(word).append(' ');
        }
        return result.append(line.toString().stripTrailing()).append('\n').toString();
    }

    /// A label and a text that stays on its line, because people copy it.
    String line(String label, String text) {
        return "  " + label + " ".repeat(Math.max(1, LABEL - 2 - label.length())) + text + "\n";
    }

    private String paint(String text, String code) {
        return this == COLOUR ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
