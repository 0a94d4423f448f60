// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.zip.ZipException;

/// Uncompresses a zstd stream of any number of frames (RFC 8878), skippable ones included. Frames
/// with a window above 128 MiB are refused, which is libzstd's own limit. Not thread-safe.
///
/// A stream that is cut off gives an `EOFException`, a damaged one a `ZipException`.
public final class ZstdStream extends BulkInputStream {

    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final MemorySegment context;
    private final byte[] buffer = new byte[BUFFER];
    private final MemorySegment source = MemorySegment.ofArray(buffer);
    private final long[] consumed = new long[1];
    private final long[] produced = new long[1];
    private int limit;
    private boolean withinFrame;
    private boolean closed;

    /// Reads compressed bytes from `in`, which is closed with this stream.
    ///
    /// @throws org.amphora.problem.Problem when the library cannot be loaded
    public ZstdStream(InputStream in) {
        this.in = in;
        try (Zstd _ = new Zstd()) {
            context = (MemorySegment) ZstdLibrary.Stream.CREATE.invokeExact();
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("cannot make a zstd context", e);
        }
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        if (len == 0) {
            return 0;
        }
        while (true) {
            boolean ended = consumed[0] == limit && !fill();
            produced[0] = 0;
            long before = consumed[0];
            long hint = decompress(MemorySegment.ofArray(b).asSlice(off, len), len);
            if (ZstdLibrary.isError(hint)) {
                throw new ZipException("zstd data is damaged (error " + -hint + ")");
            }
            // Without input a call only flushes; it must not begin a frame that is not there.
            withinFrame = hint != 0 && (withinFrame || consumed[0] > before);
            if (produced[0] > 0) {
                return (int) produced[0];
            }
            if (ended) {
                if (withinFrame) {
                    throw new EOFException("the zstd stream is cut off");
                }
                return -1;
            }
        }
    }

    private long decompress(MemorySegment out, int length) {
        try {
            return (long)
                    ZstdLibrary.Stream.CALL.invokeExact(
                            context,
                            out,
                            (long) length,
                            MemorySegment.ofArray(produced),
                            source,
                            (long) limit,
                            MemorySegment.ofArray(consumed));
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call ZSTD_decompressStream", e);
        }
    }

    private boolean fill() throws IOException {
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        consumed[0] = 0;
        return limit > 0;
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                var _ = (long) ZstdLibrary.Stream.FREE.invokeExact(context);
            } catch (Throwable e) {
                throw new IllegalStateException("cannot free a zstd context", e);
            }
            in.close();
        }
    }
}
