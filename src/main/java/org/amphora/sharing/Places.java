// SPDX-License-Identifier: Apache-2.0
package org.amphora.sharing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.amphora.problem.Problem;

/// The line in which pulls and builds of all users wait for a place. Who has fewest places goes
/// first, then who came first.
///
/// Each stands in line as a file of its own, named by the time, which its owner cannot be mistaken
/// for another in, and which it keeps locked (`fcntl(2)`): so the kernel gives back the place of
/// one that was killed. Works between nodes where the directory is on a file system with locks.
public final class Places {

    private static final long PAUSE_MILLISECONDS = 200;
    private static final String WAITS = ".waits";
    private static final String HOLDS = ".holds";

    /// Waits for a place of its own user's, and is no hindrance to others.
    private static final String FULL = ".full";

    private static final Set<String> STATES = Set.of(WAITS, HOLDS, FULL);

    /// This JVM's own: looking at one's lock would give it up, as closing any descriptor of a file
    /// does.
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    /// Only one thread at a time holds the lock of a process.
    private static final Object THREADS = new Object();

    private final Limits limits;
    private final Consumer<String> notes;

    /// What there are places for.
    public enum Kind {
        PULL,
        BUILD;

        /// `pull` or `build`.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// A place, until it is closed.
    public interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /// Who is there now.
    ///
    /// @param own of the caller among those that hold
    public record Count(int holding, int waiting, int own) {}

    private record Entry(Path file, Object owner, String name) {
        boolean is(String state) {
            return name.endsWith(state);
        }
    }

    /// @param notes is told once when there is a line
    public Places(Limits limits, Consumer<String> notes) {
        this.limits = limits;
        this.notes = notes;
    }

    /// A place; waits in line for it when the site has limits.
    ///
    /// @throws Problem when one may have none at all, or the line cannot be kept
    public Place enter(Kind kind) {
        if (limit(kind) == Limits.UNLIMITED && all(kind) == Limits.UNLIMITED) {
            return () -> {};
        }
        if (limit(kind) == 0 || all(kind) == 0) {
            throw new Problem(
                    "cannot " + kind,
                    "the site allows you none (amphora quota)",
                    "ask who runs this cluster");
        }
        try {
            return new Ticket(kind).await();
        } catch (IOException e) {
            throw unkept(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("cannot " + kind, "interrupted in the line", "run it again", e);
        }
    }

    /// Who is there.
    public Count count(Kind kind) {
        try {
            List<Entry> living = living(line(kind));
            Object caller = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            int holding = (int) living.stream().filter(entry -> entry.is(HOLDS)).count();
            return new Count(holding, living.size() - holding, (int) held(living, caller));
        } catch (NoSuchFileException e) {
            return new Count(0, 0, 0);
        } catch (IOException e) {
            throw unkept(e);
        }
    }

    private long limit(Kind kind) {
        return kind == Kind.PULL ? limits.pulls() : limits.builds();
    }

    private long all(Kind kind) {
        return kind == Kind.PULL ? limits.allPulls() : limits.allBuilds();
    }

    private Path line(Kind kind) {
        return limits.places().resolve(kind.toString());
    }

    /// Anybody may come, and nobody may remove another's ticket.
    private static void open(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Path above = directory.getParent();
            if (above != null) {
                open(above);
            }
            try {
                Files.createDirectory(directory);
            } catch (java.nio.file.FileAlreadyExistsException e) {
                return;
            }
            // The sticky bit has no name in Java.
            Files.setAttribute(directory, "unix:mode", 01777);
        }
    }

    private static long held(List<Entry> living, Object owner) {
        return living.stream()
                .filter(entry -> entry.is(HOLDS) && entry.owner.equals(owner))
                .count();
    }

    /// Those whose process lives; what others left is removed where that is allowed.
    private static List<Entry> living(Path line) throws IOException {
        List<Entry> living = new ArrayList<>();
        try (Stream<Path> files = Files.list(line)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (STATES.stream().noneMatch(name::endsWith)) {
                    continue;
                }
                try {
                    Object owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
                    if (OWN.contains(file) || isLocked(file)) {
                        living.add(new Entry(file, owner, name));
                    }
                } catch (NoSuchFileException e) {
                    // Left, or got its place meanwhile; the next look sees it.
                }
            }
        }
        return living;
    }

