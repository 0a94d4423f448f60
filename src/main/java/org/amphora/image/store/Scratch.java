// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/// A directory for temporary files that vanishes: when it is closed, when the JVM ends, and, after
/// a `kill -9`, when a later process sweeps the parent. It is `amphora-PID-RANDOM`, beside it
/// stands
/// `amphora-PID-RANDOM.lock`, which its owner keeps locked: what can be locked has no owner.
public final class Scratch implements AutoCloseable {

    private static final String PREFIX = "amphora-";
    private static final String LOCK = ".lock";

    /// The lock files of this JVM. The sweep never opens them: closing a descriptor would give up
    /// the lock, see fcntl(2).
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lockFile;
    private final FileChannel lock;
    private final Thread hook = new Thread(this::close, "remove scratch");

    private Scratch(Path path, Path lockFile, FileChannel lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /// A new one below an existing directory.
    public static Scratch in(Path parent) throws IOException {
        while (true) {
            String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong(), 12);
            Path path = parent.resolve(PREFIX + ProcessHandle.current().pid() + "-" + random);
            Path lockFile = path.resolveSibling(path.getFileName() + LOCK);
            OWN.add(lockFile);
            FileChannel lock = create(lockFile);
            if (lock == null) {
                OWN.remove(lockFile);
                continue;
            }
            Scratch scratch = new Scratch(path, lockFile, lock);
            boolean made = false;
            try {
                Files.createDirectory(
                        path,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
                Runtime.getRuntime().addShutdownHook(scratch.hook);
                made = true;
                return scratch;
            } catch (IllegalStateException e) {
                throw new IOException("the program is ending", e);
            } finally {
                if (!made) {
                    scratch.close();
                }
            }
        }
    }

    /// Removes what killed processes left below a directory. Does nothing when it is not there.
    public static void sweep(Path parent) throws IOException {
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (Stream<Path> paths = Files.list(parent)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = path.getFileName().toString();
                if (name.startsWith(PREFIX) && name.endsWith(LOCK) && !OWN.contains(path)) {
                    sweepOne(path);
                }
            }
        }
    }

    public Path path() {
        return path;
    }

    /// Removes the directory with all that is in it; idempotent.
    @Override
    public void close() {
        if (!OWN.contains(lockFile)) {
            return;
        }
        try {
            delete(path);
            Files.deleteIfExists(lockFile);
            lock.close();
        } catch (IOException e) {
            // Kept for a later sweep, which can be done once the lock is given back.
            closeQuietly(lock);
        } finally {
            OWN.remove(lockFile);
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending; this may be the hook itself.
        }
    }

    /// The locked file, null when a sweep was quicker than the lock.
    private static @org.jspecify.annotations.Nullable FileChannel create(Path lockFile)
            throws IOException {
        FileChannel channel;
        try {
            channel =
                    FileChannel.open(
                            lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            return null;
        }
        boolean locked = false;
        try {
            // Nobody else makes a file of this name: if it is still there, it is the locked one.
            locked = channel.tryLock() != null && Files.exists(lockFile);
            return locked ? channel : null;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    private static void sweepOne(Path lockFile) {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
            if (channel.tryLock() == null) {
                return;
            }
            String name = lockFile.getFileName().toString();
            delete(lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length())));
            Files.deleteIfExists(lockFile);
        } catch (IOException | OverlappingFileLockException e) {
            // Another sweep was quicker, or it belongs to another user: no reason to stop.
        }
    }

    /// Removes a file or a tree, also one whose directories its owner may not write. Does nothing
    /// when it is not there.
    static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path directory, BasicFileAttributes attributes) {
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        deleteOne(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e)
                            throws IOException {
                        if (e instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        // A directory that its owner may not read.
                        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) && open(file)) {
                            delete(file);
                            return FileVisitResult.CONTINUE;
                        }
                        throw e;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory,
                            java.io.@org.jspecify.annotations.Nullable IOException e)
                            throws IOException {
                        deleteOne(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private static void deleteOne(Path file) throws IOException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            Path parent = file.getParent();
            if (parent == null || !open(parent)) {
                throw e;
            }
            Files.deleteIfExists(file);
        }
    }

    /// Lets the owner in; false if that changes nothing.
    private static boolean open(Path directory) throws IOException {
        Set<PosixFilePermission> before =
                Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
        Set<PosixFilePermission> changed = new HashSet<>(before);
        if (!changed.addAll(PosixFilePermissions.fromString("rwx------"))) {
            return false;
        }
        Files.setPosixFilePermissions(directory, changed);
        return true;
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written to it.
        }
    }
}
