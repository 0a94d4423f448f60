// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.amphora.image.Digest;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

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
    private static final String NO_OBJECT = "it is no JSON object";
    private static final JsonFactory JSON = new JsonFactory();

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
    /// @param json one object; fields that it does not know are passed over
    /// @throws IllegalArgumentException that says what is wrong with it
    static LaunchRecord parse(String json) {
        String id = "";
        String time = "";
        long uid = -1;
        String node = "";
        String application = "";
        String digest = "";
        String image = "";
        String command = "";
        String plan = "";
        String libraries = "";
        String job = "";
        String step = "";
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException(NO_OBJECT);
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                var _ = parser.nextToken();
                switch (name) {
                    case "id" -> id = text(parser, name);
                    case "time" -> time = text(parser, name);
                    case "uid" -> uid = number(parser);
                    case "node" -> node = text(parser, name);
                    case "application" -> application = text(parser, name);
                    case "digest" -> digest = text(parser, name);
                    case "image" -> image = text(parser, name);
                    case "command" -> command = text(parser, name);
                    case "plan" -> plan = text(parser, name);
                    case "libraries" -> libraries = text(parser, name);
                    case "job" -> job = text(parser, name);
                    case "step" -> step = text(parser, name);
                    default -> parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException(NO_OBJECT);
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException(NO_OBJECT, e);
        }
        if (uid < 0) {
            throw new IllegalArgumentException("no number of a user in uid");
        }
        int slash = application.indexOf('/');
        return new LaunchRecord(
                required("id", id),
                time(required("time", time)),
                uid,
                required("node", node),
                new Program(
                        slash < 0 ? application : application.substring(0, slash),
                        slash < 0 ? "" : application.substring(slash + 1),
                        digest,
                        required("command", command),
                        plan,
                        libraries),
                application.isEmpty() ? image : "",
                job,
                step);
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
            return isAsWritten(text)
                    ? LocalDateTime.of(
                                    digits(text, 0, 4),
                                    digits(text, 5, 7),
                                    digits(text, 8, 10),
                                    digits(text, 11, 13),
                                    digits(text, 14, 16),
                                    digits(text, 17, 19),
                                    digits(text, 20, 23) * 1_000_000)
                            .toInstant(ZoneOffset.UTC)
                    : Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("no time: " + text, e);
        }
    }

    /// Whether it has the form that the starter writes, 2026-11-24T09:23:12.960Z. The JDK's parser
    /// of all forms takes half of the time that a whole record takes.
    private static boolean isAsWritten(String text) {
        return text.length() == 24
                && text.charAt(4) == '-'
                && text.charAt(7) == '-'
                && text.charAt(10) == 'T'
                && text.charAt(13) == ':'
                && text.charAt(16) == ':'
                && text.charAt(19) == '.'
                && text.charAt(23) == 'Z';
    }

    private static int digits(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new DateTimeException("no digit: " + text.charAt(i));
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static String required(String name, String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("no " + name);
        }
        return text;
    }

    /// -1 for what is none.
    private static long number(JsonParser parser) {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            return parser.getLongValue();
        }
        parser.skipChildren();
        return -1;
    }

    private static String text(JsonParser parser, String name) {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw new IllegalArgumentException(name + " is no text");
        }
        String text = parser.getString();
        // PostgreSQL takes neither; a whole batch would fail for one record.
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || (Character.isSurrogate(c) && !isWhole(text))) {
                throw new IllegalArgumentException(name + " has characters that no text has");
            }
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
