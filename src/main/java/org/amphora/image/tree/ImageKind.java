// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.tree;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// What a local path is, by its content. The name does not matter.
public enum ImageKind {
    SIF,
    SQUASHFS,
    DIRECTORY;

    /// Apptainer looks for the magic of SIF in the first 2048 bytes (`pkg/image/sif.go`).
    private static final int BEGIN = 2048;

    private static final byte[] SIF_MAGIC = {'S', 'I', 'F', '_', 'M', 'A', 'G', 'I', 'C'};
    private static final byte[] SQUASHFS_MAGIC = {'h', 's', 'q', 's'};
    private static final int EXT_MAGIC_OFFSET = 1080;

    /// Light enough for the launch path.
    ///
    /// @throws Problem when there is nothing, it cannot be read, or it is no image
    public static ImageKind of(Path path) {
        File file = path.toFile();
        if (file.isDirectory()) {
            return DIRECTORY;
        }
        byte[] begin = begin(path, file);
        ImageKind kind = ofBytes(begin);
        if (kind != null) {
            return kind;
        }
        boolean ext =
                begin.length > EXT_MAGIC_OFFSET + 1
                        && begin[EXT_MAGIC_OFFSET] == 0x53
                        && begin[EXT_MAGIC_OFFSET + 1] == (byte) 0xEF;
        throw new Problem(
                "cannot open image " + path,
                ext
                        ? "it is an ext file system, which needs root to mount"
                        : "it is not an image: neither SIF nor SquashFS",
                "give a SIF or SquashFS file or a directory;"
                        + " `amphora build out.sif SOURCE` makes one");
    }

    /// Whether the path is a file or directory that {@link #of} takes.
    public static boolean isImage(Path path) {
        File file = path.toFile();
        return file.isDirectory() || (file.isFile() && ofBytes(begin(path, file)) != null);
    }

    private static @Nullable ImageKind ofBytes(byte[] begin) {
        if (isAt(begin, 0, SQUASHFS_MAGIC)) {
            return SQUASHFS;
        }
        for (int at = 0; at <= begin.length - SIF_MAGIC.length; at++) {
            if (isAt(begin, at, SIF_MAGIC)) {
                return SIF;
            }
        }
        return null;
    }

    private static byte[] begin(Path path, File file) {
        try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
            byte[] begin = new byte[(int) Math.min(BEGIN, in.length())];
            in.readFully(begin);
            return begin;
        } catch (IOException e) {
            String why = "reading failed: " + e.getMessage();
            if (!file.exists()) {
                why = "there is no such file (or a folder above it may not be entered)";
            } else if (!file.canRead()) {
                why = "you may not read it";
            }
            throw new Problem(
                    "cannot open image " + path, why, "check the path and its permissions", e);
        }
    }

    private static boolean isAt(byte[] bytes, int at, byte[] magic) {
        if (at + magic.length > bytes.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (bytes[at + i] != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
