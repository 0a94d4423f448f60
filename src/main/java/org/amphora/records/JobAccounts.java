// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the resource manager has written down about the jobs of launches, and the node time that
/// follows from it.
public final class JobAccounts {

    private final Database database;

    /// A job that has ended.
    ///
    /// @param state in Amphora's words
    /// @param nodes names, separated by a space
    public record Job(
            String id,
            String state,
            OptionalInt exitCode,
            Optional<Instant> started,
            Optional<Instant> ended,
            OptionalLong cpuMilliseconds,
            OptionalLong peakBytes,
            String nodes) {}

    JobAccounts(Database database) {
        this.database = database;
    }

    /// Jobs of launches whose end is not known, the newest first.
    public List<String> missing(int atMost) {
        return database.rows(
                "SELECT l.job, max(l.started) FROM launches l LEFT JOIN jobs j ON j.job = l.job"
                        + " WHERE l.job <> '' AND j.job IS NULL GROUP BY l.job ORDER BY 2 DESC"
                        + " LIMIT ?",
                row -> row.getString(1),
                atMost);
    }

    /// Keeps what is known of a job that has ended, in place of what was known before, and counts
    /// its node time: for each version and node, from its first launch there to the job's end.
    public void keep(Job job) {
        var _ =
                database.write(
                        () -> {
                            database.update("DELETE FROM jobs WHERE job = ?", job.id());
                            database.update(
                                    "INSERT INTO jobs (job, state, exit_code, started, ended,"
                                            + " cpu_milliseconds, peak_bytes, nodes) VALUES (?, ?,"
                                            + " ?, ?, ?, ?, ?, ?)",
                                    job.id(),
                                    job.state(),
                                    job.exitCode().isPresent()
                                            ? (long) job.exitCode().getAsInt()
                                            : null,
                                    job.started().map(Instant::toEpochMilli).orElse(null),
                                    job.ended().map(Instant::toEpochMilli).orElse(null),
                                    orNull(job.cpuMilliseconds()),
                                    orNull(job.peakBytes()),
                                    job.nodes());
                            job.ended().ifPresent(end -> count(job.id(), end.toEpochMilli()));
                            return job;
                        });
    }

    Optional<Job> find(String id) {
        return database
                .rows(
                        "SELECT state, exit_code, started, ended, cpu_milliseconds, peak_bytes,"
                                + " nodes FROM jobs WHERE job = ?",
                        row ->
                                new Job(
                                        id,
                                        row.getString(1),
                                        number(row, 2).stream()
                                                .mapToInt(code -> (int) code)
                                                .findFirst(),
                                        time(row, 3),
                                        time(row, 4),
                                        number(row, 5),
                                        number(row, 6),
                                        row.getString(7)),
                        id)
                .stream()
                .findFirst();
    }

    private static Optional<Instant> time(ResultSet row, int column) throws SQLException {
        return number(row, column).stream().mapToObj(Instant::ofEpochMilli).findFirst();
    }

    private static OptionalLong number(ResultSet row, int column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(number);
    }

    private void count(String job, long end) {
        Set<List<String>> seen = new HashSet<>();
        List<@Nullable Object[]> times = new ArrayList<>();
        database.each(
                "SELECT l.id, l.started, l.node, p.application, p.version FROM launches l JOIN"
                        + " programs p ON p.id = l.program WHERE l.job = ? ORDER BY l.started",
                row -> {
                    boolean first =
                            seen.add(List.of(row.getString(3), row.getString(4), row.getString(5)));
                    long time = first ? Math.max(end - row.getLong(2), 0) : 0;
                    times.add(new Object[] {time, row.getString(1)});
                },
                job);
        database.updateAll("UPDATE launches SET node_milliseconds = ? WHERE id = ?", times);
    }

    private static @Nullable Long orNull(OptionalLong number) {
        return number.isPresent() ? number.getAsLong() : null;
    }
}
