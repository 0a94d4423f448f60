// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/// The bytes of a regular file, block by block.
final class FileContent extends InputStream {
    private final Storage storage;
    private final Inode.Regular file;
    private final Fragments fragments;
    private final MetadataCursor blockSizes;
    private final int blockSize;

    private long position;
    private long nextBlock;
    private byte[] block = {};
    private int offset;
    private int limit;
    private boolean hole;

    /// Finds the block of a fragment.
    interface Fragments {
        byte[] content(int fragment);
    }

    FileContent(Storage storage, Inode.Regular file, Fragments fragments) {
        this.storage = storage;
        this.file = file;
        this.fragments = fragments;
        this.blockSize = storage.superblock().blockSize();
        this.nextBlock = file.start();
        this.blockSizes =
                new MetadataCursor(storage, file.blockSizes().block(), file.blockSizes().offset());
    }

    @Override
    public int read() {
        return fill() ? Byte.toUnsignedInt(block[offset++]) : -1;
    }

    @Override
    public int read(byte[] into, int from, int length) {
        Objects.checkFromIndexSize(from, length, into.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int step = Math.min(length, limit - offset);
        System.arraycopy(block, offset, into, from, step);
        offset += step;
        return step;
    }

    /// Passes over whole blocks without decompressing them.
    @Override
    public long skip(long count) {
        long left = Math.clamp(count, 0, file.size() - position + (limit - offset));
        long skipped = left;
        int inBlock = (int) Math.min(left, limit - offset);
        offset += inBlock;
        left -= inBlock;
        while (left >= blockSize) {
            passBlock();
            left -= blockSize;
        }
        if (left > 0 && fill()) {
            offset += (int) left;
        }
        return skipped;
    }

    @Override
    public int available() {
        return limit - offset;
    }

    @Override
    public void close() {}

    /// Fills the array as far as the file goes.
    int readFully(byte[] into) {
        int size = 0;
        while (size < into.length) {
            int step = read(into, size, into.length - size);
            if (step < 0) {
                break;
            }
            size += step;
        }
        return size;
    }

    /// Hands all blocks that are no holes to the sink.
    void copyTo(SquashReader.Sink sink) throws IOException {
        while (fill()) {
            if (!hole) {
                sink.write(block, offset, limit - offset, position - (limit - offset));
            }
            offset = limit;
        }
    }

    /// Goes on to the next block when this one is used up.
    ///
    /// @return whether there is a byte to read
    private boolean fill() {
        if (offset < limit) {
            return true;
        }
        long left = file.size() - position;
        if (left <= 0) {
            return false;
        }
        offset = 0;
        hole = false;
        limit = (int) Math.min(left, blockSize);
        if (left < blockSize && file.fragment() != Superblock.NO_FRAGMENT) {
            block = fragments.content(file.fragment());
            if (file.fragmentOffset() < 0 || file.fragmentOffset() > block.length - limit) {
                throw storage.damaged("the tail of a file lies outside of its fragment");
            }
            offset = file.fragmentOffset();
            position += limit;
            limit += offset;
            return true;
        }
        int sizeWord = blockSizes.integer();
        if (sizeWord == 0) {
            block = new byte[limit];
            hole = true;
        } else {
            block = storage.data(nextBlock, sizeWord, limit);
            nextBlock += storage.dataLength(sizeWord, nextBlock);
        }
        position += limit;
        return true;
    }

    private void passBlock() {
        int sizeWord = blockSizes.integer();
        if (sizeWord != 0) {
            nextBlock += storage.dataLength(sizeWord, nextBlock);
        }
        position += blockSize;
    }
}
