// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads JSON (RFC 8259) into `Map`, `List`, `String`, `Long` or `BigDecimal`, `Boolean` and null.
/// Written by hand because manifests are all that a pull needs of JSON, and a library costs it
/// 200 ms of start-up, half of what skopeo takes for the whole. Of a name that stands twice the
/// last counts.
final class JsonReader {

    private static final int DEEPEST = 200;

    /// So many digits fit into a `Long`.
    private static final int DIGITS_OF_LONG = 18;

    private final String text;
    private int at;
    private int depth;

    private JsonReader(String text) {
        this.text = text;
    }

    /// The value of a document.
    ///
    /// @throws IllegalArgumentException when it is not JSON in UTF-8
    static @Nullable Object read(byte[] document) {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(document)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not UTF-8", e);
        }
        JsonReader reader = new JsonReader(text);
        Object value = reader.value();
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.wrong();
        }
        return value;
    }

    private @Nullable Object value() {
        skipSpace();
        char c = peek();
        if (c == '{' || c == '[') {
            depth++;
            if (depth > DEEPEST) {
                throw wrong();
            }
            Object value = c == '{' ? object() : array();
            depth--;
            return value;
        }
        return switch (c) {
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object() {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (peek() == '}') {
            at++;
            return object;
        }
        while (true) {
            skipSpace();
            String name = string();
            skipSpace();
            expect(':');
            object.put(name, value());
            skipSpace();
            if (peek() == '}') {
                at++;
                return object;
            }
            expect(',');
        }
    }

    private List<@Nullable Object> array() {
        List<@Nullable Object> array = new ArrayList<>();
        at++;
        skipSpace();
        if (peek() == ']') {
            at++;
            return array;
        }
        while (true) {
            array.add(value());
            skipSpace();
            if (peek() == ']') {
                at++;
                return array;
            }
            expect(',');
        }
    }

    private String string() {
        expect('"');
        StringBuilder string = new StringBuilder();
        while (true) {
            char c = peek();
            at++;
            if (c == '"') {
                return string.toString();
            }
            if (c < ' ') {
                throw wrong();
            }
            string.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong();
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            char c = peek();
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw wrong();
            }
            code = code << 4 | digit;
            at++;
        }
        return (char) code;
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong();
        }
        at += word.length();
        return value;
    }

    private Number number() {
        int from = at;
        boolean isWhole = true;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
            isWhole &= "+.eE".indexOf(text.charAt(at)) < 0;
            at++;
        }
        String digits = text.substring(from, at);
        if (digits.isEmpty() || digits.length() > 100 || digits.startsWith("+")) {
            at = from;
            throw wrong();
        }
        try {
            // Sizes are whole: the first BigDecimal of a JVM takes 10 ms.
            return isWhole && digits.length() <= DIGITS_OF_LONG
                    ? (Number) Long.valueOf(digits)
                    : new BigDecimal(digits);
        } catch (NumberFormatException e) {
            at = from;
            throw wrong();
        }
    }

    private void expect(char c) {
        if (peek() != c) {
            throw wrong();
        }
        at++;
    }

    private char peek() {
        if (at >= text.length()) {
            throw new IllegalArgumentException("it ends at character " + at);
        }
        return text.charAt(at);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("unexpected text at character " + at);
    }
}
