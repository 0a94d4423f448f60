// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.Arrays;

/// Copies of programs and libraries in which a few bytes differ, so that a linker takes what it
/// refused.
public final class ElfPatch {
    private static final int ABI_NOTE_SIZE = 32;

    private ElfPatch() {}

    /// A copy whose note (NT_GNU_ABI_TAG, glibc `csu/abi-note.c`) accepts every kernel.
    ///
    /// @throws ElfException when it is damaged
    public static byte[] withoutKernelFloor(byte[] file) throws IOException {
        byte[] copy = file.clone();
        Header header = Header.read(ByteSource.of(copy));
        byte[] start = abiNote(header.layout());
        for (Header.Segment segment : header.segments()) {
            if (segment.type() != Header.NOTE) {
                continue;
            }
            byte[] notes = ByteSource.of(copy).read(segment.offset(), segment.size(), "the notes");
            for (int at = 0; at + ABI_NOTE_SIZE <= notes.length; at += 4) {
                if (Arrays.equals(notes, at, at + start.length, start, 0, start.length)) {
                    int version = (int) segment.offset() + at + start.length + 4;
                    Arrays.fill(copy, version, version + 12, (byte) 0);
                }
            }
        }
        return copy;
    }

    /// What such a note begins with: the lengths of name and content, its type, its name. The
    /// system and three numbers follow.
    private static byte[] abiNote(Fields.Layout layout) {
        byte[] start = new byte[16];
        int low = layout.big() ? 3 : 0;
        start[low] = 4;
        start[4 + low] = 16;
        start[8 + low] = 1;
        start[12] = 'G';
        start[13] = 'N';
        start[14] = 'U';
        return start;
    }

    /// A copy that does not want its stack to be executable.
    ///
    /// @throws ElfException when it is damaged, or has no header that says so
    public static byte[] withoutExecutableStack(byte[] file) throws IOException {
        byte[] copy = file.clone();
        ByteSource source = ByteSource.of(copy);
        Header header = Header.read(source);
        Fields.Layout layout = header.layout();
        Fields whole = layout.over(copy);
        long table = whole.word(layout.pick(32, 28));
        int entry = whole.unsignedShort(layout.pick(54, 42));
        for (int i = 0; i < header.segments().size(); i++) {
            if (header.segments().get(i).type() == Header.STACK) {
                int flags = (int) table + i * entry + layout.pick(4, 24);
                copy[flags + (layout.big() ? 3 : 0)] &= (byte) ~Header.EXECUTABLE_FLAG;
                return copy;
            }
        }
        throw new ElfException("it has no header for its stack");
    }
}
