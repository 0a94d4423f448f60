// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.OptionalInt;

/// Numbers in what managers print.
final class Numbers {

    private Numbers() {}

    /// The whole number that the text is; nothing when it is none.
    static OptionalInt parse(String text) {
        try {
            return OptionalInt.of(Integer.parseInt(text.strip()));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
