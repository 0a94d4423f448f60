// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.time.Duration;
import java.util.Optional;
import org.amphora.yaml.YamlMap;

/// Where a site keeps records of what happened, and how long names of people stay in them.
///
/// @param database a path, from the site's directory on, or a URL of PostgreSQL; `none` for no
///     records; the site's own file when empty
/// @param passwordFile of the PostgreSQL server
/// @param names how long they are kept; for ever when empty
public record RecordKeeping(
        Optional<String> database, Optional<String> passwordFile, Optional<Duration> names) {

    /// Names are forgotten by whole months.
    private static final int DAYS_AT_LEAST = 31;

    /// What `records:` of `policy.yaml` says; what is wrong with it is noted.
    static RecordKeeping read(YamlMap yaml) {
        Optional<String> database = yaml.text("database");
        if (database.filter(text -> text.contains("password=")).isPresent()) {
            yaml.note("database", "a password does not belong into git: use password-file");
        }
        int days = yaml.number("retention-days", 0);
        boolean enough = days >= DAYS_AT_LEAST;
        if (yaml.has("retention-days") && !enough) {
            yaml.note(
                    "retention-days",
                    "names are forgotten by whole months: " + DAYS_AT_LEAST + " days at least");
        }
        RecordKeeping keeping =
                new RecordKeeping(
                        database,
                        yaml.text("password-file"),
                        enough ? Optional.of(Duration.ofDays(days)) : Optional.empty());
        yaml.refuseOthers();
        return keeping;
    }
}
