// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.image.ImageSource;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;

/// Opens images on disk. Archives are read in place; a compressed one is unpacked to a temporary
/// file that has no name, so that it vanishes with the process.
public final class Layouts {

    private Layouts() {}

    /// Opens a layout directory.
    ///
    /// @throws Problem when there is no layout, or it is damaged
    public static ImageSource open(Reference.OciLayout reference) throws IOException {
        Path directory = reference.directory();
        if (!Files.isDirectory(directory)) {
            throw missing(reference, directory, "directory");
        }
        return OciLayout.open(
                new FileTree.OfDirectory(directory),
                reference.toString(),
                "oci",
                reference.tag(),
                reference.digest());
    }

    /// Opens an archive.
    ///
    /// @param temporary a directory with space for the archive, should it be compressed
    /// @throws Problem when there is no archive, or it is damaged
    /// @throws IOException when the temporary directory cannot be written
    public static ImageSource open(Reference.OciArchive reference, Path temporary)
            throws IOException {
        FileTree files = archive(reference, reference.file(), temporary);
        return closing(
                files,
                () ->
                        OciLayout.open(
                                files,
                                reference.toString(),
                                "oci-archive",
                                reference.tag(),
                                reference.digest()));
    }

    /// Opens an archive.
    ///
    /// @param temporary a directory with space for the archive, should it be compressed
    /// @throws Problem when there is no archive, or it is damaged
    /// @throws IOException when the temporary directory cannot be written
    public static ImageSource open(Reference.DockerArchive reference, Path temporary)
            throws IOException {
        FileTree files = archive(reference, reference.file(), temporary);
        return closing(files, () -> DockerArchive.open(files, reference));
    }

    @FunctionalInterface
    private interface Opening {
        ImageSource open() throws IOException;
    }

    private static ImageSource closing(FileTree files, Opening opening) throws IOException {
        boolean opened = false;
        try {
            ImageSource source = opening.open();
            opened = true;
            return source;
        } finally {
            if (!opened) {
                files.close();
            }
        }
    }

    private static FileTree archive(Reference reference, Path file, Path temporary)
            throws IOException {
        if (Files.isDirectory(file)) {
            throw new Problem(
                    "cannot open " + reference,
                    file + " is a directory",
                    "write oci:" + file + " for a layout that is not packed");
        }
        if (!Files.exists(file)) {
            throw missing(reference, file, "file");
        }
        if (!Files.isReadable(file)) {
            throw new Problem(
                    "cannot open " + reference,
                    "no permission to read " + file,
                    "ask its owner for read permission");
        }
        return TarFile.open(file, temporary);
    }

    private static Problem missing(Reference reference, Path path, String kind) {
        return new Problem(
                "cannot open " + reference,
                "there is no " + kind + " " + path.toAbsolutePath(),
                "check the path; a colon ends it, what follows is a tag");
    }
}
