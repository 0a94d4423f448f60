// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// The directory of one running build: `tree` is the image's root, beside it lie scripts and plans.
/// It is locked as long as the build lives; one without a living build is a leftover of a build
/// that was killed, and {@link #leftovers} finds it.
final class Workspace implements AutoCloseable {

    private static final String PREFIX = "amphora-build-";
    private static final String LOCK = "lock";

    /// Between making a directory and locking it a build is this old at most.
    private static final Duration BIRTH = Duration.ofMinutes(2);

    private final Path path;
    private final FileChannel channel;
    private int files;

    private Workspace(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /// A new one.
    ///
    /// @param parent made if it is missing
    /// @throws Problem when nothing can be made there
    static Workspace create(Path parent) {
        try {
            Files.createDirectories(parent);
            while (true) {
                Path path =
                        Files.createTempDirectory(
                                parent.toRealPath(),
                                PREFIX,
                                PosixFilePermissions.asFileAttribute(
                                        PosixFilePermissions.fromString("rwx------")));
                Workspace workspace = locked(path, StandardOpenOption.CREATE);
                if (workspace != null) {
                    Files.createDirectory(workspace.tree());
                    Files.setPosixFilePermissions(
                            workspace.tree(), PosixFilePermissions.fromString("rwxr-xr-x"));
                    return workspace;
                }
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot begin a build in " + parent,
                    String.valueOf(e),
                    "set AMPHORA_TMPDIR to a local directory with space for the unpacked image",
                    e);
        }
    }

    /// The same user's workspaces beside this one whose build is dead, each locked by this call.
    List<Workspace> leftovers() {
        List<Workspace> found = new ArrayList<>();
        Path parent = path.resolveSibling("");
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : paths) {
                Workspace workspace = other.equals(path) ? null : leftover(other);
                if (workspace != null) {
                    found.add(workspace);
                }
            }
        } catch (IOException e) {
            // Another sweeper was quicker, or the directory is not readable: nothing to sweep.
        }
        return found;
    }

    Path path() {
        return path;
    }

    /// The root of the image that is being built.
    Path tree() {
        return path.resolve("tree");
    }

    /// A path of a file that does not exist yet.
    Path newFile(String suffix) {
        files++;
        return path.resolve(files + suffix);
    }

    /// Writes a new file.
    Path write(String suffix, String text) {
        Path file = newFile(suffix);
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw full(e);
        }
    }

    /// What to say when a file of the build cannot be written.
    Problem full(IOException e) {
        String space;
        try {
            space = (Files.getFileStore(path).getUsableSpace() >> 20) + " MiB are free there";
        } catch (IOException unknown) {
            space = "the free space there is unknown";
        }
        return new Problem(
                "cannot write build files in " + path,
                e + "; " + space,
                "set AMPHORA_TMPDIR to a local directory with space for the unpacked image",
                e);
    }

    /// Removes the directory; the tree must be gone already when other users own files in it.
    @Override
    public void close() {
        try {
            remove(path);
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private @Nullable Workspace leftover(Path other) throws IOException {
        try {
            if (!Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                    || !Files.isWritable(other)
                    || !Files.getOwner(other, LinkOption.NOFOLLOW_LINKS)
                            .equals(Files.getOwner(path))) {
                return null;
            }
            if (Files.exists(other.resolve(LOCK))) {
                return locked(other, StandardOpenOption.WRITE);
            }
            Instant made = Files.getLastModifiedTime(other).toInstant();
            boolean old = made.isBefore(Instant.now().minus(BIRTH));
            return old ? locked(other, StandardOpenOption.CREATE) : null;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /// @return null when another process holds the lock, or has removed the directory meanwhile
    private static @Nullable Workspace locked(Path path, StandardOpenOption how)
            throws IOException {
        FileChannel channel = FileChannel.open(path.resolve(LOCK), StandardOpenOption.WRITE, how);
        boolean kept = false;
        try {
            FileLock lock = channel.tryLock();
            kept = lock != null && Files.exists(path.resolve(LOCK));
            return kept ? new Workspace(path, channel) : null;
        } catch (OverlappingFileLockException e) {
            return null;
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    /// The lock goes last, so that an interrupted removal is found again.
    private static void remove(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> children = new ArrayList<>();
            try (DirectoryStream<Path> paths = Files.newDirectoryStream(path)) {
                paths.forEach(children::add);
            }
            children.sort((a, b) -> Boolean.compare(a.endsWith(LOCK), b.endsWith(LOCK)));
            for (Path child : children) {
                remove(child);
            }
        }
        Files.deleteIfExists(path);
    }
}
