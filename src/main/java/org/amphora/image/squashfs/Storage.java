// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// The blocks of one file system, checked and decompressed. Positions count from its start.
/// Thread-safe.
final class Storage {
    private static final int CACHED_METADATA_BLOCKS = 256;
    private static final int CACHED_FRAGMENTS = 8;
    private static final int CACHED_DATA = 16;

    private final Path path;
    private final FileChannel channel;
    private final long offset;
    private final Superblock superblock;
    private final ThreadLocal<BlockDecoder> decoder;
    private final Map<Long, Metadata> metadata = new Recent<>(CACHED_METADATA_BLOCKS);
    private final Map<Long, byte[]> fragments = new Recent<>(CACHED_FRAGMENTS);
    private final Map<Long, byte[]> data = new Recent<>(CACHED_DATA);

    /// A decompressed metadata block, and the position of the one behind it.
    static final class Metadata {
        private final byte[] content;
        private final long next;

        Metadata(byte[] content, long next) {
            this.content = content;
            this.next = next;
        }

        byte[] content() {
            return content;
        }

        long next() {
            return next;
        }
    }

    Storage(Path path, FileChannel channel, long offset, Superblock superblock) {
        this.path = path;
        this.channel = channel;
        this.offset = offset;
        this.superblock = superblock;
        this.decoder = ThreadLocal.withInitial(() -> BlockDecoder.of(superblock.compression()));
    }

    Superblock superblock() {
        return superblock;
    }

    /// The metadata block whose header is at `position`.
    Metadata metadata(long position) {
        synchronized (metadata) {
            Metadata known = metadata.get(position);
            if (known != null) {
                return known;
            }
        }
        byte[] header = read(position, 2);
        int word = Byte.toUnsignedInt(header[0]) | Byte.toUnsignedInt(header[1]) << 8;
        int length = word & ~Superblock.METADATA_STORED;
        if (length == 0 || length > Superblock.METADATA_SIZE) {
            throw damaged("the metadata block at " + position + " has a length of " + length);
        }
        byte[] raw = read(position + 2, length);
        boolean stored = (word & Superblock.METADATA_STORED) != 0;
        Metadata block =
                new Metadata(
                        stored ? raw : decode(raw, new byte[Superblock.METADATA_SIZE], position),
                        position + 2 + length);
        synchronized (metadata) {
            metadata.put(position, block);
        }
        return block;
    }

    /// A data block, decompressed.
    ///
    /// @param sizeWord as the block list has it: length and the flag for stored blocks; not 0
    /// @param expected length of the decompressed block
    byte[] data(long position, int sizeWord, int expected) {
        int length = dataLength(sizeWord, position);
        byte[] raw = read(position, length);
        byte[] content =
                (sizeWord & Superblock.DATA_STORED) != 0
                        ? raw
                        : decode(raw, new byte[superblock.blockSize()], position);
        if (content.length != expected) {
            throw damaged(
                    "the block at "
                            + position
                            + " has "
                            + content.length
                            + " bytes instead of "
                            + expected);
        }
        return content;
    }

    /// The same from memory, when it was among the last.
    byte[] keptData(long position, int sizeWord, int expected) {
        synchronized (data) {
            byte[] known = data.get(position);
            if (known != null && known.length == expected) {
                return known;
            }
        }
        byte[] content = data(position, sizeWord, expected);
        synchronized (data) {
            data.put(position, content);
        }
        return content;
    }

    /// A fragment block, decompressed; shorter than a block when it is the last.
    byte[] fragment(long position, int sizeWord) {
        synchronized (fragments) {
            byte[] known = fragments.get(position);
            if (known != null) {
                return known;
            }
        }
        byte[] raw = read(position, dataLength(sizeWord, position));
        byte[] content =
                (sizeWord & Superblock.DATA_STORED) != 0
                        ? raw
                        : decode(raw, new byte[superblock.blockSize()], position);
        synchronized (fragments) {
            fragments.put(position, content);
        }
        return content;
    }

    /// How long a data block is on disk.
    int dataLength(int sizeWord, long position) {
        int length = sizeWord & ~Superblock.DATA_STORED;
        if (length <= 0 || length > superblock.blockSize()) {
            throw damaged("the block at " + position + " has a length of " + length);
        }
        return length;
    }

    byte[] read(long position, int length) {
        if (position < 0 || position > superblock.bytesUsed() - length) {
            throw damaged(
                    length
                            + " bytes are wanted from byte "
                            + position
                            + ", but it ends at "
                            + superblock.bytesUsed());
        }
        byte[] bytes = new byte[length];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, offset + position + buffer.position()) < 0) {
                    throw damaged("the file ends before byte " + (position + length));
                }
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot read image " + path,
                    "reading failed: " + e.getMessage(),
                    "check the file and the file system it is on",
                    e);
        }
        return bytes;
    }

    Problem damaged(String why) {
        return damaged(path, why, null);
    }

    static Problem damaged(Path path, String why, @Nullable Exception cause) {
        return new Problem(
                "cannot read image " + path,
                "its SquashFS file system is damaged: " + why,
                "copy, pull or build the file again",
                cause);
    }

    private byte[] decode(byte[] raw, byte[] into, long position) {
        try {
            int size = decoder.get().decode(raw, raw.length, into);
            return size == into.length ? into : Arrays.copyOf(into, size);
        } catch (DataFormatException e) {
            throw damaged(
                    path,
                    "the block at " + position + " does not decompress: " + e.getMessage(),
                    e);
        }
    }

    /// Keeps the entries that were used last.
    private static final class Recent<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1;
        private final int capacity;

        Recent(int capacity) {
            super(16, 0.75f, true);
            this.capacity = capacity;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > capacity;
        }
    }
}
