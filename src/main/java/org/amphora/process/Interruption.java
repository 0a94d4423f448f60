// SPDX-License-Identifier: Apache-2.0
package org.amphora.process;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Lets work that a signal interrupts clean up: when the JVM is told to end, the thread that made
/// this is interrupted, and the end waits until it has closed this.
public final class Interruption implements AutoCloseable {

    /// Longer than the removal of a big tree takes.
    private static final int PATIENCE_SECONDS = 120;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    /// From now on the calling thread is the one that is interrupted.
    public Interruption() {
        Thread worker = Thread.currentThread();
        hook = new Thread(() -> interrupt(worker), "interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Says that the work is done or cleaned up.
    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook was waiting for this.
        }
    }

    private void interrupt(Thread worker) {
        worker.interrupt();
        try {
            var _ = done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
