// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The file header and the program headers (System V ABI, chapters 4 and 5).
record Header(
        Fields.Layout layout,
        int type,
        int machine,
        long sectionOffset,
        int sectionEntry,
        int sectionCount,
        int sectionNames,
        List<Segment> segments) {

    static final int LOAD = 1;
    static final int DYNAMIC = 2;
    static final int INTERPRETER = 3;
    static final int NOTE = 4;
    static final int STACK = 0x6474e551;
    static final int PROPERTY = 0x6474e553;
    static final int EXECUTABLE_FLAG = 1;

    private static final int IDENT = 16;
    private static final int MAXIMUM_SEGMENTS = 4096;

    record Segment(int type, int flags, long offset, long address, long size, long alignment) {}

    static Header read(ByteSource source) throws IOException {
        byte[] ident = source.read(0, IDENT, "the file header");
        if (ident[0] != 0x7f || ident[1] != 'E' || ident[2] != 'L' || ident[3] != 'F') {
            throw new ElfException("it is no ELF file");
        }
        if (ident[4] < 1 || ident[4] > 2 || ident[5] < 1 || ident[5] > 2) {
            throw new ElfException(
                    "it is ELF of unknown class " + ident[4] + " or byte order " + ident[5]);
        }
        Fields.Layout layout = new Fields.Layout(ident[4] == 2, ident[5] == 2);
        Fields header = layout.over(source.read(0, layout.pick(64, 52), "the file header"));
        long segments = header.word(layout.pick(32, 28));
        int entry = header.unsignedShort(layout.pick(54, 42));
        int count = header.unsignedShort(layout.pick(56, 44));
        return new Header(
                layout,
                header.unsignedShort(16),
                header.unsignedShort(18),
                header.word(layout.pick(40, 32)),
                header.unsignedShort(layout.pick(58, 46)),
                header.unsignedShort(layout.pick(60, 48)),
                header.unsignedShort(layout.pick(62, 50)),
                segments(source, layout, segments, entry, count));
    }

    /// The place in the file of an address.
    ///
    /// @throws ElfException when no loaded segment has it
    long offset(long address, String what) throws ElfException {
        for (Segment segment : segments) {
            long within = address - segment.address();
            if (segment.type() == LOAD && within >= 0 && within < segment.size()) {
                return segment.offset() + within;
            }
        }
        throw new ElfException(
                what + " is at address 0x" + Long.toHexString(address) + ", which no segment has");
    }

    private static List<Segment> segments(
            ByteSource source, Fields.Layout layout, long at, int entry, int count)
            throws IOException {
        if (count == 0) {
            return List.of();
        }
        if (count > MAXIMUM_SEGMENTS) {
            throw new ElfException("it has " + count + " program headers");
        }
        if (entry < layout.pick(56, 32)) {
            throw new ElfException("its program headers have " + entry + " bytes each");
        }
        Fields table =
                layout.over(source.read(at, (long) entry * count, "the program header table"));
        List<Segment> segments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int p = i * entry;
            segments.add(
                    new Segment(
                            (int) table.unsignedInteger(p),
                            (int) table.unsignedInteger(p + layout.pick(4, 24)),
                            table.word(p + layout.pick(8, 4)),
                            table.word(p + layout.pick(16, 8)),
                            table.word(p + layout.pick(32, 16)),
                            table.word(p + layout.pick(48, 28))));
        }
        return List.copyOf(segments);
    }
}
