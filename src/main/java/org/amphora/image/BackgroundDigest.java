// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.amphora.codec.Sha256;
import org.jspecify.annotations.Nullable;

/// A SHA-256 computation on a thread of its own, so that the thread which reads a stream is not
/// held up by it: hashing is a third of the work on a layer. Short input is hashed by the caller.
/// Fed by one thread.
public final class BackgroundDigest implements AutoCloseable {

    private static final int CHUNK_BYTES = 1 << 18;
    /// Chunks that wait; beyond that the reader does.
    private static final int WAITING = 4;

    /// An empty chunk ends the work.
    private static final byte[] END = {};

    private final BlockingQueue<byte[]> full = new ArrayBlockingQueue<>(WAITING);
    private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(WAITING + 1);
    private byte[] chunk = {};
    private int filled;
    private @Nullable Worker worker;

    private record Worker(Sha256 sha256, Thread thread) {}

    /// Adds bytes; they are copied.
    public void update(byte[] bytes, int offset, int length) throws InterruptedIOException {
        int from = offset;
        int left = length;
        while (left > 0) {
            if (filled == chunk.length) {
                handOver();
            }
            int count = Math.min(left, chunk.length - filled);
            System.arraycopy(bytes, from, chunk, filled, count);
            filled += count;
            from += count;
            left -= count;
        }
    }

    /// The digest of all that was added; nothing can be added after that.
    public Digest finish() throws InterruptedIOException {
        Worker busy = worker;
        if (busy == null) {
            MessageDigest little = Digest.sha256();
            little.update(chunk, 0, filled);
            return Digest.finish(little);
        }
        try {
            full.put(END);
            busy.thread.join();
        } catch (InterruptedException e) {
            throw interrupted();
        }
        worker = null;
        busy.sha256.update(chunk, 0, filled);
        return Digest.ofRaw(busy.sha256.finish());
    }

    /// Ends the thread of a computation that was given up; idempotent.
    @Override
    public void close() {
        if (worker != null) {
            worker.thread.interrupt();
            worker = null;
        }
    }

    private void handOver() throws InterruptedIOException {
        if (chunk.length == 0) {
            chunk = new byte[CHUNK_BYTES];
            return;
        }
        if (worker == null) {
            Sha256 sha256 = Sha256.create();
            Thread thread = Thread.ofPlatform().daemon().name("sha256").start(() -> work(sha256));
            worker = new Worker(sha256, thread);
        }
        try {
            full.put(chunk);
        } catch (InterruptedException e) {
            throw interrupted();
        }
        byte[] used = free.poll();
        chunk = used == null ? new byte[CHUNK_BYTES] : used;
        filled = 0;
    }

    private void work(Sha256 sha256) {
        try {
            for (byte[] next = full.take(); next.length > 0; next = full.take()) {
                sha256.update(next, 0, next.length);
                var _ = free.offer(next);
            }
        } catch (InterruptedException e) {
            // Given up.
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }
}
