// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.progress.Progress;

/// What was made from images once and is kept: packed layers, SIF files, unpacked trees, changed
/// files, each under the digest of what it was made from. Safe for any number of threads, processes
/// and, where the file system has working locks, nodes. The layout on disk is described in
/// `docs/cache.md`.
public final class Cache {

    /// The time of last use is not written more often than this.
    private static final Duration USE_RESOLUTION = Duration.ofHours(1);

    /// The time of last use is that of a launch, which may go on.
    private static final Duration RUNNING = Duration.ofDays(1);

    /// What an entry is.
    public enum Kind {
        /// A layer as the SquashFS writer wants it.
        LAYER("layers/sha256", "", "layer"),
        /// A SIF file.
        IMAGE("images/sha256", ".sif", "image"),
        /// A directory with the files of an image.
        TREE("trees", "", "tree"),
        /// A file of an image, changed so that it suits this node.
        COPY("changed", "", "copy");

        private final String directory;
        private final String suffix;
        private final String word;

        Kind(String directory, String suffix, String word) {
            this.directory = directory;
            this.suffix = suffix;
            this.word = word;
        }

        /// `layer`, `image`, `tree` or `copy`.
        @Override
        public String toString() {
            return word;
        }
    }

    /// Makes one entry.
    @FunctionalInterface
    public interface Maker {
        /// Writes the file, or the directory for {@link Kind#TREE}, at this path, which does not
        /// exist yet. It lies on the file system of the cache, in a directory of its own: siblings
        /// made there vanish with it. When this throws, nothing is kept.
        void make(Path temporary) throws IOException;
    }

    /// One entry of the cache.
    ///
    /// @param sizeInBytes of a tree, the sum over its files
    public record Entry(Kind kind, Digest digest, Path path, long sizeInBytes, Instant lastUsed) {}

    private final Path root;

    private Cache(Path root) {
        this.root = root;
    }

    /// The cache that these environment variables name; it is made when it is first needed.
    public static Cache of(Map<String, String> environment) {
        return new Cache(rootOf(environment));
    }

    /// The cache in this directory, which may not exist yet.
    public static Cache at(Path root) {
        return new Cache(root.toAbsolutePath());
    }

    /// Where these environment variables put the cache: `AMPHORA_CACHEDIR`, then `amphora` below
    /// `APPTAINER_CACHEDIR`, `SINGULARITY_CACHEDIR`, `XDG_CACHE_HOME`, `HOME/.cache`, and the home
    /// directory of the user database. Touches no file.
    ///
    /// @throws Problem when none of them is known
    public static Path rootOf(Map<String, String> environment) {
        String own = environment.getOrDefault("AMPHORA_CACHEDIR", "");
        if (!own.isEmpty()) {
            return Path.of(own).toAbsolutePath();
        }
        String[] parents = {"APPTAINER_CACHEDIR", "SINGULARITY_CACHEDIR", "XDG_CACHE_HOME"};
        for (String name : parents) {
            String parent = environment.getOrDefault(name, "");
            if (!parent.isEmpty()) {
                return Path.of(parent, "amphora").toAbsolutePath();
            }
        }
        String home = environment.getOrDefault("HOME", "");
        if (home.isEmpty()) {
            // The JVM asks the user database; it says "?" for a uid that has no entry.
            home = System.getProperty("user.home", "?");
        }
        if (home.isEmpty() || home.equals("?")) {
            throw new Problem(
                    "cannot find the cache directory",
                    "HOME is not set and the user database has no home for this user",
                    "set AMPHORA_CACHEDIR to a directory with space for images");
        }
        return Path.of(home, ".cache", "amphora").toAbsolutePath();
    }

    public Path root() {
        return root;
    }

    /// Where an entry is or would be.
    public Path path(Kind kind, Digest digest) {
        return root.resolve(kind.directory).resolve(digest.hex() + kind.suffix);
    }

    /// An entry if it is there; notes that it was used.
    public Optional<Path> find(Kind kind, Digest digest) {
        Path path = path(kind, digest);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        touch(path);
        return Optional.of(path);
    }

