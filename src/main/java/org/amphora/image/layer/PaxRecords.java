// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// The records of PAX extended headers (POSIX.1-2017, pax, "pax Extended Header"): `length
/// key=value\n`. Keys and values are byte strings, so that binary xattrs survive.
final class PaxRecords {

    static final String SPARSE_MAP = "GNU.sparse.map";
    private static final String SPARSE_OFFSET = "GNU.sparse.offset";
    private static final String SPARSE_LENGTH = "GNU.sparse.numbytes";

    private PaxRecords() {}

    /// @throws IllegalArgumentException when the bytes are no such records
    static Map<String, String> parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        var records = new HashMap<String, String>();
        var sparse = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int space = text.indexOf(' ', at);
            if (space < 0 || space - at > 9) {
                throw new IllegalArgumentException("a PAX record has no length");
            }
            int end = at + decimal(text, at, space);
            int equals = text.indexOf('=', space);
            if (end > text.length()
                    || equals < 0
                    || equals >= end - 1
                    || text.charAt(end - 1) != '\n') {
                throw new IllegalArgumentException("a PAX record has a wrong length");
            }
            String key = text.substring(space + 1, equals);
            String value = text.substring(equals + 1, end - 1);
            if (key.equals(SPARSE_OFFSET) || key.equals(SPARSE_LENGTH)) {
                // Format 0.0 repeats these two; no other key may stand twice.
                sparse.append(sparse.isEmpty() ? "" : ",").append(value);
            } else {
                records.put(key, value);
            }
            at = end;
        }
        if (!sparse.isEmpty()) {
            records.put(SPARSE_MAP, sparse.toString());
        }
        return records;
    }

    private static int decimal(String text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                throw new IllegalArgumentException("a PAX record has no length");
            }
            value = value * 10 + (c - '0');
        }
        if (value <= to - from + 1) {
            throw new IllegalArgumentException("a PAX record has a wrong length");
        }
        return value;
    }
}
