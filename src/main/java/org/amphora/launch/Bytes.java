// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.nio.charset.StandardCharsets;

/// Byte strings (one `char` is one byte) and what they stand for.
final class Bytes {
    private Bytes() {}

    /// The bytes read as UTF-8: text for people, names for `java.io`.
    static String text(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            if (raw.charAt(i) >= 0x80) {
                return new String(
                        raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            }
        }
        return raw;
    }

    /// The reverse of {@link #text}.
    static String raw(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return new String(
                        text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return text;
    }

    static File file(String raw) {
        return new File(text(raw));
    }
}