    /// The entry, made if it is missing. Of all threads and processes that ask at once one makes
    /// it, the others wait. It appears whole or not at all. A maker of images and trees may ask for
    /// layers, never the reverse: that order keeps waiting processes free of deadlock.
    ///
    /// @param digest of what the entry is made from
    /// @throws Problem of the maker, or when the cache cannot be written or is full
    public Path getOrMake(Kind kind, Digest digest, Progress progress, Maker maker) {
        Optional<Path> found = find(kind, digest);
        if (found.isPresent()) {
            return found.get();
        }
        Path path = path(kind, digest);
        try {
            directory(kind.directory);
            Path lockFile = directory("locks").resolve(kind.word);
            String note = "another process is making " + kind + " " + digest.shortHex();
            try (FileLocks.Held _ = FileLocks.await(lockFile, position(digest), note, progress)) {
                if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    make(kind, path, maker);
                }
            }
            return path;
        } catch (UncheckedIOException e) {
            IOException cause = e.getCause() == null ? new IOException(e) : e.getCause();
            throw Storage.problem("cannot make " + kind + " " + digest, root, cause);
        } catch (IOException e) {
            throw Storage.problem("cannot make " + kind + " " + digest, root, e);
        }
    }

    /// A directory for temporary files on the file system of the cache; it vanishes when closed,
    /// and, should this process be killed, when a later one sweeps.
    ///
    /// @throws Problem when it cannot be made
    public Scratch scratch() {
        try {
            Path parent = directory("tmp");
            Scratch.sweep(parent);
            return Scratch.in(parent);
        } catch (IOException e) {
            throw Storage.problem("cannot make a temporary directory", root, e);
        }
    }

    /// All entries, in no order.
    ///
    /// @throws Problem when the cache cannot be read
    public List<Entry> list() {
        List<Entry> entries = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            try (Stream<Path> paths = Files.list(root.resolve(kind.directory))) {
                for (Path path : (Iterable<Path>) paths::iterator) {
                    entry(kind, path).ifPresent(entries::add);
                }
            } catch (NoSuchFileException e) {
                // Nothing of this kind was made yet.
            } catch (IOException e) {
                throw Storage.problem("cannot list the cache", root, e);
            }
        }
        return entries;
    }

    /// Removes the entries of these kinds that were not used for so long, and what killed processes
    /// left. An entry that is being made stays. A running container keeps a SIF file that is
    /// removed under it (but not over NFS from another node), a tree it loses.
    ///
    /// @param unusedFor zero for all entries
    /// @return what was removed
    public List<Entry> clean(Set<Kind> kinds, Duration unusedFor) {
        List<Entry> removed = new ArrayList<>();
        Instant before = Instant.now().minus(unusedFor);
        List<Entry> entries = list();
        if (entries.isEmpty() && !Files.exists(root.resolve("tmp"))) {
            return removed;
        }
        try (Scratch trash = scratch()) {
            for (Entry entry : entries) {
                if (!kinds.contains(entry.kind) || entry.lastUsed.isAfter(before)) {
                    continue;
                }
                if (remove(entry, trash)) {
                    removed.add(entry);
                }
            }
        } catch (IOException e) {
            throw Storage.problem("cannot clean the cache", root, e);
        }
        return removed;
    }

    /// Removes what was used least recently, layers first, until the cache holds at most so much.
    /// Trees stay, and images and copies that were used within a day: containers may run from them.
    ///
    /// @return how much it holds then
    long trim(long bytes) {
        List<Entry> entries = new ArrayList<>(list());
        long total = entries.stream().mapToLong(Entry::sizeInBytes).sum();
        if (total <= bytes) {
            return total;
        }
        Instant before = Instant.now().minus(RUNNING);
        entries.removeIf(
                entry ->
                        entry.kind == Kind.TREE
                                || entry.kind != Kind.LAYER && entry.lastUsed.isAfter(before));
        entries.sort(Comparator.comparing(Entry::kind).thenComparing(Entry::lastUsed));
        try (Scratch trash = scratch()) {
            for (Entry entry : entries) {
                if (total > bytes && remove(entry, trash)) {
                    total -= entry.sizeInBytes;
                }
            }
        } catch (IOException e) {
            throw Storage.problem("cannot clean the cache", root, e);
        }
        return total;
    }

    /// Unless somebody makes it at this moment, or has removed it.
    private boolean remove(Entry entry, Scratch trash) throws IOException {
        Path lockFile = directory("locks").resolve(entry.kind.word);
        Optional<FileLocks.Held> lock = FileLocks.tryLock(lockFile, position(entry.digest));
        if (lock.isEmpty()) {
            return false;
        }
        try (FileLocks.Held _ = lock.get()) {
            // Renamed first: a reader sees the whole entry or none.
            Files.move(
                    entry.path,
                    trash.path().resolve(entry.kind + entry.digest.hex()),
                    StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (NoSuchFileException e) {
            // Somebody else cleans too.
            return false;
        }
    }

    private void make(Kind kind, Path path, Maker maker) throws IOException {
        Path parent = directory("tmp");
        Scratch.sweep(parent);
        try (Scratch scratch = Scratch.in(parent)) {
            Path temporary = scratch.path().resolve(kind + kind.suffix);
            maker.make(temporary);
            if (kind == Kind.TREE) {
                // There is no syncfs(2) in Java, and one fsync(2) a file takes minutes.
                Command.of("sync", "-f", temporary.toString())
                        .run()
                        .orProblem("cannot write " + temporary, "check the disk");
            } else {
                sync(temporary, StandardOpenOption.WRITE);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            sync(directory(kind.directory), StandardOpenOption.READ);
        }
    }

    private Path directory(String name) throws IOException {
        return Files.createDirectories(root.resolve(name));
    }

    /// The byte of the lock file that stands for a digest: its first 60 bits.
    static long position(Digest digest) {
        return Long.parseLong(digest.hex().substring(0, 15), 16);
    }

    private static Optional<Entry> entry(Kind kind, Path path) throws IOException {
        String name = path.getFileName().toString();
        try {
            Digest digest =
                    new Digest("sha256", name.substring(0, name.length() - kind.suffix.length()));
            BasicFileAttributes attributes =
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            long size = attributes.isDirectory() ? treeSize(path) : attributes.size();
            return Optional.of(
                    new Entry(kind, digest, path, size, attributes.lastAccessTime().toInstant()));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | NoSuchFileException e) {
            // Not ours, or removed meanwhile.
            return Optional.empty();
        }
    }

    private static long treeSize(Path tree) throws IOException {
        long[] size = {0};
        Files.walkFileTree(
                tree,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        size[0] += attributes.isRegularFile() ? attributes.size() : 0;
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        return FileVisitResult.CONTINUE;
                    }
                });
        return size[0];
    }

    /// The access time says when an entry was last used; the modification time stays, because the
    /// facts that launches remember go by it.
    private static void touch(Path path) {
        try {
            BasicFileAttributeView view =
                    Files.getFileAttributeView(path, BasicFileAttributeView.class);
            Instant now = Instant.now();
            Instant before = view.readAttributes().lastAccessTime().toInstant();
            if (before.isBefore(now.minus(USE_RESOLUTION))) {
                view.setTimes(null, FileTime.from(now), null);
            }
        } catch (IOException e) {
            // A cache of somebody else may be read only; it can be used all the same.
        }
    }

    private static void sync(Path path, StandardOpenOption option) throws IOException {
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    }
}
