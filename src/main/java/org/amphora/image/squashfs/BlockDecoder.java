// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import io.airlift.compress.v3.lz4.Lz4Decompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.amphora.codec.Zstd;
import org.tukaani.xz.XZInputStream;

/// Decompresses blocks of one compressor. Not thread-safe.
sealed interface BlockDecoder {

    /// Decompresses `length` bytes of `from` into `to`.
    ///
    /// @return how many bytes `to` has now
    /// @throws DataFormatException when `from` is damaged or has more than `to` can take
    int decode(byte[] from, int length, byte[] to) throws DataFormatException;

    /// Whether there is a decoder for this number of a superblock.
    static boolean knows(int compression) {
        return switch (compression) {
            case Superblock.GZIP, Superblock.XZ, Superblock.LZ4, Superblock.ZSTD -> true;
            default -> false;
        };
    }

    static BlockDecoder of(int compression) {
        return switch (compression) {
            case Superblock.GZIP -> new Gzip(new Inflater());
            case Superblock.XZ -> new Xz();
            case Superblock.LZ4 -> new Lz4(Lz4Decompressor.create());
            case Superblock.ZSTD -> new Zstandard(new Zstd());
            default -> throw new IllegalArgumentException("compression: " + compression);
        };
    }

    /// zlib streams, whatever the name says.
    record Gzip(Inflater inflater) implements BlockDecoder {
        @Override
        public int decode(byte[] from, int length, byte[] to) throws DataFormatException {
            inflater.reset();
            inflater.setInput(from, 0, length);
            int size = 0;
            while (!inflater.finished()) {
                int step = inflater.inflate(to, size, to.length - size);
                if (step == 0 && !inflater.finished()) {
                    throw new DataFormatException("the zlib stream does not end");
                }
                size += step;
            }
            return size;
        }
    }

    /// Whole xz files; the BCJ filter that mksquashfs chose for a block stands in its xz header.
    record Xz() implements BlockDecoder {
        /// The dictionary of a valid block is a megabyte at most.
        private static final int MEMORY_LIMIT_IN_KIBIBYTES = 16 << 10;

        @Override
        public int decode(byte[] from, int length, byte[] to) throws DataFormatException {
            try (XZInputStream in =
                    new XZInputStream(
                            new ByteArrayInputStream(from, 0, length), MEMORY_LIMIT_IN_KIBIBYTES)) {
                int size = in.readNBytes(to, 0, to.length);
                if (size == to.length && in.read() >= 0) {
                    throw new DataFormatException("the xz stream is too long");
                }
                return size;
            } catch (IOException | RuntimeException e) {
                throw damaged(e);
            }
        }
    }

    record Lz4(Lz4Decompressor decompressor) implements BlockDecoder {
        @Override
        public int decode(byte[] from, int length, byte[] to) throws DataFormatException {
            try {
                return decompressor.decompress(from, 0, length, to, 0, to.length);
            } catch (RuntimeException e) {
                // Native and Java decoders have different exceptions for a bad block.
                throw damaged(e);
            }
        }
    }

    record Zstandard(Zstd zstd) implements BlockDecoder {
        @Override
        public int decode(byte[] from, int length, byte[] to) throws DataFormatException {
            int size = zstd.decompress(from, length, to);
            if (size < 0) {
                throw new DataFormatException("the zstd frame is damaged or too long");
            }
            return size;
        }
    }

    private static DataFormatException damaged(Exception e) {
        DataFormatException damaged = new DataFormatException(String.valueOf(e.getMessage()));
        damaged.initCause(e);
        return damaged;
    }
}
