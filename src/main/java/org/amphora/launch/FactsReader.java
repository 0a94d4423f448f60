// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.image.sif.Architecture;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.image.tree.ImageTree;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Computes the facts of an image from its files.
final class FactsReader {
    private static final String SCRIPTS = "/.singularity.d/env";
    private static final int SCRIPT_LIMIT = 1 << 20;
    private static final String SQUASHFS_MAGIC = "hsqs";
    private static final String SIF_MAGIC = "SIF_MAGIC";

    // Apptainer pkg/image/sif.go: the magic may stand behind a longer launch script.
    private static final int MAGIC_REACH = 2048;

    private FactsReader() {}

    static ImageFacts ofDirectory(File root) {
        if (!root.canExecute()) {
            throw new Problem(
                    "cannot open image " + root,
                    "the directory may not be entered",
                    "ls -ld " + root);
        }
        try (ImageTree tree = ImageTree.directory(root.toPath())) {
            return of(tree, true, 0, "");
        }
    }

    /// The facts of a SIF or SquashFS file.
    ///
    /// @throws Problem when it is missing, unreadable, or no image
    static ImageFacts ofFile(Path image) {
        byte[] begin = begin(image);
        String text = new String(begin, StandardCharsets.ISO_8859_1);
        if (text.startsWith(SQUASHFS_MAGIC)) {
            return ofSquash(image, 0, "");
        }
        if (!text.contains(SIF_MAGIC)) {
            throw new Problem(
                    "cannot open image " + image,
                    "it is neither a SIF nor a SquashFS file"
                            + (begin.length == 0 ? ": it is empty" : ""),
                    "name an image, or make one: amphora build IMAGE.sif SOURCE");
        }
        SifFile sif = SifFile.open(image);
        SifObject partition = sif.primaryPartition().orElse(null);
        if (partition == null) {
            throw new Problem(
                    "cannot run " + image,
                    "it has no root file system",
                    "amphora sif list " + image + " shows what it has");
        }
        Architecture architecture = sif.header().architecture();
        SifObject.FileSystemType kind = SifObject.FileSystemType.UNKNOWN;
        if (partition.detail() instanceof SifObject.Partition detail) {
            kind = detail.fileSystem();
            architecture =
                    detail.architecture() == Architecture.UNKNOWN
                            ? architecture
                            : detail.architecture();
        }
        if (kind != SifObject.FileSystemType.SQUASHFS) {
            throw new Problem(
                    "cannot run " + image,
                    "its root file system is " + kind.label() + ", only Squashfs can be run",
                    "build it again as a plain SIF file");
        }
        return ofSquash(
                image,
                partition.offset(),
                architecture == Architecture.UNKNOWN ? "" : architecture.ociName());
    }

    private static byte[] begin(Path image) {
        try (FileInputStream in = new FileInputStream(image.toFile())) {
            return in.readNBytes(MAGIC_REACH);
        } catch (IOException e) {
            throw new Problem(
                    "cannot open image " + image,
                    String.valueOf(e.getMessage()),
                    "ls -ld " + image,
                    e);
        }
    }

    private static ImageFacts ofSquash(Path image, long offset, String architecture) {
        try (ImageTree tree = ImageTree.squash(image, offset)) {
            return of(tree, false, offset, architecture);
        }
    }

    private static ImageFacts of(
            ImageTree tree, boolean directory, long offset, String architecture) {
        List<String> programs = new ArrayList<>();
        for (String program : ImageFacts.PROGRAMS) {
            ImageTree.File file = tree.find(program).orElse(null);
            if (file != null && file.kind() == ImageTree.Kind.REGULAR && file.isExecutable()) {
                programs.add(program);
            }
        }
        List<ImageFacts.Script> scripts = new ArrayList<>();
        for (String name : tree.names(SCRIPTS)) {
            String text = name.endsWith(".sh") ? text(tree, SCRIPTS + "/" + name) : null;
            if (text != null) {
                scripts.add(new ImageFacts.Script(name, text));
            }
        }
        String runscript = text(tree, ImageFacts.RUNSCRIPT);
        boolean oci = runscript != null && runscript.contains("\nOCI_ENTRYPOINT=");
        return new ImageFacts(
                directory,
                offset,
                architecture,
                programs,
                scripts,
                oci && runscript != null ? runscript : "");
    }

    private static @Nullable String text(ImageTree tree, String path) {
        byte[] bytes = tree.read(path, SCRIPT_LIMIT).orElse(null);
        return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
