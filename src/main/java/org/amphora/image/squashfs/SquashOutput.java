// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/// A region of a file, written from its beginning; positions count from there.
final class SquashOutput {

    private final FileChannel channel;
    private final long base;
    private long position;

    SquashOutput(FileChannel channel, long base) {
        this.channel = channel;
        this.base = base;
    }

    FileChannel channel() {
        return channel;
    }

    long base() {
        return base;
    }

    long position() {
        return position;
    }

    void position(long to) {
        position = to;
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, base + position);
        }
    }

    void write(MetadataWriter metadata) throws IOException {
        write(ByteBuffer.wrap(metadata.array(), 0, metadata.length()));
    }

    void u64(long value) throws IOException {
        write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).flip());
    }

    /// Writes where the blocks of a table that begins at `start` are.
    void index(MetadataWriter table, long start) throws IOException {
        long[] blocks = table.blockStarts();
        ByteBuffer bytes = ByteBuffer.allocate(8 * blocks.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long block : blocks) {
            bytes.putLong(start + block);
        }
        write(bytes.flip());
    }

    /// Copies bytes of another file without taking them through the heap.
    void copy(FileChannel from, long start, long length) throws IOException {
        channel.position(base + position);
        long done = 0;
        while (done < length) {
            long n = from.transferTo(start + done, length - done, channel);
            if (n <= 0) {
                throw new java.io.EOFException("a packed layer is shorter than its index says");
            }
            done += n;
        }
        position += length;
    }

    /// Fills up to a multiple of `unit` with zeros.
    void pad(int unit) throws IOException {
        int rest = (int) (position % unit);
        if (rest > 0) {
            write(ByteBuffer.allocate(unit - rest));
        }
    }
}
