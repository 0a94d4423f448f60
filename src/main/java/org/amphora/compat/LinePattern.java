// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.Comparator;
import java.util.List;

/// Literal pieces that follow each other in a line, with anything between them.
record LinePattern(List<String> pieces) {
    LinePattern {
        pieces = List.copyOf(pieces);
        if (pieces.stream().mapToInt(String::length).max().orElse(0) < 8) {
            throw new IllegalArgumentException("too little literal text in " + pieces);
        }
    }

    /// @param text the pieces, with `*` between them
    static LinePattern parse(String text) {
        return new LinePattern(List.of(text.split("\\*")));
    }

    @Override
    public String toString() {
        return String.join("*", pieces);
    }

    /// The piece that is looked for first.
    String longest() {
        return pieces.stream().max(Comparator.comparingInt(String::length)).orElseThrow();
    }

    boolean matches(String line) {
        int from = 0;
        for (String piece : pieces) {
            from = end(line, piece, from);
            if (from < 0) {
                return false;
            }
        }
        return true;
    }

    /// Where the piece ends in the line, -1 when it is not there. A number is a whole one: `of 1`
    /// is not found in `of 16`.
    private static int end(String line, String piece, int start) {
        int at = line.indexOf(piece, start);
        while (at >= 0) {
            int end = at + piece.length();
            if (!isDigit(line, end - 1) || !isDigit(line, end)) {
                return end;
            }
            at = line.indexOf(piece, at + 1);
        }
        return -1;
    }

    private static boolean isDigit(String line, int at) {
        return at < line.length() && Character.isDigit(line.charAt(at));
    }
}
