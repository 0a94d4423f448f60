// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;

/// The string table of the dynamic section. Many names may point to one text, so all that is taken
/// together is bounded.
final class Texts {
    private static final int MAXIMUM_TABLE = 64 << 20;
    private static final int MAXIMUM_TEXT = 16_384;
    private static final int MAXIMUM_TOTAL = 64 << 20;

    private final Fields table;
    private int total;

    Texts(ByteSource source, Fields.Layout layout, long at, long size) throws IOException {
        if (size < 0 || size > MAXIMUM_TABLE) {
            throw new ElfException(
                    "its string table has " + Long.toUnsignedString(size) + " bytes");
        }
        table = layout.over(source.read(at, size, "the string table"));
    }

    /// A text of at most 16384 bytes.
    ///
    /// @throws ElfException when it does not lie in the table
    String at(long offset) throws ElfException {
        if (offset < 0 || offset >= table.length()) {
            throw new ElfException(
                    "a name is at "
                            + Long.toUnsignedString(offset)
                            + " of a string table of "
                            + table.length()
                            + " bytes");
        }
        int from = (int) offset;
        String text = table.text(from, Math.min(table.length(), from + MAXIMUM_TEXT));
        total += text.length();
        if (total > MAXIMUM_TOTAL) {
            throw new ElfException("its names have more than " + MAXIMUM_TOTAL + " bytes together");
        }
        return text;
    }
}
