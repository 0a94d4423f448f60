// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.amphora.problem.Problem;

/// What disks do to those who write on them, in words.
public final class Storage {

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Storage() {}

    /// Where big temporary files go: `AMPHORA_TMPDIR`, then `APPTAINER_TMPDIR`,
    /// `SINGULARITY_TMPDIR`, `TMPDIR`, `/tmp`.
    public static Path temporaryDirectory(Map<String, String> environment) {
        String[] names = {"AMPHORA_TMPDIR", "APPTAINER_TMPDIR", "SINGULARITY_TMPDIR", "TMPDIR"};
        for (String name : names) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                return Path.of(value).toAbsolutePath();
            }
        }
        return Path.of("/tmp");
    }

    /// The problem for an image that cannot be read.
    static Problem unreadable(Path image, IOException e) {
        return new Problem(
                "cannot read image " + image,
                String.valueOf(e.getMessage()),
                "check that it exists and that you may read it",
                e);
    }

    /// The problem for a failed write below a directory.
    static Problem problem(String what, Path directory, IOException e) {
        return problem(what, directory, -1, e);
    }

    /// The same.
    ///
    /// @param needed in bytes, -1 when unknown
    static Problem problem(String what, Path directory, long needed, IOException e) {
        if (e instanceof ClosedByInterruptException || e instanceof InterruptedIOException) {
            return new Problem(what, "interrupted", "run it again", e);
        }
        String reason = reason(e);
        String lower = reason.toLowerCase(Locale.ROOT);
        String move = "set AMPHORA_CACHEDIR (images) or AMPHORA_TMPDIR (temporary files)";
        if (lower.contains("no space left") || lower.contains("quota exceeded")) {
            return new Problem(
                    what,
                    (lower.contains("quota") ? "disk quota exceeded" : "no space left")
                            + " in "
                            + directory
                            + ": "
                            + (needed < 0 ? "" : size(needed) + " needed, ")
                            + free(directory),
                    "free some (amphora cache clean), or " + move + " to a directory with space",
                    e);
        }
        if (lower.contains("no locks available")) {
            return new Problem(
                    what,
                    "the file system of " + directory + " has no file locks (" + reason + ")",
                    "set AMPHORA_CACHEDIR to a directory on a file system that has them",
                    e);
        }
        if (e instanceof AccessDeniedException || lower.contains("read-only file system")) {
            return new Problem(
                    what,
                    "no permission to write " + named(directory, e) + ": " + reason,
                    move + " to a directory that you may write",
                    e);
        }
        return new Problem(
                what, named(directory, e) + ": " + reason, move + " to another directory", e);
    }

    /// A size for people: `1.4 GiB`.
    static String size(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? bytes + " B"
                : String.format(
                        Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
    }

    private static String named(Path directory, IOException e) {
        return e instanceof FileSystemException f && f.getFile() != null
                ? f.getFile()
                : directory.toString();
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "Permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "No such file or directory";
        }
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String free(Path directory) {
        Path there = directory;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        try {
            return there == null
                    ? "free space unknown"
                    : size(Files.getFileStore(there).getUsableSpace()) + " free";
        } catch (IOException e) {
            return "free space unknown";
        }
    }
}
