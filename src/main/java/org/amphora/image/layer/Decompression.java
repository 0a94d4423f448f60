// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.amphora.codec.BulkInputStream;
import org.amphora.codec.ZstdStream;
import org.amphora.problem.Problem;

/// Uncompresses a layer: gzip, zstd or nothing, told by its first bytes, because the media types
/// of real images are not always true.
public final class Decompression {

    /// From here on a layer must not expand by more than `MAX_RATIO`. Sparse files compress a
    /// thousandfold, so the ratio alone makes no bomb.
    private static final long FREE_SIZE = 16L << 30;

    private static final int MAX_RATIO = 500;

    private static final int MAGIC = 4;

    private Decompression() {}

    /// Uncompresses `raw`. The end of the stream verifies what the format lets verify, and `raw` is
    /// then read to its end; a damaged one is a `Problem`.
    ///
    /// @param archive how messages call it
    public static InputStream open(InputStream raw, String archive) throws IOException {
        return open(raw, archive, FREE_SIZE, MAX_RATIO);
    }

    static InputStream open(InputStream raw, String archive, long freeSize, int maxRatio)
            throws IOException {
        var counted = new Counted(raw);
        var in = new PushbackInputStream(counted, MAGIC);
        byte[] magic = new byte[MAGIC];
        int n = in.readNBytes(magic, 0, MAGIC);
        in.unread(magic, 0, n);
        InputStream plain;
        if (starts(magic, n, 0x1f, 0x8b)) {
            plain = new GzipStream(in, archive);
        } else if (starts(magic, n, 0x28, 0xb5, 0x2f, 0xfd)
                || n == MAGIC && (magic[0] & 0xf0) == 0x50 && starts3(magic)) {
            plain = new ZstdStream(in);
        } else if (starts(magic, n, 'B', 'Z', 'h') || starts(magic, n, 0xfd, '7', 'z', 'X')) {
            throw new Problem(
                    "cannot read " + archive,
                    "it is compressed with " + (magic[0] == 'B' ? "bzip2" : "xz"),
                    "use a layer of gzip, zstd or plain tar, as the OCI image-spec has it");
        } else {
            plain = in;
        }
        return new Guarded(plain, counted, archive, freeSize, maxRatio);
    }

    /// A skippable frame (RFC 8878 section 3.1.2) begins with `5? 2a 4d 18`.
    private static boolean starts3(byte[] magic) {
        return magic[1] == 0x2a && magic[2] == 0x4d && magic[3] == 0x18;
    }

    private static boolean starts(byte[] magic, int n, int... expected) {
        if (n < expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((magic[i] & 0xff) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static final class Counted extends BulkInputStream {
        private final InputStream in;
        private long count;

        Counted(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            int n = in.read(b, off, len);
            count += Math.max(n, 0);
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /// Watches the ratio and words the failures of the decoder.
    private static final class Guarded extends BulkInputStream {
        private final InputStream in;
        private final Counted compressed;
        private final String archive;
        private final long freeSize;
        private final int maxRatio;
        private long size;

        Guarded(InputStream in, Counted compressed, String archive, long freeSize, int maxRatio) {
            this.in = in;
            this.compressed = compressed;
            this.archive = archive;
            this.freeSize = freeSize;
            this.maxRatio = maxRatio;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            int n;
            try {
                n = in.read(b, off, len);
            } catch (java.io.EOFException | java.util.zip.ZipException e) {
                throw new Problem(
                        "cannot read " + archive,
                        "its compressed data is damaged or cut off: " + e.getMessage(),
                        "get it again from its source",
                        e);
            }
            size += Math.max(n, 0);
            if (size > freeSize && size / maxRatio > compressed.count) {
                throw new Problem(
                        "cannot read " + archive,
                        compressed.count
                                + " bytes of it expand to more than "
                                + size
                                + ", which no honest layer does",
                        "do not use this image, or build it again");
            }
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
