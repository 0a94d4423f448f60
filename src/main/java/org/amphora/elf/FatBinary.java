// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The code for NVIDIA GPUs that a program or library carries in its section `.nv_fatbin`.
///
/// The format is not published; what is read here was compared with what `cuobjdump` lists: a
/// header (magic 0xBA55ED50, u16 version, u16 header size, u64 size), then entries (u16 kind, u32
/// header size at 4, u64 payload size at 8, u32 architecture at 28) up to that size, then the next.
///
/// @param codes without repetition, in the order met
/// @param complete whether all entries were seen; big libraries have too many, and are sampled from
///     the start
public record FatBinary(List<Code> codes, boolean complete) {
    private static final long MAGIC = 0xBA55ED50L;
    private static final int HEADER = 16;
    private static final int ENTRY = 32;
    private static final int PTX = 1;
    private static final int SASS = 2;
    private static final int MAXIMUM_ENTRIES = 1024;
    private static final Set<String> SECTIONS = Set.of(".nv_fatbin", "__nv_relfatbin");

    /// No code for a GPU.
    public static final FatBinary NONE = new FatBinary(List.of(), true);

    /// One kind of code.
    ///
    /// @param portable PTX, which the driver translates; else SASS, machine code for one family
    /// @param capability the compute capability without dot, 90 for 9.0
    public record Code(boolean portable, int capability) {
        @Override
        public String toString() {
            return (portable ? "compute_" : "sm_") + capability;
        }
    }

    public FatBinary {
        codes = List.copyOf(codes);
    }

    /// Whether a file has such code, without reading it.
    ///
    /// @throws ElfException when its section headers are damaged
    public static boolean isIn(ElfFile elf) throws IOException {
        for (ElfFile.Section section : elf.sections()) {
            if (SECTIONS.contains(section.name())) {
                return true;
            }
        }
        return false;
    }

    /// Lists the code of a file.
    ///
    /// @throws ElfException when the section is damaged
    public static FatBinary read(ElfFile elf) throws IOException {
        Set<Code> codes = new LinkedHashSet<>();
        int left = MAXIMUM_ENTRIES;
        for (ElfFile.Section section : elf.sections()) {
            if (SECTIONS.contains(section.name()) && ElfFile.isStored(section)) {
                left = read(elf.source(), section, codes, left);
            }
        }
        return new FatBinary(List.copyOf(codes), left > 0);
    }

    private static int read(
            ByteSource source, ElfFile.Section section, Set<Code> codes, int entries)
            throws IOException {
        Fields.Layout little = new Fields.Layout(true, false);
        String what = "the GPU code";
        if (section.offset() < 0
                || section.size() < 0
                || section.offset() > source.size() - section.size()) {
            throw new ElfException(what + " does not lie in the file");
        }
        long end = section.offset() + section.size();
        long at = section.offset();
        int left = entries;
        while (left > 0 && at + HEADER <= end) {
            Fields head = little.over(source.read(at, HEADER, what));
            if (head.unsignedInteger(0) != MAGIC) {
                // Padding stands between the pieces of two object files.
                at += 8;
                left--;
                continue;
            }
            int headerSize = head.unsignedShort(6);
            long size = head.longInteger(8);
            if (headerSize < HEADER || size < 0 || size > end - at - headerSize) {
                throw new ElfException(
                        what
                                + " has a piece of "
                                + Long.toUnsignedString(size)
                                + " bytes at byte "
                                + at);
            }
            long pieceEnd = at + headerSize + size;
            at += headerSize;
            while (left > 0 && at + ENTRY <= pieceEnd) {
                left--;
                Fields entry = little.over(source.read(at, ENTRY, what));
                int kind = entry.unsignedShort(0);
                long entryHeader = entry.unsignedInteger(4);
                long payload = entry.longInteger(8);
                if (entryHeader < ENTRY || payload < 0 || payload > pieceEnd - at - entryHeader) {
                    throw new ElfException(
                            what
                                    + " has an entry of "
                                    + Long.toUnsignedString(payload)
                                    + " bytes at byte "
                                    + at);
                }
                if (kind == PTX || kind == SASS) {
                    codes.add(new Code(kind == PTX, (int) entry.unsignedInteger(28)));
                }
                at += entryHeader + payload;
            }
            at = Math.max(at, pieceEnd);
        }
        return left;
    }
}
