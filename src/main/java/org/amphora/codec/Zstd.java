// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Compresses and uncompresses single blocks with libzstd 1.5.7, the same on every machine.
/// Thread-safe; `close` frees what compressing took and must come after the last call.
public final class Zstd implements AutoCloseable {

    private final ConcurrentLinkedQueue<MemorySegment> contexts = new ConcurrentLinkedQueue<>();

    /// Loads the library.
    ///
    /// @throws org.amphora.problem.Problem when that fails
    public Zstd() {
        try {
            ZstdLibrary.require();
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /// The length that `compress` needs at most (`ZSTD_COMPRESSBOUND`).
    public static int maxCompressedLength(int length) {
        int small = 1 << 17;
        return length + (length >> 8) + (length < small ? (small - length) >> 11 : 0);
    }

    /// Compresses the first `length` bytes into `out`, which has `maxCompressedLength`; returns how
    /// many bytes came out.
    public int compress(byte[] in, int length, byte[] out, int level) {
        MemorySegment context = take();
        long result;
        try {
            result =
                    (long)
                            ZstdLibrary.Compress.CALL.invokeExact(
                                    context,
                                    MemorySegment.ofArray(out),
                                    (long) out.length,
                                    MemorySegment.ofArray(in),
                                    (long) length,
                                    level);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call ZSTD_compressCCtx", e);
        }
        contexts.add(context);
        if (ZstdLibrary.isError(result)) {
            throw new IllegalStateException("ZSTD_compressCCtx failed: " + result);
        }
        return (int) result;
    }

    /// Uncompresses the first `length` bytes into `out`; returns how many bytes came out, -1 when
    /// the data is damaged or does not fit.
    public int decompress(byte[] in, int length, byte[] out) {
        long result;
        try {
            result =
                    (long)
                            ZstdLibrary.Decompress.CALL.invokeExact(
                                    MemorySegment.ofArray(out),
                                    (long) out.length,
                                    MemorySegment.ofArray(in),
                                    (long) length);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call ZSTD_decompress", e);
        }
        return ZstdLibrary.isError(result) ? -1 : (int) result;
    }

    private MemorySegment take() {
        @Nullable MemorySegment context = contexts.poll();
        if (context != null) {
            return context;
        }
        try {
            return (MemorySegment) ZstdLibrary.Compress.CREATE.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("cannot make a zstd context", e);
        }
    }

    @Override
    public void close() {
        try {
            for (var c = contexts.poll(); c != null; c = contexts.poll()) {
                var _ = (long) ZstdLibrary.Compress.FREE.invokeExact(c);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("cannot free a zstd context", e);
        }
    }
}
