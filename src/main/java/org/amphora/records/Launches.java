// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.records.LaunchRecord.Program;
import org.jspecify.annotations.Nullable;

/// Puts launches into the database, each once however often it comes. A batch is one transaction
/// and one entry of the chain.
final class Launches {
    static final String ACTION = "import";

    /// What one SELECT asks for.
    private static final int IDS_AT_ONCE = 500;

    private final Database database;
    private final People people = new People();
    private final Map<Program, Long> programs = new HashMap<>();

    Launches(Database database) {
        this.database = database;
    }

    /// Adds those that are not there yet; they are durable when this returns.
    ///
    /// @param source where they come from, for the chain
    /// @return how many were added
    int add(List<LaunchRecord> records, String source, Instant now, String person) {
        Map<String, LaunchRecord> fresh = new LinkedHashMap<>();
        records.forEach(record -> fresh.putIfAbsent(record.id(), record));
        people.learn(new HashSet<>(records.stream().map(LaunchRecord::uid).toList()));
        Map<Program, Long> unknown = new HashMap<>();
        int added =
                database.write(
                        () -> {
                            AuditChain chain = new AuditChain(database);
                            // Nobody else imports from here on.
                            AuditChain.Head head = chain.take();
                            fresh.keySet().removeAll(known(new ArrayList<>(fresh.keySet())));
                            if (!fresh.isEmpty()) {
                                insertPrograms(fresh, unknown);
                                insert(fresh, unknown, chain, head, source, now, person);
                            }
                            return fresh.size();
                        });
        programs.putAll(unknown);
        return added;
    }

    private Set<String> known(List<String> ids) {
        Set<String> known = new HashSet<>();
        for (int from = 0; from < ids.size(); from += IDS_AT_ONCE) {
            List<String> some = ids.subList(from, Math.min(from + IDS_AT_ONCE, ids.size()));
            known.addAll(
                    database.rows(
                            "SELECT id FROM launches WHERE id IN (?"
                                    + ", ?".repeat(some.size() - 1)
                                    + ")",
                            row -> row.getString(1),
                            some.toArray()));
        }
        return known;
    }

    private void insertPrograms(Map<String, LaunchRecord> fresh, Map<Program, Long> unknown) {
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (LaunchRecord record : fresh.values()) {
            Program program = record.program();
            if (!programs.containsKey(program) && !unknown.containsKey(program)) {
                long id = program.id();
                unknown.put(program, id);
                rows.add(
                        new Object[] {
                            id,
                            program.application(),
                            program.version(),
                            program.digest(),
                            program.command(),
                            program.plan(),
                            program.libraries()
                        });
            }
        }
        database.updateAll(
                "INSERT INTO programs (id, application, version, digest, command, plan, libraries)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                rows);
    }

    private void insert(
            Map<String, LaunchRecord> fresh,
            Map<Program, Long> unknown,
            AuditChain chain,
            AuditChain.Head head,
            String source,
            Instant now,
            String person) {
        List<@Nullable Object[]> rows = new ArrayList<>(fresh.size());
        long seals = 0;
        for (LaunchRecord record : fresh.values()) {
            long program =
                    Optional.ofNullable(programs.get(record.program()))
                            .or(() -> Optional.ofNullable(unknown.get(record.program())))
                            .orElseThrow();
            long started = record.time().toEpochMilli();
            long seal = LaunchRecord.seal(record.id(), started, record.node(), program);
            seals += seal;
            People.Person who = people.of(record.uid());
            rows.add(
                    new Object[] {
                        record.id(),
                        started,
                        who.login(),
                        who.team(),
                        record.node(),
                        program,
                        record.image(),
                        record.job(),
                        record.step(),
                        head.number() + 1,
                        seal
                    });
        }
        database.updateAll(
                "INSERT INTO launches (id, started, person, team, node, program, image, job, step,"
                        + " entry, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows);
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("launches", (long) fresh.size());
        details.put("seals", seals);
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
