// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.amphora.catalog.AppVersion;
import org.amphora.contents.StartFiles;
import org.amphora.image.Digest;
import org.amphora.image.tree.ImageTree;
import org.amphora.problem.Problem;

/// Copies of the files that the commands of a version read when they start, in a directory beside
/// the image: the kernel reads them itself and keeps them for all users of the node, while those in
/// the image are unpacked anew by the FUSE server of each launch.
final class StartCopies {
    /// Raised when other files are chosen than before.
    private static final String FORMAT = "1";

    /// With fewer the FUSE server is as quick.
    private static final int FILES_AT_LEAST = 8;

    private static final int PIECE = 1 << 20;
    private final Path directory;

    /// @param directory where they lie, which need not exist
    StartCopies(Path directory) {
        this.directory = directory;
    }

    /// The copies for a version, made unless they are there.
    ///
    /// @param image in the cluster's pool, readable for those who may run it, as the copies will be
    /// @return empty when there is little to copy
    Optional<Path> of(AppVersion app, Path image) {
        List<String> programs =
                app.commands().stream().map(command -> command.argv().getFirst()).sorted().toList();
        Path copies =
                directory.resolve(
                        String.valueOf(image.getFileName()).replaceFirst("\\.sif$", "")
                                + "-"
                                + Digest.of(FORMAT + "\n" + String.join("\n", programs))
                                        .shortHex());
        if (!Files.isDirectory(copies)) {
            make(copies, image, programs, app.runs());
        }
        return Tree.names(copies).isEmpty() ? Optional.empty() : Optional.of(copies);
    }

    private static void make(Path copies, Path image, List<String> programs, List<String> groups) {
        try (ImageTree tree = ImageTree.open(image)) {
            List<ImageTree.File> files = StartFiles.of(tree, programs);
            Path temporary = Tree.temporary(copies);
            ImagePool.restrict(temporary, groups);
            if (files.size() >= FILES_AT_LEAST) {
                for (ImageTree.File file : files) {
                    copy(file, temporary.resolve(file.path().substring(1)).normalize(), temporary);
                }
            }
            Files.move(temporary, copies, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new Problem(
                    "cannot write " + copies,
                    String.valueOf(e.getMessage()),
                    "check the rights and the space of the cluster's root",
                    e);
        }
    }

    private static void copy(ImageTree.File file, Path to, Path below) throws IOException {
        if (!to.startsWith(below)) {
            throw new IOException("the image has a file outside of it: " + file.path());
        }
        Tree.makeDirectories(Objects.requireNonNull(to.getParent()));
        if (file.kind() == ImageTree.Kind.LINK) {
            Files.createSymbolicLink(to, Path.of(file.target()));
            return;
        }
        try (OutputStream out = Files.newOutputStream(to)) {
            for (long at = 0; at < file.size(); at += PIECE) {
                byte[] piece = new byte[(int) Math.min(PIECE, file.size() - at)];
                file.fill(at, piece);
                out.write(piece);
            }
        }
        Files.setPosixFilePermissions(
                to,
                PosixFilePermissions.fromString(file.isExecutable() ? "rwxr-xr-x" : "rw-r--r--"));
        Files.setLastModifiedTime(to, FileTime.from(file.modified(), TimeUnit.SECONDS));
    }
}
