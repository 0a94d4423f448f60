// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Forgets who did what when the site's time for that is over. Names become pseudonyms, drawn by
/// lot and kept nowhere, so nobody can go back from them; one person has one within a calendar
/// month, so that people can still be counted.
final class Retention {
    static final String ACTION = "pseudonymise";

    /// No login name begins so.
    private static final String MARK = "~";

    private static final int PSEUDONYM_BYTES = 6;

    private final Database database;

    Retention(Database database) {
        this.database = database;
    }

    /// The end of the youngest month whose first day is that long ago: names are never kept longer.
    static Instant limit(Instant now, Duration retention) {
        return Instant.ofEpochMilli(begin(month(now.minus(retention)).plusMonths(1)));
    }

    /// Until when an entry of the chain says that names were forgotten.
    static Instant before(Map<String, Object> details) {
        return details.get("before") instanceof Long time
                ? Instant.ofEpochMilli(time)
                : Instant.MIN;
    }

    /// Forgets the names of everything before a time.
    ///
    /// @param before the beginning of a month
    /// @return how many names there were, those of each month for themselves
    long forget(Instant now, Instant before, String person) {
        return database.write(
                () -> {
                    AuditChain chain = new AuditChain(database);
                    AuditChain.Head head = chain.take();
                    long names = 0;
                    for (YearMonth month = month(first(before));
                            begin(month) < before.toEpochMilli();
                            month = month.plusMonths(1)) {
                        names += forget(begin(month), begin(month.plusMonths(1)));
                    }
                    if (names > 0) {
                        var _ =
                                chain.append(
                                        head,
                                        now.truncatedTo(ChronoUnit.MILLIS),
                                        ACTION,
                                        "before " + before,
                                        Details.json(Map.of("before", before.toEpochMilli())),
                                        person);
                    }
                    return names;
                });
    }

    private static YearMonth month(Instant time) {
        return YearMonth.from(time.atZone(ZoneOffset.UTC));
    }

    private static long begin(YearMonth month) {
        return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    }

    /// When the first thing happened that still has a name.
    private Instant first(Instant otherwise) {
        return database
                .rows(
                        "SELECT time FROM audit WHERE salt IS NOT NULL UNION ALL SELECT started"
                                + " FROM launches WHERE person NOT LIKE ? ORDER BY 1 LIMIT 1",
                        row -> Instant.ofEpochMilli(row.getLong(1)),
                        MARK + "%")
                .stream()
                .findFirst()
                .orElse(otherwise);
    }

    private long forget(long from, long until) {
        List<String> names =
                database.rows(
                        "SELECT person FROM audit WHERE time >= ? AND time < ? AND salt IS NOT NULL"
                                + " UNION SELECT person FROM launches WHERE started >= ? AND"
                                + " started < ? AND person NOT LIKE ?",
                        row -> row.getString(1),
                        from,
                        until,
                        from,
                        until,
                        MARK + "%");
        SecureRandom random = new SecureRandom();
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (String name : names) {
            byte[] bytes = new byte[PSEUDONYM_BYTES];
            random.nextBytes(bytes);
            rows.add(new Object[] {name, MARK + HexFormat.of().formatHex(bytes)});
        }
        database.updateAll("INSERT INTO pseudonyms VALUES (?, ?)", rows);
        database.update(
                "UPDATE audit SET salt = NULL, person = (SELECT pseudonym FROM pseudonyms p WHERE"
                        + " p.person = audit.person) WHERE time >= ? AND time < ? AND salt IS NOT"
                        + " NULL",
                from,
                until);
        // Paths of images outside the catalog lie in home directories.
        database.update(
                "UPDATE launches SET image = '', person = (SELECT pseudonym FROM pseudonyms p WHERE"
                        + " p.person = launches.person) WHERE started >= ? AND started < ? AND"
                        + " person NOT LIKE ?",
                from,
                until,
                MARK + "%");
        database.update("DELETE FROM pseudonyms");
        return names.size();
    }
}
