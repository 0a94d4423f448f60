// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.List;
import java.util.Optional;
import org.amphora.image.Digest;
import org.amphora.image.store.FileDigest;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// Image files by their digest, each once. A file appears whole or not at all and never changes.
public final class ImagePool {
    private final Path directory;

    /// @param directory need not exist
    public ImagePool(Path directory) {
        this.directory = directory;
    }

    /// Where the image lies when the pool has it.
    ///
    /// @param groups who alone may read it; everybody when empty. Other readers, another file.
    Path path(Digest digest, List<String> groups) {
        String readers = groups.isEmpty() ? "" : "." + String.join("+", groups);
        return directory.resolve(digest.hex() + readers + ".sif");
    }

    Optional<Path> find(Digest digest) {
        Path path = path(digest, List.of());
        return Files.exists(path) ? Optional.of(path) : Optional.empty();
    }

    /// Copies a file into the pool; blocks are shared where the file system can. The digest is that
    /// of the copy: it is taken once, and fits what lies in the pool whatever becomes of the file.
    public Digest add(Path file) {
        return place(
                file,
                copy -> {
                    Digest digest = copied(file, copy);
                    publish(copy, path(digest, List.of()));
                    return digest;
                });
    }

    /// Makes the pool's directory readable for nobody else: it holds images of all groups.
    public ImagePool hidden() {
        try {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            return this;
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    /// Puts an image of another pool here: as a hard link when everybody may read it, else as a
    /// file of its own.
    Path take(Path image, Digest digest, List<String> groups) {
        Path target = path(digest, groups);
        if (!Files.exists(target)) {
            var _ =
                    place(
                            image,
                            copy -> {
                                if (!groups.isEmpty() || !linked(image, copy)) {
                                    requireSame(image, digest, copied(image, copy));
                                }
                                publish(copy, target);
                                return digest;
                            });
        }
        return target;
    }

    /// Lets exactly these groups read an image, or a directory and what is in it, so that the
    /// kernel refuses all others.
    static void restrict(Path image, List<String> groups) {
        if (groups.isEmpty()) {
            return;
        }
        boolean directory = Files.isDirectory(image);
        String what = "cannot restrict " + image + " to " + String.join(", ", groups);
        try {
            GroupPrincipal first =
                    image.getFileSystem()
                            .getUserPrincipalLookupService()
                            .lookupPrincipalByGroupName(groups.getFirst());
            PosixFileAttributeView view =
                    Files.getFileAttributeView(image, PosixFileAttributeView.class);
            view.setPermissions(
                    PosixFilePermissions.fromString(directory ? "rwx------" : "r--------"));
            view.setGroup(first);
            view.setPermissions(
                    PosixFilePermissions.fromString(directory ? "rwxr-x---" : "r--r-----"));
        } catch (UserPrincipalNotFoundException e) {
            throw new Problem(
                    what,
                    "there is no group " + e.getName(),
                    "correct runs: in app.yaml, or make the group",
                    e);
        } catch (IOException e) {
            throw new Problem(
                    what,
                    String.valueOf(e.getMessage()),
                    "deploy as a member of the group, or as root",
                    e);
        }
        for (String group : groups.subList(1, groups.size())) {
            Command.of("setfacl", "-m", "g:" + group + (directory ? ":rx" : ":r"), image.toString())
                    .run()
                    .orProblem(what, "apt-get install acl, on a file system with ACLs");
        }
    }

    /// Makes a file that is not in the pool yet, and publishes it.
    private interface Placing {
        Digest place(Path file) throws IOException;
    }

    private Digest place(Path source, Placing placing) {
        try {
            Files.createDirectories(directory);
            Path temporary = Files.createTempDirectory(directory, ".new-");
            Path file = temporary.resolve("image");
            try {
                return placing.place(file);
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw problem(directory.resolve(String.valueOf(source.getFileName())), e);
        }
    }

    private static void publish(Path file, Path target) throws IOException {
        if (Files.exists(target)) {
            return;
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        try {
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException e) {
            // Somebody else put the same bytes there.
        }
    }

    private static boolean linked(Path source, Path file) throws IOException {
        try {
            // protected_hardlinks refuses links to files of others; and not into other file
            // systems.
            if (!Files.getOwner(source, LinkOption.NOFOLLOW_LINKS)
                    .equals(Files.getOwner(file.getParent()))) {
                return false;
            }
            Files.createLink(file, source);
            return true;
        } catch (java.nio.file.FileSystemException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static Digest copied(Path source, Path file) throws IOException {
        Files.copy(source, file);
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
            open.force(true);
        }
        return FileDigest.compute(file);
    }

    private static void requireSame(Path source, Digest digest, Digest copied) throws IOException {
        if (!copied.equals(digest)) {
            throw new IOException(source + " has changed: " + copied + " instead of " + digest);
        }
    }

    private static Problem problem(Path path, IOException e) {
        return new Problem(
                "cannot write " + path,
                String.valueOf(e.getMessage()),
                "check the rights and the space of " + path.getParent(),
                e);
    }
}
