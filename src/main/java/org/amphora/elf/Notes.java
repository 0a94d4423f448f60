// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.elf.ElfFile.AbiNote;
import org.amphora.elf.ElfFile.Note;

/// Notes, and the two that the linker obeys.
final class Notes {
    private static final String GNU = "GNU";
    private static final int ABI_TAG = 1;
    private static final int PROPERTIES = 5;

    /// `GNU_PROPERTY_X86_ISA_1_NEEDED` (x86-64 psABI, program property): baseline, v2, v3, v4.
    private static final long X86_ISA_NEEDED = 0xc0008002L;

    private static final int MAXIMUM_SIZE = 1 << 20;

    private Notes() {}

    static List<Note> read(
            ByteSource source, Fields.Layout layout, long offset, long size, long alignment)
            throws IOException {
        if (size < 0 || size > MAXIMUM_SIZE) {
            throw new ElfException("its notes have " + Long.toUnsignedString(size) + " bytes");
        }
        Fields bytes = layout.over(source.read(offset, size, "the notes"));
        int step = alignment == 8 ? 8 : 4;
        List<Note> notes = new ArrayList<>();
        long at = 0;
        while (at + 12 <= size) {
            int p = (int) at;
            long nameSize = bytes.unsignedInteger(p);
            long contentSize = bytes.unsignedInteger(p + 4);
            long content = at + align(12 + nameSize, step);
            if (nameSize > size || contentSize > size || content + contentSize > size) {
                throw new ElfException(
                        "a note of "
                                + contentSize
                                + " bytes stands at byte "
                                + at
                                + " of "
                                + size
                                + " bytes of notes");
            }
            byte[] taken = new byte[(int) contentSize];
            System.arraycopy(bytes.bytes(), (int) content, taken, 0, taken.length);
            notes.add(
                    new Note(
                            bytes.text(p + 12, p + 12 + (int) nameSize),
                            (int) bytes.unsignedInteger(p + 8),
                            taken));
            at = content + align(contentSize, step);
        }
        return notes;
    }

    /// glibc `csu/abi-note.c`: the system and the oldest kernel that it runs on.
    static Optional<AbiNote> abi(List<Note> notes, Fields.Layout layout) {
        for (Note note : notes) {
            if (note.name().equals(GNU) && note.type() == ABI_TAG && note.content().length >= 16) {
                Fields words = layout.over(note.content());
                return Optional.of(
                        new AbiNote(
                                (int) words.unsignedInteger(0),
                                Version.parse(
                                        words.unsignedInteger(4)
                                                + "."
                                                + words.unsignedInteger(8)
                                                + "."
                                                + words.unsignedInteger(12))));
            }
        }
        return Optional.empty();
    }

    /// The x86-64 level that is needed: 1 for the baseline up to 4; 0 when no note tells.
    static int isa(List<Note> notes, Fields.Layout layout) {
        int level = 0;
        for (Note note : notes) {
            if (!note.name().equals(GNU) || note.type() != PROPERTIES) {
                continue;
            }
            Fields properties = layout.over(note.content());
            long at = 0;
            while (at + 8 <= properties.length()) {
                long size = properties.unsignedInteger((int) at + 4);
                if (at + 8 + size > properties.length()) {
                    break;
                }
                if (properties.unsignedInteger((int) at) == X86_ISA_NEEDED && size >= 4) {
                    long bits = properties.unsignedInteger((int) at + 8) & 0xf;
                    level = Math.max(level, 64 - Long.numberOfLeadingZeros(bits));
                }
                at += align(8 + size, layout.pick(8, 4));
            }
        }
        return level;
    }

    private static long align(long value, int step) {
        return (value + step - 1) / step * step;
    }
}
