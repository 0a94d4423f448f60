// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.amphora.problem.Problem;

/// Files by relative name, in a directory or in a tar file. Thread-safe.
sealed interface FileTree extends AutoCloseable permits FileTree.OfDirectory, TarFile {

    /// Whether there is a regular file of this name, links followed.
    boolean has(String name);

    /// Its size in bytes.
    ///
    /// @throws NoSuchFileException when there is none
    long size(String name) throws IOException;

    /// Opens it from its first byte.
    ///
    /// @throws NoSuchFileException when there is none
    InputStream open(String name) throws IOException;

    @Override
    default void close() throws IOException {}

    /// A small file as a whole.
    ///
    /// @throws Problem when it is missing or larger than the limit
    default byte[] read(String name, int limit, String source) {
        String what = "cannot read " + name + " of " + source;
        try {
            long size = size(name);
            if (size > limit) {
                throw new Problem(
                        what,
                        String.format(Locale.ROOT, "it has %d bytes, at most %d fit", size, limit),
                        "check that this is an image");
            }
            try (InputStream in = open(name)) {
                return in.readNBytes(limit);
            }
        } catch (NoSuchFileException e) {
            throw new Problem(
                    what,
                    "it is missing",
                    "check that this is an image of this kind and that it was copied whole",
                    e);
        } catch (IOException e) {
            throw new Problem(
                    what, e.getMessage() == null ? e.toString() : e.getMessage(), "check it", e);
        }
    }

    /// The files below a directory.
    record OfDirectory(Path directory) implements FileTree {
        @Override
        public boolean has(String name) {
            return Files.isRegularFile(directory.resolve(name));
        }

        @Override
        public long size(String name) throws IOException {
            return Files.size(directory.resolve(name));
        }

        @Override
        public InputStream open(String name) throws IOException {
            return Files.newInputStream(directory.resolve(name));
        }
    }
}
