// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.image.squashfs.Inode;
import org.amphora.image.squashfs.SquashReader;
import org.amphora.image.tree.ImageKind;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.jspecify.annotations.Nullable;

/// Unpacks an image to a directory as an ordinary user: everything belongs to the caller; hard
/// links, modes, times and `user.` xattrs are kept; device nodes and sockets are left out.
public final class Unpacking {
    /// Files that wait for a thread; a bound on memory, not on speed.
    private static final int WAITING = 1024;

    private static final int WRITABLE = 0700;
    private static final int BUFFER = 1 << 17;

    private final SquashReader reader;
    private final String root;
    private final Progress.Task task;
    private final Semaphore waiting = new Semaphore(WAITING);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    private final List<String> directories = new ArrayList<>();
    private final List<Inode.Directory> directoryInodes = new ArrayList<>();

    /// First path of each file that has several, by inode.
    private final Map<Long, String> linked = new HashMap<>();

    private final List<String[]> hardLinks = new ArrayList<>();
    private int leftOut;
    private String firstLeftOut = "";

    private Unpacking(SquashReader reader, String root, Progress.Task task) {
        this.reader = reader;
        this.root = root;
        this.task = task;
    }

    /// Unpacks a SIF or SquashFS file. The directory appears whole or not at all.
    ///
    /// @param target where it will be; must not exist
    /// @param notes takes a sentence for the user about what was left out
    /// @throws Problem when the image is damaged, the target exists or cannot be written
    public static void unpack(Path image, Path target, Progress progress, Consumer<String> notes) {
        String what = "cannot unpack " + image + " to " + target;
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new Problem(what, "it exists already", "remove it, or give another directory");
        }
        Path directory = target.toAbsolutePath().normalize();
        Path parent = directory.getParent();
        if (parent == null) {
            throw new Problem(what, "it has no parent", "give a directory below /");
        }
        Path temporary = parent.resolve("." + directory.getFileName() + "." + UUID.randomUUID());
        try (SquashReader reader = SquashReader.open(image, offset(image));
                Progress.Task task =
                        progress.begin(
                                "unpacking " + image.getFileName(),
                                reader.inodeCount(),
                                Progress.Unit.ITEMS)) {
            try {
                Unpacking unpacking = new Unpacking(reader, Posix.bytes(temporary), task);
                unpacking.run();
                unpacking.tellLeftOut(notes);
                Files.move(temporary, directory, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                remove(temporary);
            }
        } catch (FileAlreadyExistsException e) {
            throw new Problem(what, "it exists by now", "remove it, or give another directory", e);
        } catch (IOException e) {
            throw Storage.problem(what, parent, e);
        }
    }

    private static long offset(Path image) {
        return switch (ImageKind.of(image)) {
            case SQUASHFS -> 0;
            case SIF -> partition(image).offset();
            case DIRECTORY ->
                    throw new Problem(
                            "cannot unpack " + image,
                            "it is a directory already",
                            "copy it: cp -a");
        };
    }

    private static SifObject partition(Path image) {
        return SifFile.open(image)
                .primaryPartition()
                .filter(
                        object ->
                                object.partition().orElseThrow().fileSystem()
                                        == SifObject.FileSystemType.SQUASHFS)
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot unpack " + image,
                                        "it has no primary SquashFS partition",
                                        "amphora sif list " + image));
    }

    private void run() throws IOException {
        int threads = Runtime.getRuntime().availableProcessors();
        // Closing it waits for the threads.
        try (ExecutorService pool =
                Executors.newFixedThreadPool(
                        threads, Thread.ofPlatform().daemon().name("unpack-", 1).factory())) {
            reader.walk((path, inode) -> visit(path, inode, pool));
        } catch (Stopped e) {
            // The failure tells why.
        }
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException("cannot unpack", e);
        }
        for (String[] link : hardLinks) {
            Posix.link(link[0], link[1]);
        }
        // Deepest first, because a directory may lose the right to be entered.
        for (int i = directories.size() - 1; i >= 0; i--) {
            finish(directories.get(i), directoryInodes.get(i));
        }
    }

    /// Ends the walk when a thread has failed.
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stopped() {
            super("stopped", null, false, false);
        }
    }

    private void visit(String relative, Inode inode, ExecutorService pool) {
        if (failure.get() != null) {
            throw new Stopped();
        }
        String path = relative.isEmpty() ? root : root + "/" + relative;
        try {
            switch (inode) {
                case Inode.Directory directory -> {
                    Posix.mkdir(path, WRITABLE);
                    directories.add(path);
                    directoryInodes.add(directory);
                }
                case Inode.Regular file -> regular(path, file, pool);
                case Inode.Symlink link -> {
                    Posix.symlink(link.target(), path);
                    Posix.setTime(path, link.common().mtime());
                }
                case Inode.Fifo fifo -> {
                    Posix.mkfifo(path, 0600);
                    finish(path, fifo);
                }
                case Inode.Device _, Inode.Socket _ -> {
                    if (leftOut++ == 0) {
                        firstLeftOut = "/" + relative;
                    }
                }
            }
            task.advance(1);
        } catch (IOException e) {
            fail(e);
            throw new Stopped();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(new InterruptedIOException("interrupted"));
            throw new Stopped();
        }
    }

    private void regular(String path, Inode.Regular file, ExecutorService pool)
            throws InterruptedException {
        if (file.common().links() > 1) {
            String first = linked.putIfAbsent(file.common().reference(), path);
            if (first != null) {
                hardLinks.add(new String[] {first, path});
                return;
            }
        }
        waiting.acquire();
        pool.execute(
                () -> {
                    try {
                        if (failure.get() == null) {
                            write(path, file);
                        }
                    } catch (IOException | RuntimeException | Error e) {
                        fail(e);
                    } finally {
                        waiting.release();
                    }
                });
    }

    private void write(String path, Inode.Regular file) throws IOException {
        try (Posix.Output out = new Posix.Output(path, Math.clamp(file.size(), 1, BUFFER))) {
            reader.copy(file, out::write);
            out.length(file.size());
        }
        finish(path, file);
    }

    /// Xattrs first: a file that may not be written takes none.
    private void finish(String path, Inode inode) throws IOException {
        for (Map.Entry<String, byte[]> xattr : reader.xattrs(inode).entrySet()) {
            if (xattr.getKey().startsWith("user.")) {
                try {
                    Posix.setXattr(path, xattr.getKey(), xattr.getValue());
                } catch (IOException e) {
                    // Not every file system has them, and the image works without.
                }
            }
        }
        Posix.setTime(path, inode.common().mtime());
        Posix.chmod(path, inode.common().mode());
    }

    private void fail(Throwable e) {
        failure.compareAndSet(null, e);
    }

    private void tellLeftOut(Consumer<String> notes) {
        if (leftOut > 0) {
            notes.accept(leftOut + " device nodes or sockets are left out, e.g. " + firstLeftOut);
        }
    }

    /// Removes what is left of an unpacked tree, also directories that may not be entered.
    private static void remove(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Set<PosixFilePermission> all = PosixFilePermissions.fromString("rwx------");
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path entered, BasicFileAttributes attributes) throws IOException {
                        Files.setPosixFilePermissions(entered, all);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e)
                            throws IOException {
                        if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                            throw e;
                        }
                        Files.setPosixFilePermissions(file, all);
                        remove(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path left, @Nullable IOException e)
                            throws IOException {
                        Files.deleteIfExists(left);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