    private static boolean isLocked(Path file) throws IOException {
        try (FileChannel channel =
                        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            if (lock == null) {
                return true;
            }
            Files.deleteIfExists(file);
        } catch (AccessDeniedException e) {
            // Somebody else's remains.
        } catch (java.nio.file.FileSystemException e) {
            if (e instanceof NoSuchFileException) {
                throw e;
            }
        }
        return false;
    }

    private Problem unkept(IOException e) {
        return new Problem(
                "cannot stand in line",
                String.valueOf(e.getMessage()),
                "install -d -m 1777 " + limits.places() + " (places in the site's limits)",
                e);
    }

    /// One's place in the line.
    private final class Ticket implements Place {
        private final Kind kind;
        private final Path line;
        private final FileChannel channel;
        private final Object owner;
        private Path file;

        Ticket(Kind kind) throws IOException {
            this.kind = kind;
            this.line = line(kind);
            open(line);
            java.time.Instant now = java.time.Instant.now();
            String name =
                    "%d.%09d-%s%s"
                            .formatted(
                                    now.getEpochSecond(), now.getNano(), UUID.randomUUID(), WAITS);
            this.file = line.resolve(name);
            OWN.add(file);
            this.channel =
                    FileChannel.open(
                            file,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-r--r--")));
            if (channel.tryLock() == null) {
                throw new IOException("a new file is locked: " + file);
            }
            this.owner = Files.getAttribute(file, "unix:uid");
        }

        Place await() throws IOException, InterruptedException {
            boolean told = false;
            try {
                while (!isGranted()) {
                    if (!told) {
                        notes.accept(waiting());
                        told = true;
                    }
                    Thread.sleep(PAUSE_MILLISECONDS);
                }
                return this;
            } catch (IOException | InterruptedException e) {
                close();
                throw e;
            }
        }

        private String waiting() {
            Count count = count(kind);
            return "waiting for a place: %d %ss run (%d of yours), %d wait"
                    .formatted(count.holding, kind, count.own, count.waiting);
        }

        /// Looks and takes the place in one step for all processes.
        private boolean isGranted() throws IOException {
            Path door = line.resolve("door");
            synchronized (THREADS) {
                try (FileChannel opened =
                                FileChannel.open(
                                        door, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock _ = opened.lock()) {
                    openToAll(door);
                    List<Entry> living = living(line);
                    if (held(living, owner) >= limit(kind)) {
                        become(FULL);
                        return false;
                    }
                    if (file.toString().endsWith(FULL)) {
                        become(WAITS);
                        living = living(line);
                    }
                    if (living.stream().filter(entry -> entry.is(HOLDS)).count() >= all(kind)
                            || !isFirst(living)) {
                        return false;
                    }
                    become(HOLDS);
                    return true;
                }
            }
        }

        private void become(String state) throws IOException {
            String name = file.getFileName().toString();
            Path renamed = line.resolve(name.substring(0, name.lastIndexOf('.')) + state);
            if (!renamed.equals(file)) {
                OWN.add(renamed);
                Files.move(file, renamed);
                OWN.remove(file);
                file = renamed;
            }
        }

        private boolean isFirst(List<Entry> living) {
            return living.stream()
                    .filter(entry -> entry.is(WAITS))
                    .min(
                            Comparator.comparingLong((Entry entry) -> held(living, entry.owner))
                                    .thenComparing(Entry::name))
                    .map(first -> first.file.equals(file))
                    .orElse(false);
        }

        private void openToAll(Path door) throws IOException {
            if (Files.getAttribute(door, "unix:uid").equals(owner)) {
                Files.setPosixFilePermissions(door, PosixFilePermissions.fromString("rw-rw-rw-"));
            }
        }

        @Override
        public void close() {
            try {
                Files.deleteIfExists(file);
                channel.close();
            } catch (IOException e) {
                throw unkept(e);
            } finally {
                OWN.remove(file);
            }
        }
    }
}
