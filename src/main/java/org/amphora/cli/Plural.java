// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.util.List;

/// Numbers of things in sentences.
final class Plural {
    private Plural() {}

    /// `1 application`, `2 applications`.
    static String of(int count, String thing) {
        return count + " " + thing + (count == 1 ? "" : "s");
    }

    /// What there is after its label; nothing when there is nothing.
    static String listed(String label, List<String> items) {
        return items.isEmpty() ? "" : label + String.join(", ", items);
    }
}
