// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// What a check found.
///
/// @param sentence one plain sentence with the values in it
/// @param evidence where each value was read
/// @param error the literal text that the user would see, if there is one
public record Finding(
        Severity severity,
        String sentence,
        List<Evidence> evidence,
        Optional<String> error,
        Fix fix) {
    public Finding {
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(error, "error");
        Objects.requireNonNull(fix, "fix");
        evidence = List.copyOf(evidence);
        if (sentence.isBlank()) {
            throw new IllegalArgumentException("finding without a sentence");
        }
    }
}
