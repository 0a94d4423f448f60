// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

/// Numbers within the text of files.
final class Numbers {

    private Numbers() {}

    /// The whole number that the text is.
    static Fact<Integer> integer(String source, String text) {
        try {
            return Fact.known(Integer.parseInt(text.strip()), source);
        } catch (NumberFormatException e) {
            return Fact.unknown(source, "not a number: " + Tree.shown(text.strip()));
        }
    }
}
