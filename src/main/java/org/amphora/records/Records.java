// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.Closeable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// What has happened at a site: the door of this package. One connection; not for several threads.
public final class Records implements Closeable {

    private final Database database;
    private final Clock clock;

    private Records(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /// Opens the records; makes the tables when there are none.
    ///
    /// @throws Problem when the database is away, or cannot be where it is told to be
    public static Records open(Location location, Clock clock) {
        Database database = Database.open(location);
        try {
            Migrations.apply(database);
            return new Records(database, clock);
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /// Keeps an event: an entry of the chain and a row of its table, both or none. It is durable
    /// when this returns.
    ///
    /// @param person login name of who did it
    /// @return number of the entry
    public long record(Event event, String person) {
        return database.write(
                () -> {
                    AuditChain chain = audit();
                    AuditChain.Head entry =
                            chain.append(
                                    chain.take(),
                                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                                    event.action(),
                                    event.subject(),
                                    Details.json(event.columns()),
                                    person);
                    insert(event, entry.number());
                    return entry.number();
                });
    }

    /// Forgets the names of people in everything older than that, by whole months.
    ///
    /// @param retention 31 days or more
    /// @param person login name of who asks for it
    /// @return how many names were forgotten
    public long forgetNames(Duration retention, String person) {
        Instant now = clock.instant();
        long names = new Retention(database).forget(now, Retention.limit(now, retention), person);
        if (names > 0) {
            // What was replaced lies about in free pages until then.
            database.update("VACUUM");
        }
        return names;
    }

    /// Collects launch records.
    ///
    /// @param person login name of who asks for it
    /// @param notes hears what was rejected, and why
    public LaunchImport launchImport(String person, Consumer<String> notes) {
        return new LaunchImport(database, clock, person, notes);
    }

    /// Who uses what.
    public Usage usage() {
        return new Usage(database);
    }

    /// What the resource manager has written down.
    public JobAccounts jobs() {
        return new JobAccounts(database);
    }

    /// All that is known of a job; without launches when nothing is.
    public JobHistory job(String id) {
        return JobHistory.of(database, id);
    }

    public AuditChain audit() {
        return new AuditChain(database);
    }

    /// What does not agree in the chain, and between the chain and the other tables.
    public ChainVerification verification() {
        return new ChainVerification(database);
    }

    @Override
    public void close() {
        database.close();
    }

    private void insert(Event event, long number) {
        SequencedMap<String, Object> columns = event.columns();
        List<@Nullable Object> values = new ArrayList<>(columns.sequencedValues());
        values.addFirst(number);
        database.update(
                "INSERT INTO "
                        + event.table()
                        + " (entry, "
                        + String.join(", ", columns.sequencedKeySet())
                        + ") VALUES (?"
                        + ", ?".repeat(columns.size())
                        + ")",
                values.toArray());
    }
}
