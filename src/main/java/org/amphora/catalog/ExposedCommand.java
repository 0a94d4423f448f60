// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.List;

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

    static boolean isName(String text) {
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
