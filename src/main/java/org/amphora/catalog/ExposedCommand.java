// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.List;
import org.amphora.problem.Problem;

/// A command that users get on PATH.
///
/// @param name what they type
/// @param argv what it starts in the image; the caller's arguments follow
public record ExposedCommand(String name, List<String> argv) {

    public ExposedCommand {
        argv = List.copyOf(argv);
        if (!isName(name) || argv.isEmpty() || argv.getFirst().isEmpty()) {
            throw new IllegalArgumentException("no command: " + name + " " + argv);
        }
    }

    /// A command as options name it, `NAME` or `NAME=PROGRAM [ARGUMENT …]`.
    ///
    /// @throws Problem when that is no name of a command
    static ExposedCommand parse(String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        List<String> argv =
                equals < 0
                        ? List.of(name)
                        : List.of(text.substring(equals + 1).strip().split(" +"));
        if (!isName(name) || argv.getFirst().isEmpty()) {
            throw new Problem(
                    "cannot offer the command " + text,
                    "\"" + name + "\" is no name of a command, or it starts nothing",
                    "write NAME or NAME=PROGRAM [ARGUMENT …]");
        }
        return new ExposedCommand(name, argv);
    }

    /// Whether a command may be called so.
    public static boolean isName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && "_+-.@".indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty() && !text.startsWith("-") && !text.startsWith(".");
    }
}
