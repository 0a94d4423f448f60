// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;

/// What became of one check.
public sealed interface Outcome {

    /// The image fits, with the values that show it.
    record Passed(String seen) implements Outcome {}

    /// Something does not fit.
    record Found(List<Finding> findings) implements Outcome {
        public Found {
            findings = List.copyOf(findings);
            if (findings.isEmpty()) {
                throw new IllegalArgumentException("found nothing");
            }
        }
    }

    /// The question does not arise for this image, node or request.
    record NotApplicable(String why) implements Outcome {}

    /// A fact that the answer hangs on could not be read.
    record Unknown(String why) implements Outcome {}

    static Outcome passed(String seen) {
        return new Passed(seen);
    }

    static Outcome notApplicable(String why) {
        return new NotApplicable(why);
    }

    static Outcome unknown(String why) {
        return new Unknown(why);
    }

    /// One finding that predicts no text.
    static Outcome found(Severity severity, String sentence, List<Evidence> evidence, Fix fix) {
        return found(new Finding(severity, sentence, evidence, Optional.empty(), fix));
    }

    /// One finding, with the text that the user would see.
    static Outcome found(
            Severity severity, String sentence, List<Evidence> evidence, String error, Fix fix) {
        return found(new Finding(severity, sentence, evidence, Optional.of(error), fix));
    }

    private static Outcome found(Finding finding) {
        return new Found(List.of(finding));
    }
}
