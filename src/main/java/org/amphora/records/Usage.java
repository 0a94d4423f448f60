// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Who uses what, from the records of launches.
public final class Usage {
    private static final double MILLISECONDS_PER_HOUR = 3_600_000;

    private final Database database;

    /// Which launches are meant; all where nothing is said.
    ///
    /// @param application name in the catalog
    /// @param person login name
    /// @param team primary group of the person
    /// @param since when the first of them began
    public record Query(
            Optional<String> application,
            Optional<String> version,
            Optional<String> person,
            Optional<String> team,
            Instant since) {}

    /// How much a version was used.
    ///
    /// @param application empty, as the version, for images outside the catalog
    /// @param people how many used it; who was active in two months whose names are forgotten
    ///     counts twice
    /// @param nodeHours of the jobs that used it, on each node from its first launch there to the
    ///     end of the job; those whose accounts are known
    public record Row(
            String application,
            String version,
            long launches,
            long people,
            double nodeHours,
            Instant last) {}

    /// How much a person used a version.
    public record User(String person, String team, long launches, Instant last) {}

    /// A job that launched a version, and of which no end is known.
    public record OpenJob(String job, String person, String node, Instant started) {}

    Usage(Database database) {
        this.database = database;
    }

    /// By version, the most used first.
    public List<Row> rows(Query query) {
        List<@Nullable Object> values = new ArrayList<>();
        StringBuilder launches = new StringBuilder("started >= ?");
        values.add(query.since().toEpochMilli());
        restrict(launches, values, "person", query.person());
        restrict(launches, values, "team", query.team());
        if (query.application().isPresent() || query.version().isPresent()) {
            launches.append(" AND program IN (SELECT id FROM programs WHERE 1 = 1");
            restrict(launches, values, "application", query.application());
            restrict(launches, values, "version", query.version());
            launches.append(')');
        }
        // Counted by program and person first, in the order of the index launches_use; these are
        // few to look up names for.
        return database.rows(
                "SELECT p.application, p.version, sum(x.launches), count(DISTINCT x.person),"
                        + " sum(x.time), max(x.last) FROM (SELECT program, person, count(*) AS"
                        + " launches, coalesce(sum(node_milliseconds), 0) AS time, max(started) AS"
                        + " last FROM launches WHERE "
                        + launches
                        + " GROUP BY program, person) x JOIN programs p ON p.id = x.program"
                        + " GROUP BY p.application, p.version ORDER BY 3 DESC, 1, 2",
                row ->
                        new Row(
                                row.getString(1),
                                row.getString(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5) / MILLISECONDS_PER_HOUR,
                                Instant.ofEpochMilli(row.getLong(6))),
                values.toArray());
    }

    /// Who used a version, the most active first.
    public List<User> users(String application, String version, Instant since) {
        return database.rows(
                "SELECT l.person, l.team, count(*), max(l.started) FROM launches l JOIN programs p"
                        + " ON p.id = l.program WHERE p.application = ? AND p.version = ? AND"
                        + " l.started >= ? GROUP BY l.person, l.team ORDER BY 3 DESC, 1",
                row ->
                        new User(
                                row.getString(1),
                                row.getString(2),
                                row.getLong(3),
                                Instant.ofEpochMilli(row.getLong(4))),
                application,
                version,
                since.toEpochMilli());
    }

    /// Jobs that launched a version and may be running still, the newest first.
    public List<OpenJob> openJobs(String application, String version, Instant since, int atMost) {
        return database.rows(
                "SELECT l.job, l.person, min(l.node), max(l.started) FROM launches l JOIN programs p"
                        + " ON p.id = l.program LEFT JOIN jobs j ON j.job = l.job WHERE"
                        + " p.application = ? AND p.version = ? AND l.started >= ? AND l.job <> ''"
                        + " AND j.ended IS NULL GROUP BY l.job, l.person ORDER BY 4 DESC LIMIT ?",
                row ->
                        new OpenJob(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                Instant.ofEpochMilli(row.getLong(4))),
                application,
                version,
                since.toEpochMilli(),
                atMost);
    }

    private static void restrict(
            StringBuilder condition,
            List<@Nullable Object> values,
            String column,
            Optional<String> wanted) {
        wanted.ifPresent(
                value -> {
                    condition.append(" AND ").append(column).append(" = ?");
                    values.add(value);
                });
    }
}
