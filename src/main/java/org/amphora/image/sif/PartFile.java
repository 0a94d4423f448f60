// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/// A file that is being written beside its target, as `.NAME.RUN.NUMBER.part`. Its writer keeps it
/// locked: one that can be locked was left by a writer that was killed, and the next writer of the
/// same target removes it.
final class PartFile implements AutoCloseable {
    private static final String SUFFIX = ".part";

    /// Of this JVM. Its own files are never opened a second time: closing that descriptor would
    /// give up the lock, see fcntl(2).
    private static final String RUN = UUID.randomUUID().toString();

    private final Path target;
    private final Path path;
    private final FileChannel channel;

    private PartFile(Path target, Path path, FileChannel channel) {
        this.target = target;
        this.path = path;
        this.channel = channel;
    }

    /// A new one for a target whose directory exists. Its mode is that of a program, less the
    /// umask.
    static PartFile create(Path target) throws IOException {
        sweep(target);
        while (true) {
            Path path =
                    target.resolveSibling(
                            prefix(target)
                                    + RUN
                                    + "."
                                    + Long.toHexString(System.nanoTime())
                                    + SUFFIX);
            FileChannel channel =
                    FileChannel.open(
                            path,
                            Set.of(
                                    StandardOpenOption.CREATE_NEW,
                                    StandardOpenOption.READ,
                                    StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rwxr-xr-x")));
            if (isLocked(channel) && Files.exists(path)) {
                return new PartFile(target, path, channel);
            }
            // A sweep came between making and locking.
            channel.close();
        }
    }

    FileChannel channel() {
        return channel;
    }

    /// Moves the file to its target in one step.
    void finish() throws IOException {
        channel.close();
        Files.move(
                path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// Removes the file unless it was finished; idempotent.
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }

    /// False when a sweep has the lock. A file system without locks is none the worse: nothing is
    /// swept there.
    private static boolean isLocked(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            return true;
        }
    }

    private static void sweep(Path target) throws IOException {
        String prefix = prefix(target);
        DirectoryStream.Filter<Path> left =
                path -> {
                    String name = path.getFileName().toString();
                    return name.startsWith(prefix)
                            && name.endsWith(SUFFIX)
                            && !name.startsWith(prefix + RUN);
                };
        try (DirectoryStream<Path> paths =
                Files.newDirectoryStream(target.resolveSibling(""), left)) {
            for (Path path : paths) {
                sweepOne(path);
            }
        }
    }

    private static void sweepOne(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | OverlappingFileLockException e) {
            // It belongs to another user, or another sweep was quicker: no reason to stop.
        }
    }

    private static String prefix(Path target) {
        return "." + target.getFileName() + ".";
    }
}
