// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Locale;

/// How bad a finding is; the worst stands first.
public enum Severity {
    /// It would fail, or give wrong results.
    BLOCK("would fail"),
    /// It would run, but slowly, in part, or with luck.
    WARN("warning"),
    /// Worth knowing.
    INFO("note");

    private final String words;

    Severity(String words) {
        this.words = words;
    }

    /// What a person reads.
    public String words() {
        return words;
    }

    /// What JSON says: `block`, `warn`, `info`.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
