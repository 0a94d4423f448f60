// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.util.Arrays;
import org.amphora.problem.Problem;

/// A regular file that is read from any place. Only the blocks that are asked for are decompressed.
/// Thread-safe.
public final class FileBlocks {
    private final Storage storage;
    private final Inode.Regular file;
    private final FileContent.Fragments fragments;
    private final int blockSize;
    private final MetadataCursor sizes;

    /// Where the blocks begin and their size words, as far as they were needed.
    private long[] starts = new long[4];

    private int[] words = new int[4];
    private int known;
    private long next;

    FileBlocks(Storage storage, Inode.Regular file, FileContent.Fragments fragments) {
        this.storage = storage;
        this.file = file;
        this.fragments = fragments;
        this.blockSize = storage.superblock().blockSize();
        this.sizes =
                new MetadataCursor(storage, file.blockSizes().block(), file.blockSizes().offset());
        this.next = file.start();
    }

    /// The size of the file in bytes.
    public long size() {
        return file.size();
    }

    /// Fills the array with the bytes from `at`, all of which must be in the file.
    ///
    /// @throws Problem when the file system is damaged there
    public void fill(long at, byte[] into) {
        if (at < 0 || at > file.size() - into.length) {
            throw new IllegalArgumentException("beyond the end of the file: " + at);
        }
        int done = 0;
        while (done < into.length) {
            long place = at + done;
            long index = place / blockSize;
            int within = (int) (place % blockSize);
            int length = (int) Math.min(blockSize, file.size() - index * blockSize);
            int step = Math.min(into.length - done, length - within);
            copy(index, length, within, into, done, step);
            done += step;
        }
    }

    private void copy(long index, int length, int from, byte[] into, int to, int count) {
        if (length < blockSize && file.fragment() != Superblock.NO_FRAGMENT) {
            byte[] block = fragments.content(file.fragment());
            int offset = file.fragmentOffset();
            if (offset < 0 || offset > block.length - length) {
                throw storage.damaged("the tail of a file lies outside of its fragment");
            }
            System.arraycopy(block, offset + from, into, to, count);
            return;
        }
        long start;
        int word;
        synchronized (this) {
            know(index);
            start = starts[(int) index];
            word = words[(int) index];
        }
        if (word == 0) {
            Arrays.fill(into, to, to + count, (byte) 0);
        } else {
            System.arraycopy(storage.keptData(start, word, length), from, into, to, count);
        }
    }

    private void know(long index) {
        if (index >= Integer.MAX_VALUE - 8) {
            throw storage.damaged("a file has " + file.size() + " bytes");
        }
        while (known <= index) {
            if (known == starts.length) {
                starts = Arrays.copyOf(starts, 2 * known);
                words = Arrays.copyOf(words, 2 * known);
            }
            int word = sizes.integer();
            starts[known] = next;
            words[known++] = word;
            if (word != 0) {
                next += storage.dataLength(word, next);
            }
        }
    }
}
