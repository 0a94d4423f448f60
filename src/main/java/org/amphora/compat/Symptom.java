// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.List;

/// Texts that error logs show, and what they mean.
///
/// @param check the identifier of the check that would have told before
/// @param times how many lines must have the texts before they mean something
record Symptom(
        String check,
        List<LinePattern> texts,
        List<String> examples,
        int times,
        String cause,
        String fix) {
    Symptom {
        texts = List.copyOf(texts);
        examples = List.copyOf(examples);
        if (texts.isEmpty() || examples.isEmpty() || cause.isBlank() || fix.isBlank()) {
            throw new IllegalArgumentException("symptom of " + check + " is incomplete");
        }
    }

    boolean matches(String line) {
        return texts.stream().anyMatch(text -> text.matches(line));
    }
}
