// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import org.amphora.image.Digest;

/// A launch as the starter writes it (docs/records.md, "What is written").
///
/// @param image path of the image; empty for versions of the catalog, whose digest names it
record LaunchRecord(
        String id,
        Instant time,
        long uid,
        String node,
        Program program,
        String image,
        String job,
        String step) {

    /// Sums of so many bits over a batch of an import stay within a BIGINT.
    private static final long SEAL_BITS = (1L << 47) - 1;

    private static final long ID_BITS = Long.MAX_VALUE;
    private static final int TEXT_AT_MOST = 64 << 10;

    /// What launches have in common.
    ///
    /// @param application name in the catalog; empty for images outside of it, as the version
    record Program(
            String application,
            String version,
            String digest,
            String command,
            String plan,
            String libraries) {

        /// The same components give the same id, so that nobody needs to ask for it.
        long id() {
            return firstBytes(
                            String.join(
                                    "\n", application, version, digest, command, plan, libraries))
                    & ID_BITS;
        }
    }

    /// Reads one.
    ///
    /// @param json UTF-8; what is not becomes U+FFFD
    /// @throws IllegalArgumentException that says what is wrong with it
    static LaunchRecord parse(byte[] json) {
        Map<String, Object> fields = Details.map(new String(json, StandardCharsets.UTF_8));
        if (fields.isEmpty()) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        if (!(fields.get("uid") instanceof Long uid) || uid < 0) {
            throw new IllegalArgumentException("no number of a user in uid");
        }
        String application = text(fields, "application");
        int slash = application.indexOf('/');
        return new LaunchRecord(
                required(fields, "id"),
                time(required(fields, "time")),
                uid,
                required(fields, "node"),
                new Program(
                        slash < 0 ? application : application.substring(0, slash),
                        slash < 0 ? "" : application.substring(slash + 1),
                        text(fields, "digest"),
                        required(fields, "command"),
                        text(fields, "plan"),
                        text(fields, "libraries")),
                application.isEmpty() ? text(fields, "image") : "",
                text(fields, "job"),
                text(fields, "step"));
    }

    /// What shows later that the row is as it was.
    static long seal(String id, long started, String node, long program) {
        return firstBytes(String.join("\n", id, Long.toString(started), node, "" + program))
                & SEAL_BITS;
    }

    private static long firstBytes(String text) {
        MessageDigest sha256 = Digest.sha256();
        return ByteBuffer.wrap(sha256.digest(text.getBytes(StandardCharsets.UTF_8))).getLong();
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("no time: " + text, e);
        }
    }

    private static String required(Map<String, Object> fields, String name) {
        String text = text(fields, name);
        if (text.isEmpty()) {
            throw new IllegalArgumentException("no " + name);
        }
        return text;
    }

    private static String text(Map<String, Object> fields, String name) {
        Object value = fields.getOrDefault(name, "");
        if (!(value instanceof String text)) {
            throw new IllegalArgumentException(name + " is no text");
        }
        // PostgreSQL takes neither; a whole batch would fail for one record.
        boolean odd = text.chars().anyMatch(c -> c == 0 || Character.isSurrogate((char) c));
        if (odd && (text.indexOf('\0') >= 0 || !isWhole(text))) {
            throw new IllegalArgumentException(name + " has characters that no text has");
        }
        if (text.length() > TEXT_AT_MOST) {
            throw new IllegalArgumentException(name + " is too long");
        }
        return text;
    }

    /// Whether each surrogate has its other half.
    private static boolean isWhole(String text) {
        return text.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff);
    }
}
