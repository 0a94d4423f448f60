// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Everything that the records know of one job: its launches, its account, and how the images were
/// built.
///
/// @param launches the first one first
/// @param builds of the images of the launches, the newest of each digest
public record JobHistory(
        String job, List<Launch> launches, Optional<JobAccounts.Job> account, List<Build> builds) {

    /// One launch.
    ///
    /// @param person login name, or a pseudonym
    /// @param application name in the catalog; empty for others, as the version
    /// @param image path of the image; empty for versions of the catalog
    public record Launch(
            String id,
            Instant started,
            String person,
            String node,
            String step,
            String application,
            String version,
            String digest,
            String command,
            String plan,
            String image) {}

    /// How an image was built.
    ///
    /// @param revision commit of the recipe; empty when it was in none
    public record Build(String digest, String source, String revision, Instant time) {}

    public JobHistory {
        launches = List.copyOf(launches);
        builds = List.copyOf(builds);
    }

    static JobHistory of(Database database, String job) {
        List<Launch> launches =
                database.rows(
                        "SELECT l.id, l.started, l.person, l.node, l.step, p.application, p.version,"
                                + " p.digest, p.command, p.plan, l.image FROM launches l JOIN"
                                + " programs p ON p.id = l.program WHERE l.job = ? ORDER BY"
                                + " l.started, l.id",
                        row ->
                                new Launch(
                                        row.getString(1),
                                        Instant.ofEpochMilli(row.getLong(2)),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getString(6),
                                        row.getString(7),
                                        row.getString(8),
                                        row.getString(9),
                                        row.getString(10),
                                        row.getString(11)),
                        job);
        List<Build> builds = new ArrayList<>();
        launches.stream()
                .map(Launch::digest)
                .distinct()
                .forEach(digest -> builds.addAll(builds(database, digest)));
        return new JobHistory(job, launches, new JobAccounts(database).find(job), builds);
    }

    private static List<Build> builds(Database database, String digest) {
        return database.rows(
                "SELECT b.source, b.revision, a.time FROM builds b JOIN audit a ON a.number ="
                        + " b.entry WHERE b.digest = ? AND b.digest <> '' ORDER BY a.number DESC"
                        + " LIMIT 1",
                row ->
                        new Build(
                                digest,
                                row.getString(1),
                                row.getString(2),
                                Instant.ofEpochMilli(row.getLong(3))),
                digest);
    }
}
