// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// The sections of a definition file (apptainer `pkg/build/types/parser/deffile.go`
/// `validSections`).
enum Section {
    ARGUMENTS,
    PRE,
    SETUP,
    FILES,
    POST,
    ENVIRONMENT,
    LABELS,
    HELP,
    RUNSCRIPT,
    STARTSCRIPT,
    TEST;

    static Optional<Section> named(String word) {
        return Arrays.stream(values()).filter(s -> s.word().equals(word)).findFirst();
    }

    static String list() {
        return Arrays.stream(values()).map(Section::toString).collect(Collectors.joining(" "));
    }

    /// The word as the definition file has it after the per cent sign.
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return "%" + word();
    }
}
