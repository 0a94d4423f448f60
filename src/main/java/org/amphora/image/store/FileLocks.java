// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.progress.Progress;

/// Exclusive locks between threads and processes: one byte of a lock file each, so that one file
/// serves all digests and none has to be removed, which could not be done without a race. The
/// kernel gives a lock back when its process dies, however it dies.
final class FileLocks {

    private static final long FIRST_WAIT_MILLISECONDS = 5;
    private static final long LONGEST_WAIT_MILLISECONDS = 200;

    // Static, because fcntl(2) locks are: they belong to the process, and closing any descriptor of
    // a file gives up all its locks. So this JVM opens a lock file once and keeps it open.
    private static final Map<Path, FileChannel> CHANNELS = new HashMap<>();
    private static final Set<Place> HELD = new HashSet<>();

    private record Place(Path file, long position) {}

    private FileLocks() {}

    /// A lock that is held until it is closed.
    static final class Held implements AutoCloseable {
        private final Place place;
        private final FileLock lock;

        private Held(Place place, FileLock lock) {
            this.place = place;
            this.lock = lock;
        }

        @Override
        public void close() throws IOException {
            synchronized (CHANNELS) {
                HELD.remove(place);
                if (lock.isValid()) {
                    lock.release();
                }
            }
        }
    }

    /// Waits for the lock and shows the note while it does.
    static Held await(Path file, long position, String note, Progress progress) throws IOException {
        Optional<Held> lock = tryLock(file, position);
        if (lock.isPresent()) {
            return lock.get();
        }
        try (Progress.Task _ = progress.begin(note, -1, Progress.Unit.ITEMS)) {
            // Not the blocking kind: the kernel's deadlock detection knows no threads and would
            // refuse (EDEADLK) when two processes each hold a lock the other has a thread wait for.
            long wait = FIRST_WAIT_MILLISECONDS;
            while (lock.isEmpty()) {
                Thread.sleep(wait);
                wait = Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS);
                lock = tryLock(file, position);
            }
            return lock.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + file);
        }
    }

    /// The lock, unless a thread or process has it.
    static Optional<Held> tryLock(Path file, long position) throws IOException {
        Place place = new Place(file, position);
        synchronized (CHANNELS) {
            if (HELD.contains(place)) {
                return Optional.empty();
            }
            FileLock lock = channel(file).tryLock(position, 1, false);
            if (lock == null) {
                return Optional.empty();
            }
            HELD.add(place);
            return Optional.of(new Held(place, lock));
        }
    }

    private static FileChannel channel(Path file) throws IOException {
        FileChannel open = CHANNELS.get(file);
        if (open != null && Files.exists(file)) {
            return open;
        }
        if (open != null) {
            open.close();
        }
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        CHANNELS.put(file, channel);
        return channel;
    }
}
