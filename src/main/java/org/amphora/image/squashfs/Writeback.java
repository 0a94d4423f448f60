// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// Keeps the disk busy while a file is still being made, so that who syncs it at the end waits for
/// its last part only. Used by the one thread that writes the file.
final class Writeback {

    /// Small enough that little is left at the end, and large enough for disks to like it.
    private static final long STEP_BYTES = 16 << 20;

    private final FileChannel file;
    private long begun;
    private @Nullable Thread running;
    private volatile @Nullable IOException failure;

    Writeback(FileChannel file) {
        this.file = file;
    }

    /// Tells that the file is written up to there.
    void written(long position) {
        Thread before = running;
        if (position - begun < STEP_BYTES || (before != null && before.isAlive())) {
            return;
        }
        begun = position;
        running = Thread.ofPlatform().daemon().name("writeback").start(this::sync);
    }

    /// Waits for what is under way. Linux tells a failed write to one sync(2) only, so a failure
    /// seen here must not be lost.
    ///
    /// @throws IOException when the disk did not take all
    void finish() throws IOException {
        Thread last = running;
        if (last != null) {
            try {
                last.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new java.io.InterruptedIOException("interrupted while writing to the disk");
            }
        }
        IOException seen = failure;
        if (seen != null) {
            throw seen;
        }
    }

    private void sync() {
        try {
            file.force(false);
        } catch (IOException e) {
            failure = e;
        }
    }
}
