// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes what {@link JsonReader} reads, compact, in the order of the maps.
final class JsonWriter {

    private JsonWriter() {}

    static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        append(out, value);
        return out.toString();
    }

    private static void append(StringBuilder out, @Nullable Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                char before = '{';
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(before);
                    quote(out, String.valueOf(entry.getKey()));
                    out.append(':');
                    append(out, entry.getValue());
                    before = ',';
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case List<?> list -> {
                char before = '[';
                for (Object element : list) {
                    out.append(before);
                    append(out, element);
                    before = ',';
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            case String text -> quote(out, text);
            case null, default -> out.append(value);
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00")
                        .append(c < 16 ? "0" : "1")
                        .append("0123456789abcdef".charAt(c & 15));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
