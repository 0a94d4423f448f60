// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/// The texts that a program or library carries, as strings(1) shows them.
final class PrintableTexts {
    private static final int PIECE = 1 << 20;
    private static final int LONGEST = 4096;
    private static final long MOST = 64L << 20;

    private PrintableTexts() {}

    /// Hands out every run of printable characters, of its read-only data where the sections tell
    /// where that is, else of the first 64 MiB.
    static void of(ElfFile elf, int shortest, Consumer<String> to) throws IOException {
        ByteSource file = elf.source();
        long from = 0;
        long end = Math.min(file.size(), MOST);
        List<ElfFile.Section> sections = elf.sections();
        for (ElfFile.Section section : sections) {
            if (section.name().equals(".rodata")
                    && section.offset() >= 0
                    && section.size() >= 0
                    && section.offset() <= file.size() - section.size()) {
                from = section.offset();
                end = from + Math.min(section.size(), MOST);
            }
        }
        StringBuilder text = new StringBuilder();
        while (from < end) {
            byte[] piece = new byte[(int) Math.min(PIECE, end - from)];
            file.fill(from, piece);
            from += piece.length;
            for (byte c : piece) {
                if (c >= ' ' && c < 0x7f || c == '\t') {
                    if (text.length() < LONGEST) {
                        text.append((char) c);
                    }
                } else {
                    if (text.length() >= shortest) {
                        to.accept(text.toString());
                    }
                    text.setLength(0);
                }
            }
        }
        if (text.length() >= shortest) {
            to.accept(text.toString());
        }
    }
}
