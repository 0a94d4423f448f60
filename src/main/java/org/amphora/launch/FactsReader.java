// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.amphora.image.sif.Architecture;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.image.squashfs.Inode;
import org.amphora.image.squashfs.SquashReader;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Computes the facts of an image from its files.
final class FactsReader {
    private static final String SCRIPTS = "/.singularity.d/env";
    private static final int SCRIPT_LIMIT = 1 << 20;
    private static final int MAXIMUM_LINKS = 40;
    private static final String SQUASHFS_MAGIC = "hsqs";
    private static final String SIF_MAGIC = "SIF_MAGIC";

    // Apptainer pkg/image/sif.go: the magic may stand behind a longer launch script.
    private static final int MAGIC_REACH = 2048;
    private static final int EXECUTE_BITS = 0111;

    /// The files of an image, links followed inside of it.
    interface Tree {
        boolean isExecutable(String path);

        /// The names in a directory; empty when there is none.
        List<String> names(String directory);

        /// The content as a byte string; `null` when there is no such file.
        @Nullable String read(String path, int limit);
    }

    private FactsReader() {}

    static ImageFacts ofDirectory(File root) {
        if (!root.canExecute()) {
            throw new Problem(
                    "cannot open image " + root,
                    "the directory may not be entered",
                    "ls -ld " + root);
        }
        return of(new DirectoryTree(root), true, 0, "");
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
        try (SquashReader reader = SquashReader.open(image, offset)) {
            return of(new SquashTree(reader), false, offset, architecture);
        }
    }

    static ImageFacts of(Tree tree, boolean directory, long offset, String architecture) {
        List<String> programs = new ArrayList<>();
        for (String program : ImageFacts.PROGRAMS) {
            if (tree.isExecutable(program)) {
                programs.add(program);
            }
        }
        List<ImageFacts.Script> scripts = new ArrayList<>();
        List<String> names = new ArrayList<>(tree.names(SCRIPTS));
        names.sort(null);
        for (String name : names) {
            String text =
                    name.endsWith(".sh") ? tree.read(SCRIPTS + "/" + name, SCRIPT_LIMIT) : null;
            if (text != null) {
                scripts.add(new ImageFacts.Script(name, text));
            }
        }
        String runscript = tree.read(ImageFacts.RUNSCRIPT, SCRIPT_LIMIT);
        boolean oci = runscript != null && runscript.contains("\nOCI_ENTRYPOINT=");
        return new ImageFacts(
                directory,
                offset,
                architecture,
                programs,
                scripts,
                oci && runscript != null ? runscript : "");
    }

    private record SquashTree(SquashReader reader) implements Tree {

        @Override
        public boolean isExecutable(String path) {
            return reader.find(path).orElse(null) instanceof Inode.Regular file
                    && (file.common().mode() & EXECUTE_BITS) != 0;
        }

        @Override
        public List<String> names(String directory) {
            List<String> names = new ArrayList<>();
            if (reader.find(directory).orElse(null) instanceof Inode.Directory found) {
                for (Iterator<SquashReader.Entry> all = reader.entries(found); all.hasNext(); ) {
                    names.add(all.next().name());
                }
            }
            return names;
        }

        @Override
        public @Nullable String read(String path, int limit) {
            return reader.find(path).orElse(null) instanceof Inode.Regular file
                    ? new String(reader.read(file, limit), StandardCharsets.ISO_8859_1)
                    : null;
        }
    }

    /// An unpacked tree. Absolute links are followed from its root, not from the host's.
    private record DirectoryTree(File root) implements Tree {

        @Override
        public boolean isExecutable(String path) {
            File file = find(path);
            return file != null && file.isFile() && file.canExecute();
        }

        @Override
        public List<String> names(String directory) {
            File found = find(directory);
            String[] names = found == null ? null : found.list();
            return names == null ? List.of() : Arrays.asList(names);
        }

        @Override
        public @Nullable String read(String path, int limit) {
            File file = find(path);
            if (file == null || !file.isFile()) {
                return null;
            }
            try (FileInputStream in = new FileInputStream(file)) {
                return new String(in.readNBytes(limit), StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                return null;
            }
        }

        private @Nullable File find(String path) {
            String left = path;
            String done = "";
            int links = 0;
            while (!left.isEmpty()) {
                int slash = left.indexOf('/');
                String part = slash < 0 ? left : left.substring(0, slash);
                left = slash < 0 ? "" : left.substring(slash + 1);
                if (part.isEmpty() || part.equals(".")) {
                    continue;
                }
                if (part.equals("..")) {
                    done = done.isEmpty() ? "" : done.substring(0, done.lastIndexOf('/'));
                    continue;
                }
                Path step = new File(root, done + "/" + part).toPath();
                if (!Files.isSymbolicLink(step)) {
                    if (!Files.exists(step, LinkOption.NOFOLLOW_LINKS)) {
                        return null;
                    }
                    done = done + "/" + part;
                    continue;
                }
                if (++links > MAXIMUM_LINKS) {
                    return null;
                }
                String target;
                try {
                    target = Files.readSymbolicLink(step).toString();
                } catch (IOException e) {
                    return null;
                }
                if (target.startsWith("/")) {
                    done = "";
                }
                left = target + "/" + left;
            }
            return new File(root, done);
        }
    }
}
