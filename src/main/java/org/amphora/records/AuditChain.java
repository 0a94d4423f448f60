// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Instant;
import java.util.function.Consumer;
import org.amphora.problem.Problem;

/// The chain of entries: appended to, read, and verified ({@link ChainVerification}).
public final class AuditChain {

    private final Database database;

    AuditChain(Database database) {
        this.database = database;
    }

    /// The last entry, which stands for all before it: kept elsewhere, it shows later that nothing
    /// before it has changed.
    public record Head(long number, String hash) {

        /// The reverse of {@link #toString}.
        ///
        /// @throws Problem when it is none
        public static Head parse(String text) {
            if (!text.matches("[0-9]{1,18}:([0-9a-f]{64})?")) {
                throw new Problem(
                        "cannot use the head " + text,
                        "a head is NUMBER:HASH, the hash in 64 hex digits",
                        "amphora audit head prints one");
            }
            int colon = text.indexOf(':');
            return new Head(Long.parseLong(text.substring(0, colon)), text.substring(colon + 1));
        }

        @Override
        public String toString() {
            return number + ":" + hash;
        }
    }

    public Head head() {
        return database.rows(
                        "SELECT number, hash FROM head",
                        row -> new Head(row.getLong(1), row.getString(2)))
                .getFirst();
    }

    /// Visits entries from the oldest.
    ///
    /// @param from the first number
    public void each(long from, Consumer<AuditEntry> visitor) {
        database.each(
                "SELECT * FROM audit WHERE number >= ? ORDER BY number",
                row -> visitor.accept(AuditEntry.of(row)),
                from);
    }

    /// Takes the chain for the rest of the transaction: who else wants to append waits.
    Head take() {
        database.update("UPDATE head SET number = number");
        return head();
    }

    /// Appends within a transaction that has taken the chain.
    ///
    /// @param last what {@link #take} or the entry before gave
    Head append(
            Head last, Instant time, String action, String subject, String details, String person) {
        AuditEntry entry =
                AuditEntry.after(
                        last.number(), last.hash(), time, action, subject, details, person);
        database.update(
                "INSERT INTO audit (number, time, action, subject, details, person_digest,"
                        + " previous, hash, person, salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                entry.number(),
                entry.time().toEpochMilli(),
                entry.action(),
                entry.subject(),
                entry.details(),
                entry.personDigest(),
                entry.previous(),
                entry.hash(),
                entry.person(),
                entry.salt().orElse(null));
        database.update("UPDATE head SET number = ?, hash = ?", entry.number(), entry.hash());
        return new Head(entry.number(), entry.hash());
    }
}
