// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.problem.Problem;

/// The files of an image, to be looked at without mounting it: of a SIF or SquashFS file, or of a
/// directory. Paths begin with a slash at the root of the image; links are followed inside of the
/// image and never lead out. Light enough for the launch path. Thread-safe, but for `close`.
public sealed interface ImageTree extends AutoCloseable permits SquashTree, DiskTree {

    /// As many as Linux follows (`MAXSYMLINKS`).
    int MAXIMUM_LINKS = 40;

    /// What a file is.
    enum Kind {
        REGULAR,
        DIRECTORY,
        LINK,
        OTHER
    }

    /// One file.
    interface File {
        /// Without links before the last name.
        String path();

        Kind kind();

        /// Whether anyone may execute it.
        boolean isExecutable();

        /// Whether everyone may read it.
        boolean isReadable();

        /// When its content last changed, in seconds since 1970 UTC.
        long modified();

        /// Of the content of a regular file, in bytes.
        long size();

        /// Where a link points to; empty when it is none.
        String target();

        /// Fills the array with bytes of a regular file from `at`, all of which must exist.
        ///
        /// @throws IOException when they cannot be read
        void fill(long at, byte[] into) throws IOException;
    }

    /// Sees all files.
    interface Visitor {
        void visit(File file);

        /// A directory that cannot be read is passed over.
        void unreadable(String path, String why);
    }

    /// Opens an image.
    ///
    /// @throws Problem when it cannot be read, is none, or has a file system that is not read here
    static ImageTree open(Path image) {
        return switch (ImageKind.of(image)) {
            case DIRECTORY -> directory(image);
            case SQUASHFS -> squash(image, 0);
            case SIF -> squash(image, partition(image).offset());
        };
    }

    /// A SquashFS file system that begins at a byte of a file.
    ///
    /// @throws Problem when it cannot be read or is none
    static ImageTree squash(Path image, long offset) {
        return SquashTree.open(image, offset);
    }

    static ImageTree directory(Path root) {
        return new DiskTree(root);
    }

    /// The file of that path; a link itself when it is one.
    ///
    /// @param path without links before the last name, and without `.` and `..`
    Optional<File> at(String path);

    /// The sorted names in a directory.
    ///
    /// @param directory as for {@link #at}
    /// @throws IOException when it cannot be read
    List<String> list(String directory) throws IOException;

    /// Visits all files but the root; a directory comes before what is in it, and names come in
    /// order.
    void walk(Visitor visitor);

    @Override
    void close();

    /// The file of that path after links; empty when there is none, or links go in a circle.
    default Optional<File> find(String path) {
        Deque<String> left = new ArrayDeque<>();
        push(path, left);
        String done = "";
        Optional<File> found = at("/");
        int links = 0;
        while (!left.isEmpty()) {
            String name = left.pop();
            if (name.equals("..")) {
                done = done.isEmpty() ? "" : done.substring(0, done.lastIndexOf('/'));
                found = at(done.isEmpty() ? "/" : done);
                continue;
            }
            found = at(done + "/" + name);
            if (found.isEmpty()) {
                return found;
            }
            if (found.get().kind() != Kind.LINK) {
                done = done + "/" + name;
                continue;
            }
            if (++links > MAXIMUM_LINKS) {
                return Optional.empty();
            }
            String target = found.get().target();
            if (target.startsWith("/")) {
                done = "";
            }
            push(target, left);
            found = at(done.isEmpty() ? "/" : done);
        }
        return found;
    }

    /// The sorted names in a directory after links; none when there is none or it cannot be read.
    default List<String> names(String directory) {
        Optional<File> found = find(directory).filter(file -> file.kind() == Kind.DIRECTORY);
        try {
            return found.isEmpty() ? List.of() : list(found.get().path());
        } catch (IOException e) {
            return List.of();
        }
    }

    /// The start of a regular file after links.
    ///
    /// @return at most `limit` bytes; empty when there is none or it cannot be read
    default Optional<byte[]> read(String path, int limit) {
        Optional<File> found = find(path).filter(file -> file.kind() == Kind.REGULAR);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = new byte[(int) Math.min(limit, found.get().size())];
        try {
            found.get().fill(0, bytes);
            return Optional.of(bytes);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static void push(String path, Deque<String> onto) {
        List<String> names = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= path.length(); i++) {
            if (i == path.length() || path.charAt(i) == '/') {
                String name = path.substring(from, i);
                if (!name.isEmpty() && !name.equals(".")) {
                    names.add(name);
                }
                from = i + 1;
            }
        }
        for (int i = names.size() - 1; i >= 0; i--) {
            onto.push(names.get(i));
        }
    }

    private static SifObject partition(Path image) {
        SifObject partition =
                SifFile.open(image)
                        .primaryPartition()
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot read the files of " + image,
                                                "the SIF file has no primary partition",
                                                "amphora sif list " + image));
        SifObject.FileSystemType type = partition.partition().orElseThrow().fileSystem();
        if (type != SifObject.FileSystemType.SQUASHFS) {
            throw new Problem(
                    "cannot read the files of " + image,
                    "its file system is " + type.label() + ", which is not read here",
                    "build it again with a SquashFS file system");
        }
        return partition;
    }
}
