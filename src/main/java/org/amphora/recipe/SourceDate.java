// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.amphora.problem.Problem;

/// `SOURCE_DATE_EPOCH`: the time that a reproducible build takes for now
/// (reproducible-builds.org/specs/source-date-epoch).
final class SourceDate {

    private SourceDate() {}

    static Optional<Instant> of(Map<String, String> environment) {
        String value = environment.getOrDefault("SOURCE_DATE_EPOCH", "");
        if (value.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    Instant.ofEpochSecond(Integer.toUnsignedLong(Integer.parseUnsignedInt(value))));
        } catch (NumberFormatException e) {
            throw new Problem(
                    "cannot tell the time of the build",
                    "SOURCE_DATE_EPOCH is " + value,
                    "set it to seconds since 1970, or unset it",
                    e);
        }
    }
}
