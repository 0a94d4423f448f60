// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.amphora.records.LaunchRecord.Program;
import org.jspecify.annotations.Nullable;

/// Puts launches into the database, each once however often it comes. A batch is one transaction
/// and one entry of the chain.
final class Launches {
    static final String ACTION = "import";

    private static final String COLUMNS =
            "id, started, person, team, node, program, image, job, step, seal";

    /// Plans may differ from launch to launch; what is forgotten is only computed again.
    private static final int PROGRAMS_AT_MOST = 20_000;

    private final Database database;
    private final People people = new People();

    /// Ids of programs that are in the database.
    private final Map<Program, Long> programs = new HashMap<>();

    Launches(Database database) {
        this.database = database;
    }

    /// Adds those that are not there yet; they are durable when this returns.
    ///
    /// @param source where they come from, for the chain
    /// @return how many were added
    int add(List<LaunchRecord> records, String source, Instant now, String person) {
        people.learn(records.stream().map(LaunchRecord::uid).collect(Collectors.toSet()));
        if (programs.size() > PROGRAMS_AT_MOST) {
            programs.clear();
        }
        Map<Program, Long> fresh = new HashMap<>();
        List<@Nullable Object[]> rows = new ArrayList<>(records.size());
        for (LaunchRecord record : records) {
            Long known = programs.get(record.program());
            long program =
                    known == null ? fresh.computeIfAbsent(record.program(), Program::id) : known;
            rows.add(row(record, program));
        }
        int added =
                database.write(
                        () -> {
                            database.update(
                                    "CREATE TEMPORARY TABLE incoming AS SELECT "
                                            + COLUMNS
                                            + " FROM launches WHERE 1 = 0");
                            database.load("incoming", COLUMNS, rows);
                            AuditChain chain = new AuditChain(database);
                            // Nobody else imports from here on.
                            AuditChain.Head head = chain.take();
                            insert(fresh);
                            List<Long> seals =
                                    database.rows(
                                            "INSERT INTO launches ("
                                                    + COLUMNS
                                                    + ", entry) SELECT "
                                                    + COLUMNS
                                                    + ", ? FROM incoming WHERE true ON CONFLICT"
                                                    + " (id) DO NOTHING RETURNING seal",
                                            row -> row.getLong(1),
                                            head.number() + 1);
                            database.update("DROP TABLE incoming");
                            if (!seals.isEmpty()) {
                                append(chain, head, seals, source, now, person);
                            }
                            return seals.size();
                        });
        programs.putAll(fresh);
        return added;
    }

    /// After the last batch of many.
    void settle() {
        database.settle("launches");
    }

    private @Nullable Object[] row(LaunchRecord record, long program) {
        long started = record.time().toEpochMilli();
        People.Person who = people.of(record.uid());
        return new @Nullable Object[] {
            record.id(),
            started,
            who.login(),
            who.team(),
            record.node(),
            program,
            record.image(),
            record.job(),
            record.step(),
            LaunchRecord.seal(record.id(), started, record.node(), program)
        };
    }

    private void insert(Map<Program, Long> fresh) {
        List<@Nullable Object[]> rows = new ArrayList<>();
        fresh.forEach(
                (program, id) ->
                        rows.add(
                                new Object[] {
                                    id,
                                    program.application(),
                                    program.version(),
                                    program.digest(),
                                    program.command(),
                                    program.plan(),
                                    program.libraries()
                                }));
        database.updateAll(
                "INSERT INTO programs (id, application, version, digest, command, plan, libraries)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                rows);
    }

    private static void append(
            AuditChain chain,
            AuditChain.Head head,
            List<Long> seals,
            String source,
            Instant now,
            String person) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("launches", (long) seals.size());
        details.put("seals", seals.stream().mapToLong(Long::longValue).sum());
        var _ =
                chain.append(
                        head,
                        now.truncatedTo(ChronoUnit.MILLIS),
                        ACTION,
                        source,
                        Details.json(details),
                        person);
    }
}
