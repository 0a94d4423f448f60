// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.util.Optional;

/// A version of dotted numbers: 2.36 comes before 2.41, 535.161.07 after 535.54.03, and 4.1 is
/// 4.1.0. It keeps the text it was made from.
public final class Version implements Comparable<Version> {
    private static final int MAXIMUM_LENGTH = 64;

    private final String text;

    private Version(String text) {
        this.text = text;
    }

    /// The reverse of {@link #toString}.
    ///
    /// @throws IllegalArgumentException when the text is something else than numbers and dots
    public static Version parse(String text) {
        Version version = leading(text).orElse(null);
        if (version == null || version.text.length() != text.length()) {
            throw new IllegalArgumentException("no version: " + text);
        }
        return version;
    }

    /// The version that a text begins with: 3.10.0 of `3.10.0-1160.el7`, 5.0.7 of `5.0.7a1`.
    public static Optional<Version> leading(String text) {
        int end = 0;
        boolean digit = false;
        for (int i = 0; i < text.length() && i < MAXIMUM_LENGTH; i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                digit = true;
                end = i + 1;
            } else if (c == '.' && digit) {
                digit = false;
            } else {
                break;
            }
        }
        return end == 0 ? Optional.empty() : Optional.of(new Version(text.substring(0, end)));
    }

    /// The version behind a word: 2.36 in `GLIBC_2.36` behind `GLIBC_`.
    ///
    /// @return empty when the text does not begin with the word, or no version follows
    public static Optional<Version> behind(String prefix, String text) {
        return text.startsWith(prefix)
                ? leading(text.substring(prefix.length()))
                : Optional.empty();
    }

    /// The number at that place, counted from 0; 0 when there is none. Too big ones count as the
    /// biggest.
    public int number(int index) {
        int from = start(index);
        if (from < 0) {
            return 0;
        }
        long value = 0;
        for (int i = from; i < text.length() && text.charAt(i) != '.'; i++) {
            value = Math.min(Integer.MAX_VALUE, value * 10 + (text.charAt(i) - '0'));
        }
        return (int) value;
    }

    public int major() {
        return number(0);
    }

    public int minor() {
        return number(1);
    }

    public boolean isAtLeast(Version other) {
        return compareTo(other) >= 0;
    }

    /// The greater of two.
    public Version max(Version other) {
        return isAtLeast(other) ? this : other;
    }

    @Override
    public int compareTo(Version other) {
        for (int i = 0; start(i) >= 0 || other.start(i) >= 0; i++) {
            int order = Integer.compare(number(i), other.number(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Version version && compareTo(version) == 0;
    }

    @Override
    public int hashCode() {
        // Zeros at the end make no difference, so a zero adds nothing.
        int hash = 0;
        for (int i = 0; start(i) >= 0; i++) {
            hash += number(i) * (i * 31 + 1);
        }
        return hash;
    }

    @Override
    public String toString() {
        return text;
    }

    private int start(int index) {
        int from = 0;
        for (int i = 0; i < index; i++) {
            int dot = text.indexOf('.', from);
            if (dot < 0) {
                return -1;
            }
            from = dot + 1;
        }
        return from;
    }
}
