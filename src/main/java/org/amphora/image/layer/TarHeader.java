// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.nio.charset.StandardCharsets;

/// The fields of one 512-byte tar header block (POSIX.1-2017, pax, "ustar Interchange Format";
/// GNU tar manual, "Basic Tar Format"). Strings are byte strings.
///
/// Every accessor throws `IllegalArgumentException` when its field is malformed.
final class TarHeader {

    static final int SIZE = 512;

    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_END = 156;
    private static final int MAGIC = 257;

    private final byte[] block;

    TarHeader(byte[] block) {
        this.block = block;
    }

    byte[] block() {
        return block;
    }

    boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /// Old tars summed signed bytes; both sums are accepted.
    boolean hasGoodChecksum() {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < SIZE; i++) {
            byte b = i >= CHECKSUM && i < CHECKSUM_END ? (byte) ' ' : block[i];
            unsigned += b & 0xff;
            signed += b;
        }
        try {
            long stated = number(CHECKSUM, 8);
            return stated == unsigned || stated == signed;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    char type() {
        return (char) (block[156] & 0xff);
    }

    String name() {
        String name = text(0, 100);
        String prefix = "";
        if (magic().equals("ustar\0")) {
            boolean star = text(508, 4).equals("tar");
            prefix = text(345, star ? 131 : 155);
        }
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    int mode() {
        return (int) number(100, 8) & 07777;
    }

    long size() {
        return number(124, 12);
    }

    long mtime() {
        return number(136, 12);
    }

    String linkName() {
        return text(157, 100);
    }

    private String magic() {
        return new String(block, MAGIC, 6, StandardCharsets.ISO_8859_1);
    }

    /// The bytes up to the first NUL.
    private String text(int from, int length) {
        int end = from;
        while (end < from + length && block[end] != 0) {
            end++;
        }
        return new String(block, from, end - from, StandardCharsets.ISO_8859_1);
    }

    /// An octal number, or a base-256 one when the first bit is set (GNU, star). May be negative.
    long number(int from, int length) {
        return (block[from] & 0x80) != 0 ? binary(from, length) : octal(from, length);
    }

    private long binary(int from, int length) {
        boolean negative = (block[from] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = block[from + i] & 0xff;
            if (i == 0) {
                b = negative ? b | 0x80 : b & 0x7f;
            }
            if (value >> 55 != (negative ? -1 : 0)) {
                throw new IllegalArgumentException("a number has more than 64 bits");
            }
            value = value << 8 | b;
        }
        return value;
    }

    private long octal(int from, int length) {
        int at = from;
        int end = from + length;
        while (at < end && (block[at] == ' ' || block[at] == 0)) {
            at++;
        }
        long value = 0;
        while (at < end && block[at] != ' ' && block[at] != 0) {
            int digit = block[at++] - '0';
            if (digit < 0 || digit > 7) {
                throw new IllegalArgumentException("a number is not octal");
            }
            value = value << 3 | digit;
        }
        return value;
    }
}
