// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Writes a launch plan (`docs/plan-format.md`) line by line. Arguments are byte strings and meant
/// literally: tab, line end, backslash and dollar sign are escaped.
public final class LaunchPlan {
    private static final String FIRST_LINE = "amphora-plan 1\n";

    // Characters that no byte string has.
    private static final char REFERENCE = '\uE000';
    private static final char END_OF_REFERENCE = '\uE001';

    private final StringBuilder text = new StringBuilder(4096).append(FIRST_LINE);

    /// Stands in an argument for the value that a variable has when the plan is obeyed, in plans
    /// that serve every user: `${NAME}`, or `${NAME:-OTHER}` where it may be unset.
    static String reference(String name) {
        return REFERENCE + name + END_OF_REFERENCE;
    }

    /// The byte string of a text, as directives take it.
    public static String raw(String text) {
        return Bytes.raw(text);
    }

    /// Adds one directive.
    ///
    /// @param verb one of the verbs of `docs/plan-format.md`
    public LaunchPlan add(String verb, String... arguments) {
        text.append(verb);
        for (String argument : arguments) {
            text.append('\t');
            escape(argument);
        }
        text.append('\n');
        return this;
    }

    /// Adds the command; the last directive but `arguments`.
    public LaunchPlan exec(Iterable<String> command) {
        text.append("exec");
        for (String argument : command) {
            text.append('\t');
            escape(argument);
        }
        text.append('\n');
        return this;
    }

    /// Adds a comment of one line.
    LaunchPlan comment(String comment) {
        text.append("# ").append(comment).append('\n');
        return this;
    }

    /// Writes the whole plan; the stream stays open.
    public void writeTo(OutputStream out) throws IOException {
        out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /// What stands below the first line, a byte string.
    String directives() {
        return text.substring(FIRST_LINE.length());
    }

    /// The plan as a byte string.
    @Override
    public String toString() {
        return text.toString();
    }

    private void escape(String argument) {
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            switch (c) {
                case '\t' -> text.append("\\t");
                case '\n' -> text.append("\\n");
                case '\\' -> text.append("\\\\");
                case '$' -> text.append("\\$");
                case REFERENCE -> text.append("${");
                case END_OF_REFERENCE -> text.append('}');
                case '\0' -> throw new IllegalArgumentException("NUL in a plan argument");
                default -> text.append(c);
            }
        }
    }
}
