// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.util.Iterator;
import java.util.Map;

/// Writes objects of texts and objects as Go's `encoding/json` does, so that the output compares
/// with Apptainer's byte for byte: the order of the map, a tab for each level, and `<`, `>`, `&`
/// escaped.
final class GoJson {
    private final StringBuilder out = new StringBuilder();
    private final boolean indented;

    private GoJson(boolean indented) {
        this.indented = indented;
    }

    static String indented(Map<String, ?> object) {
        GoJson json = new GoJson(true);
        json.object(object, 0);
        return json.out.toString();
    }

    static String compact(Map<String, ?> object) {
        GoJson json = new GoJson(false);
        json.object(object, 0);
        return json.out.toString();
    }

    private void object(Map<String, ?> object, int level) {
        out.append('{');
        Iterator<? extends Map.Entry<String, ?>> entries = object.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, ?> entry = entries.next();
            line(level + 1);
            text(entry.getKey());
            out.append(indented ? ": " : ":");
            value(entry.getValue(), level + 1);
            if (entries.hasNext()) {
                out.append(',');
            }
        }
        if (!object.isEmpty()) {
            line(level);
        }
        out.append('}');
    }

    @SuppressWarnings("unchecked")
    private void value(Object value, int level) {
        switch (value) {
            case Map<?, ?> map -> object((Map<String, ?>) map, level);
            case Number number -> out.append(number);
            default -> text(value.toString());
        }
    }

    private void line(int level) {
        if (indented) {
            out.append('\n').append("\t".repeat(level));
        }
    }

    private void text(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            character(text.charAt(i));
        }
        out.append('"');
    }

    private void character(char c) {
        switch (c) {
            case '"', '\\' -> out.append('\\').append(c);
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            default -> {
                if (c < ' ' || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029) {
                    String hex = Integer.toHexString(c);
                    out.append("\\u").append("0".repeat(4 - hex.length())).append(hex);
                } else {
                    out.append(c);
                }
            }
        }
    }
}
