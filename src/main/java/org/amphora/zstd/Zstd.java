// SPDX-License-Identifier: Apache-2.0
package org.amphora.zstd;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Compresses and uncompresses single blocks with libzstd 1.5.7, the same on every machine.
/// Thread-safe; `close` frees the library's memory and must come after the last call.
public final class Zstd implements AutoCloseable {

    private final ConcurrentLinkedQueue<MemorySegment> compressors = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<MemorySegment> decompressors =
            new ConcurrentLinkedQueue<>();

    /// Loads the library.
    ///
    /// @throws org.amphora.problem.Problem when that fails
    public Zstd() {
        try {
            Library.require();
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
        MemorySegment context = take(compressors, true);
        long result;
        try {
            result =
                    (long)
                            Library.Compress.CALL.invokeExact(
                                    context,
                                    MemorySegment.ofArray(out),
                                    (long) out.length,
                                    MemorySegment.ofArray(in),
                                    (long) length,
                                    level);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call ZSTD_compressCCtx", e);
        }
        compressors.add(context);
        if (Library.isError(result)) {
            throw new IllegalStateException("ZSTD_compressCCtx failed: " + result);
        }
        return (int) result;
    }

    /// Uncompresses `length` bytes from `offset` on into `out`; returns how many bytes came out, -1
    /// when the data is damaged or does not fit.
    public int decompress(byte[] in, int offset, int length, byte[] out) {
        MemorySegment context = take(decompressors, false);
        long result;
        try {
            result =
                    (long)
                            Library.Decompress.CALL.invokeExact(
                                    context,
                                    MemorySegment.ofArray(out),
                                    (long) out.length,
                                    MemorySegment.ofArray(in).asSlice(offset, length),
                                    (long) length);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call ZSTD_decompressDCtx", e);
        }
        decompressors.add(context);
        return Library.isError(result) ? -1 : (int) result;
    }

    private static MemorySegment take(
            ConcurrentLinkedQueue<MemorySegment> contexts, boolean compression) {
        @Nullable MemorySegment context = contexts.poll();
        if (context != null) {
            return context;
        }
        try {
            return compression
                    ? (MemorySegment) Library.Compress.CREATE.invokeExact()
                    : (MemorySegment) Library.Decompress.CREATE.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("cannot make a zstd context", e);
        }
    }

    @Override
    public void close() {
        try {
            for (var c = compressors.poll(); c != null; c = compressors.poll()) {
                var _ = (long) Library.Compress.FREE.invokeExact(c);
            }
            for (var d = decompressors.poll(); d != null; d = decompressors.poll()) {
                var _ = (long) Library.Decompress.FREE.invokeExact(d);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("cannot free a zstd context", e);
        }
    }
}
