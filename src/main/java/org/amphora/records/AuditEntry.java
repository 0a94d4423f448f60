// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Optional;
import org.amphora.image.Digest;

/// One entry of the audit chain. Its hash is the SHA-256 of the components from `number` to
/// `previous`, one on each line; that of the one before is among them, so no entry can be changed
/// or left out without changing all that follow. The person is in it as a digest with a salt: when
/// name and salt are forgotten, the hash still holds, and the name cannot be guessed from it.
///
/// @param number 1, 2, 3 … without gaps
/// @param details of what was done, a JSON object on one line
/// @param personDigest SHA-256 of salt and person
/// @param previous hash of the entry before; empty for the first
/// @param person login name of who did it, or a pseudonym
/// @param salt empty when the person is a pseudonym
public record AuditEntry(
        long number,
        Instant time,
        String action,
        String subject,
        String details,
        String personDigest,
        String previous,
        String hash,
        String person,
        Optional<String> salt) {

    private static final DateTimeFormatter TO_THE_MILLISECOND =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final int SALT_BYTES = 16;

    static AuditEntry after(
            long lastNumber,
            String lastHash,
            Instant time,
            String action,
            String subject,
            String details,
            String person) {
        byte[] random = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(random);
        String salt = HexFormat.of().formatHex(random);
        AuditEntry unsealed =
                new AuditEntry(
                        lastNumber + 1,
                        time,
                        action,
                        oneLine(subject),
                        details,
                        digestOf(salt, person),
                        lastHash,
                        "",
                        person,
                        Optional.of(salt));
        return unsealed.withHash(unsealed.computedHash());
    }

    /// Of a row with all columns of the table, by name.
    static AuditEntry of(ResultSet row) throws SQLException {
        return new AuditEntry(
                row.getLong("number"),
                Instant.ofEpochMilli(row.getLong("time")),
                row.getString("action"),
                row.getString("subject"),
                row.getString("details"),
                row.getString("person_digest"),
                row.getString("previous"),
                row.getString("hash"),
                row.getString("person"),
                Optional.ofNullable(row.getString("salt")));
    }

    /// As it stands in the hash: UTC with milliseconds.
    public String timeText() {
        return TO_THE_MILLISECOND.format(time);
    }

    /// The hash that its content gives.
    public String computedHash() {
        return hex(
                String.join(
                        "\n",
                        Long.toString(number),
                        timeText(),
                        action,
                        subject,
                        details,
                        personDigest,
                        previous));
    }

    /// Whether the person is the one that the entry was made with; also when that cannot be told
    /// any more.
    boolean hasItsPerson() {
        return salt.isEmpty() || digestOf(salt.get(), person).equals(personDigest);
    }

    private AuditEntry withHash(String newHash) {
        return new AuditEntry(
                number,
                time,
                action,
                subject,
                details,
                personDigest,
                previous,
                newHash,
                person,
                salt);
    }

    private static String digestOf(String salt, String person) {
        return hex(salt + person);
    }

    private static String hex(String text) {
        MessageDigest sha256 = Digest.sha256();
        return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String oneLine(String text) {
        return text.replace('\n', ' ');
    }
}
