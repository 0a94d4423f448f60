// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.amphora.image.squashfs.Inode.MetadataPosition;

/// The entries of a directory, read one by one.
final class DirectoryCursor implements Iterator<DirectoryCursor.Entry> {

    /// @param reference of the inode
    record Entry(String name, long reference) {}

    private final Storage storage;
    private final MetadataCursor cursor;
    private long left;
    private int inRun;
    private long runBlock;

    private DirectoryCursor(Storage storage, MetadataCursor cursor, long left) {
        this.storage = storage;
        this.cursor = cursor;
        this.left = left;
    }

    /// The whole directory; not to be called for an empty one, which has no place in the table.
    static DirectoryCursor all(Storage storage, Inode.Directory directory) {
        return from(storage, directory, tablePosition(storage, directory.listing()), 0);
    }

    /// The part of the directory that has `name`, if the directory has it: the extended inode's
    /// index tells the first name of each run.
    static DirectoryCursor near(Storage storage, Inode.Directory directory, String name) {
        MetadataPosition begin = tablePosition(storage, directory.listing());
        MetadataPosition best = begin;
        long skipped = 0;
        if (directory.indexCount() > 0) {
            MetadataCursor index =
                    new MetadataCursor(
                            storage, directory.index().block(), directory.index().offset());
            for (int i = 0; i < directory.indexCount(); i++) {
                long from = index.unsignedInteger();
                long block = index.unsignedInteger();
                String first = index.text(nameLength(storage, index.unsignedInteger()));
                if (first.compareTo(name) > 0) {
                    break;
                }
                if (from > directory.listingSize()) {
                    throw storage.damaged("a directory index points to byte " + from);
                }
                skipped = from;
                best =
                        new MetadataPosition(
                                storage.superblock().directoryTable() + block,
                                (int) ((begin.offset() + from) % Superblock.METADATA_SIZE));
            }
        }
        return from(storage, directory, best, skipped);
    }

    @Override
    public boolean hasNext() {
        return left > 0;
    }

    @Override
    public Entry next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (inRun == 0) {
            beginRun();
        }
        inRun--;
        int offset = cursor.unsignedShort();
        cursor.unsignedShort(); // inode number, as a difference
        cursor.unsignedShort(); // type, which the inode repeats
        int length = nameLength(storage, cursor.unsignedShort());
        String name = cursor.text(length);
        consume(8 + length);
        checkName(name);
        return new Entry(name, runBlock << 16 | offset);
    }

    private static DirectoryCursor from(
            Storage storage, Inode.Directory directory, MetadataPosition position, long skipped) {
        return new DirectoryCursor(
                storage,
                new MetadataCursor(storage, position.block(), position.offset()),
                directory.listingSize() - skipped);
    }

    private static MetadataPosition tablePosition(Storage storage, long reference) {
        return new MetadataPosition(
                storage.superblock().directoryTable() + (reference >>> 16),
                (int) (reference & 0xFFFF));
    }

    private void beginRun() {
        // The count is one less than the number of entries, so that a run is never empty.
        long count = cursor.unsignedInteger() + 1;
        runBlock = cursor.unsignedInteger();
        cursor.integer(); // inode number that the entries count from
        if (count > Superblock.DIRECTORY_RUN) {
            throw storage.damaged("a directory has a run of " + count + " entries");
        }
        inRun = (int) count;
        consume(12);
    }

    private void consume(int length) {
        left -= length;
        if (left < 0) {
            throw storage.damaged("a directory entry is longer than its directory");
        }
    }

    private static int nameLength(Storage storage, long lengthLessOne) {
        if (lengthLessOne >= Superblock.MAX_NAME) {
            throw storage.damaged("a file name has " + (lengthLessOne + 1) + " bytes");
        }
        return (int) lengthLessOne + 1;
    }

    private void checkName(String name) {
        if (name.equals(".")
                || name.equals("..")
                || name.indexOf('/') >= 0
                || name.indexOf('\0') >= 0) {
            throw storage.damaged("a directory has an entry '" + name.replace('\0', '?') + "'");
        }
    }
}
