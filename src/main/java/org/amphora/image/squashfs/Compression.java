// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.amphora.codec.Zstd;

/// The threads that compress, shared by all that is packed at the same time. Thread-safe.
public final class Compression implements AutoCloseable {

    /// More would cost memory and are not fed by the layers that are read at once.
    private static final int MAX_THREADS = 32;

    /// What mksquashfs and tar2sqfs users choose for speed; decompression is as fast at every
    // level.
    private static final int LEVEL = 3;

    private final int threads;
    private final ExecutorService executor;
    private final Zstd zstd = new Zstd();

    /// One thread for each processor.
    ///
    /// @throws org.amphora.problem.Problem when the zstd library cannot be loaded
    public Compression() {
        this(Math.min(Runtime.getRuntime().availableProcessors(), MAX_THREADS));
    }

    /// The same with a given number of threads; the bytes that come out do not depend on it.
    public Compression(int threads) {
        this.threads = threads;
        executor =
                Executors.newFixedThreadPool(
                        threads, Thread.ofPlatform().daemon().name("compress-", 1).factory());
    }

    int threads() {
        return threads;
    }

    static int maxCompressedLength(int length) {
        return Zstd.maxCompressedLength(length);
    }

    /// Compresses on the calling thread. Returns the compressed length, or `length` when
    /// compression does not make it shorter and the bytes are to be stored as they are.
    int compress(byte[] in, int length, byte[] out) {
        return Math.min(length, zstd.compress(in, length, out, LEVEL));
    }

    <T> Future<T> submit(Callable<T> task) {
        return executor.submit(task);
    }

    /// Ends the threads; what is still queued is dropped.
    @Override
    public void close() {
        executor.shutdownNow();
        try {
            if (executor.awaitTermination(1, TimeUnit.MINUTES)) {
                zstd.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
