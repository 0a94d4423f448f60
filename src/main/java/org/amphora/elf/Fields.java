// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.nio.charset.StandardCharsets;

/// A piece of a file, read as C structures of one word size and byte order. Who reads from it has
/// checked its length.
@SuppressWarnings("ArrayRecordComponent") // never compared
record Fields(byte[] bytes, Layout layout) {

    /// Word size and byte order of a file (System V ABI, `e_ident`).
    record Layout(boolean wide, boolean big) {

        Fields over(byte[] bytes) {
            return new Fields(bytes, this);
        }

        /// Picks the size or the place that counts for the word size.
        int pick(int ifWide, int ifNarrow) {
            return wide ? ifWide : ifNarrow;
        }
    }

    int length() {
        return bytes.length;
    }

    int unsignedByte(int at) {
        return bytes[at] & 0xff;
    }

    int unsignedShort(int at) {
        int first = unsignedByte(at);
        int second = unsignedByte(at + 1);
        return layout.big() ? first << 8 | second : second << 8 | first;
    }

    long unsignedInteger(int at) {
        long first = unsignedShort(at);
        long second = unsignedShort(at + 2);
        return layout.big() ? first << 16 | second : second << 16 | first;
    }

    /// May be negative: who uses it as a place or length checks it.
    long longInteger(int at) {
        long first = unsignedInteger(at);
        long second = unsignedInteger(at + 4);
        return layout.big() ? first << 32 | second : second << 32 | first;
    }

    /// An address, offset or size of the file's word size.
    long word(int at) {
        return layout.wide() ? longInteger(at) : unsignedInteger(at);
    }

    /// The text from `at` to the next zero byte or the end.
    String text(int at, int limit) {
        int end = at;
        while (end < limit && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
    }
}
