// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Looks for what was changed or removed behind Amphora's back, and names it.
public final class ChainVerification {

    private final Database database;
    private final List<Finding> findings = new ArrayList<>();

    /// Something that does not agree.
    ///
    /// @param entry number of the entry that it concerns
    public record Finding(long entry, String text) {}

    /// What a verification came to.
    ///
    /// @param entries how many there are
    /// @param head the last entry as it should be noted down
    public record Result(long entries, AuditChain.Head head, List<Finding> findings) {
        public Result {
            findings = List.copyOf(findings);
        }
    }

    ChainVerification(Database database) {
        this.database = database;
    }

    /// Reads everything once.
    ///
    /// @param kept a head that was noted down earlier, elsewhere
    public Result run(Optional<AuditChain.Head> kept) {
        AuditChain chain = new AuditChain(database);
        AuditChain.Head head = chain.head();
        Walk walk = new Walk(head, kept, forgottenBefore());
        chain.each(0, walk::visit);
        walk.end();
        Event.TABLES.forEach(this::compare);
        compareLaunches();
        return new Result(walk.entries, head, findings);
    }

    /// Until when names were forgotten on purpose.
    private Instant forgottenBefore() {
        List<String> all =
                database.rows(
                        "SELECT details FROM audit WHERE action = ? ORDER BY number DESC LIMIT 1",
                        row -> row.getString(1),
                        Retention.ACTION);
        return all.isEmpty() ? Instant.MIN : Retention.before(Details.map(all.getFirst()));
    }

    private void note(long entry, String text) {
        findings.add(new Finding(entry, text));
    }

    /// Once along the chain.
    private final class Walk {
        private final AuditChain.Head head;
        private final Optional<AuditChain.Head> kept;
        private final Instant forgottenBefore;
        private long entries;
        private long last;
        private String lastHash = "";
        private boolean keptSeen;

        Walk(AuditChain.Head head, Optional<AuditChain.Head> kept, Instant forgottenBefore) {
            this.head = head;
            this.kept = kept;
            this.forgottenBefore = forgottenBefore;
            this.keptSeen = kept.isEmpty() || kept.get().number() == 0;
        }

        void visit(AuditEntry entry) {
            if (entry.number() > head.number()) {
                // Appended since the head was read.
                return;
            }
            entries++;
            for (long missing = last + 1; missing < entry.number(); missing++) {
                note(missing, "was removed");
            }
            if (!entry.computedHash().equals(entry.hash())) {
                note(entry.number(), "was changed: " + describe(entry));
            }
            if (entry.number() == last + 1 && !entry.previous().equals(lastHash)) {
                note(entry.number(), "does not follow the entry before it: one of them was remade");
            }
            if (!entry.hasItsPerson()) {
                note(entry.number(), "was given another person: " + describe(entry));
            }
            if (entry.salt().isEmpty() && !entry.time().isBefore(forgottenBefore)) {
                note(entry.number(), "lost its person before the time: " + describe(entry));
            }
            if (kept.isPresent() && kept.get().number() == entry.number()) {
                keptSeen = true;
                if (!kept.get().hash().equals(entry.hash())) {
                    note(
                            entry.number(),
                            "is not the one that was noted down: it or one before it was remade");
                }
            }
            last = entry.number();
            lastHash = entry.hash();
        }

        void end() {
            for (long missing = last + 1; missing <= head.number(); missing++) {
                note(missing, "was removed");
            }
            if (last == head.number() && !lastHash.equals(head.hash())) {
                note(last, "is not the last one that was appended");
            }
            if (!keptSeen) {
                note(kept.orElseThrow().number(), "was noted down, but the chain ends before it");
            }
        }
    }

    private static String describe(AuditEntry entry) {
        return entry.action() + " " + entry.subject() + " of " + entry.timeText();
    }

    /// Whether the rows of a table are those that the chain tells of.
    private void compare(String table) {
        List<String> actions = Event.actions(table);
        database.each(
                "SELECT t.entry FROM "
                        + table
                        + " t LEFT JOIN audit a ON a.number = t.entry AND a.action IN ("
                        + String.join(", ", actions.stream().map(_ -> "?").toList())
                        + ") WHERE a.number IS NULL ORDER BY t.entry",
                row -> note(row.getLong(1), "a row of " + table + " belongs to no entry"),
                actions.toArray());
        database.each(
                "SELECT a.number FROM audit a LEFT JOIN "
                        + table
                        + " t ON t.entry = a.number WHERE t.entry IS NULL AND a.action IN ("
                        + String.join(", ", actions.stream().map(_ -> "?").toList())
                        + ") ORDER BY a.number",
                row -> note(row.getLong(1), "its row of " + table + " was removed"),
                actions.toArray());
        database.each(
                "SELECT a.details, t.* FROM "
                        + table
                        + " t JOIN audit a ON a.number = t.entry ORDER BY t.entry",
                row -> {
                    if (!columns(row).equals(Details.map(row.getString(1)))) {
                        note(row.getLong("entry"), "its row of " + table + " was changed");
                    }
                });
    }

    /// Whether each launch is as it was imported, and each import has all its launches.
    private void compareLaunches() {
        database.each(
                "SELECT id, started, node, program, seal, entry FROM launches",
                row -> {
                    long seal =
                            LaunchRecord.seal(
                                    row.getString(1),
                                    row.getLong(2),
                                    row.getString(3),
                                    row.getLong(4));
                    if (seal != row.getLong(5)) {
                        note(row.getLong(6), "its launch " + row.getString(1) + " was changed");
                    }
                });
        database.each(
                "SELECT a.number, a.details, count(l.seal), coalesce(sum(l.seal), 0) FROM audit a"
                        + " LEFT JOIN launches l ON l.entry = a.number WHERE a.action = ? GROUP BY"
                        + " a.number, a.details ORDER BY a.number",
                row -> {
                    Map<String, Object> details = Details.map(row.getString(2));
                    if (!Long.valueOf(row.getLong(3)).equals(details.get("launches"))) {
                        note(
                                row.getLong(1),
                                "imported "
                                        + details.get("launches")
                                        + " launches, of which "
                                        + row.getLong(3)
                                        + " are there");
                    } else if (!Long.valueOf(row.getLong(4)).equals(details.get("seals"))) {
                        note(row.getLong(1), "has other launches than those it imported");
                    }
                },
                Launches.ACTION);
        database.each(
                "SELECT DISTINCT l.entry FROM launches l LEFT JOIN audit a ON a.number = l.entry AND"
                        + " a.action = ? WHERE a.number IS NULL",
                row -> note(row.getLong(1), "imported nothing, but there are launches of it"),
                Launches.ACTION);
    }

    private static Map<String, @Nullable Object> columns(ResultSet row) throws SQLException {
        ResultSetMetaData about = row.getMetaData();
        Map<String, @Nullable Object> columns = new HashMap<>();
        for (int i = 3; i <= about.getColumnCount(); i++) {
            Object value = row.getObject(i);
            columns.put(
                    about.getColumnLabel(i).toLowerCase(Locale.ROOT),
                    value instanceof Number number ? (Object) number.longValue() : value);
        }
        return columns;
    }
}
