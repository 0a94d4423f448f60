// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.nio.charset.StandardCharsets;

/// Byte strings as messages show them.
final class ByteNames {

    private static final int SHOWN = 200;

    private ByteNames() {}

    /// The name as UTF-8, shortened, with control characters escaped, because names in a hostile
    /// layer may hold terminal sequences.
    static String show(String name) {
        String text =
                new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        var out = new StringBuilder();
        int length = Math.min(text.length(), SHOWN);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c >= 0x7f && c < 0xa0) {
                out.append("\\x").append(Character.forDigit(c >> 4, 16));
                out.append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        return text.length() > SHOWN ? out.append('…').toString() : out.toString();
    }
}
