// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.util.Arrays;

/// Writes bytes as compressed metadata blocks into memory.
final class MetadataWriter {

    private static final int HEADER = 2;

    private final Compression compression;
    private final byte[] block = new byte[Superblock.METADATA_SIZE];
    private final byte[] compressed =
            new byte[Compression.maxCompressedLength(Superblock.METADATA_SIZE)];
    private int used;
    private byte[] out = new byte[1 << 14];
    private int length;
    private long[] starts = new long[16];
    private int blocks;

    MetadataWriter(Compression compression) {
        this.compression = compression;
    }

    /// Where the next byte goes: position of the block << 16 | offset within it.
    long reference() {
        return (long) length << 16 | used;
    }

    /// Position of the block that the next byte goes to.
    int blockStart() {
        return length;
    }

    /// Offset within that block.
    int offset() {
        return used;
    }

    MetadataWriter u8(int value) {
        block[used++] = (byte) value;
        if (used == block.length) {
            flush();
        }
        return this;
    }

    MetadataWriter u16(int value) {
        return u8(value).u8(value >> 8);
    }

    MetadataWriter u32(long value) {
        return u16((int) value).u16((int) (value >> 16));
    }

    MetadataWriter u64(long value) {
        return u32(value).u32(value >> 32);
    }

    MetadataWriter bytes(byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            int n = Math.min(bytes.length - done, block.length - used);
            System.arraycopy(bytes, done, block, used, n);
            used += n;
            done += n;
            if (used == block.length) {
                flush();
            }
        }
        return this;
    }

    /// Each `char` is a byte.
    MetadataWriter text(String text) {
        for (int i = 0; i < text.length(); i++) {
            u8(text.charAt(i));
        }
        return this;
    }

    /// Ends the last block. Nothing may be written afterwards.
    void finish() {
        if (used > 0) {
            flush();
        }
    }

    /// The finished blocks; the first `length()` bytes of the array.
    byte[] array() {
        return out;
    }

    int length() {
        return length;
    }

    /// Where each block begins.
    long[] blockStarts() {
        return Arrays.copyOf(starts, blocks);
    }

    private void flush() {
        int size = compression.compress(block, used, compressed);
        boolean stored = size == used;
        if (length + HEADER + size > out.length) {
            out = Arrays.copyOf(out, Math.max(out.length * 3 / 2, length + HEADER + size));
        }
        if (blocks == starts.length) {
            starts = Arrays.copyOf(starts, 2 * blocks);
        }
        starts[blocks++] = length;
        int word = stored ? size | Superblock.METADATA_STORED : size;
        out[length++] = (byte) word;
        out[length++] = (byte) (word >> 8);
        System.arraycopy(stored ? block : compressed, 0, out, length, size);
        length += size;
        used = 0;
    }
}
