// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.util.ArrayList;
import java.util.List;

/// Writes the entries of one directory in byte order of their names: runs of at most 256 entries
/// whose inodes lie in one metadata block, each behind a header. A long listing gets an index with
/// a place to start reading about every 8 KiB.
final class ListingWriter {

    private static final int RUN_HEADER = 12;
    private static final int ENTRY = 8;

    /// What the format adds to the size for `.` and `..`.
    private static final int DOTS = 3;

    private record Entry(String name, int type, int number, int offset) {}

    private record IndexEntry(int position, int block, String name) {}

    private final MetadataWriter out;
    private final int startBlock;
    private final int startOffset;
    private final List<Entry> run = new ArrayList<>();
    private final List<IndexEntry> index = new ArrayList<>();
    private int runInodeBlock;
    private int runLength;
    private int written;
    private int indexedAt;

    ListingWriter(MetadataWriter out) {
        this.out = out;
        startBlock = out.blockStart();
        startOffset = out.offset();
    }

    void add(String name, int type, int number, long inode) {
        int inodeBlock = (int) (inode >> 16);
        int length = ENTRY + name.length();
        if (!run.isEmpty()
                && (run.size() == Superblock.DIRECTORY_RUN
                        || inodeBlock != runInodeBlock
                        || Math.abs(number - run.getFirst().number()) > Short.MAX_VALUE
                        || written + runLength + length - indexedAt > Superblock.METADATA_SIZE)) {
            flush();
        }
        if (run.isEmpty()) {
            if (written > 0
                    && written + RUN_HEADER + length - indexedAt > Superblock.METADATA_SIZE) {
                index.add(new IndexEntry(written, out.blockStart(), name));
                indexedAt = written;
            }
            runInodeBlock = inodeBlock;
            runLength = RUN_HEADER;
        }
        run.add(new Entry(name, type, number, (int) (inode & 0xffff)));
        runLength += length;
    }

    void finish() {
        if (!run.isEmpty()) {
            flush();
        }
    }

    /// Whether a basic inode can point to it.
    boolean isSmall() {
        return index.isEmpty() && size() <= 0xffff;
    }

    int startBlock() {
        return startBlock;
    }

    int startOffset() {
        return startOffset;
    }

    int size() {
        return written + DOTS;
    }

    int indexCount() {
        return index.size();
    }

    void writeIndex(MetadataWriter inodes) {
        for (IndexEntry entry : index) {
            inodes.u32(entry.position()).u32(entry.block());
            inodes.u32(entry.name().length() - 1).text(entry.name());
        }
    }

    private void flush() {
        Entry first = run.getFirst();
        out.u32(run.size() - 1).u32(runInodeBlock).u32(first.number());
        for (Entry entry : run) {
            out.u16(entry.offset()).u16(entry.number() - first.number());
            out.u16(entry.type()).u16(entry.name().length() - 1).text(entry.name());
        }
        written += runLength;
        run.clear();
    }
}
