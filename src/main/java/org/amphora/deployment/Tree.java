// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.amphora.problem.Problem;

/// Directories and links that appear whole or not at all, readable for everybody whatever the
/// umask.
final class Tree {
    /// No module tool lists names that end so, and no sweep forgets them.
    private static final String TEMPORARY = ".new~";

    private Tree() {}

    static void makeDirectories(Path directory) {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            makeDirectories(parent);
        }
        try {
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            if (!Files.isDirectory(directory)) {
                throw problem("cannot make " + directory, e);
            }
        }
    }

    /// Makes a directory with these files, unless it exists.
    ///
    /// @param files texts by path below it
    /// @param executable whether the files are programs
    static void make(Path directory, Map<String, byte[]> files, boolean executable) {
        if (Files.exists(directory)) {
            return;
        }
        Path temporary = temporary(directory);
        try {
            for (Map.Entry<String, byte[]> entry : files.entrySet()) {
                Path file = temporary.resolve(entry.getKey());
                makeDirectories(java.util.Objects.requireNonNull(file.getParent()));
                Files.write(file, entry.getValue());
                Files.setPosixFilePermissions(
                        file,
                        PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            }
            Files.move(temporary, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw problem("cannot write " + directory, e);
        }
    }

    /// An empty directory that will be renamed to another one beside it.
    static Path temporary(Path directory) {
        Path parent = java.util.Objects.requireNonNull(directory.getParent());
        makeDirectories(parent);
        Path temporary = parent.resolve("." + directory.getFileName() + TEMPORARY);
        delete(temporary);
        makeDirectories(temporary);
        return temporary;
    }

    /// Points a symbolic link to a target, in one step.
    static void link(Path link, String target) {
        try {
            if (Files.isSymbolicLink(link)
                    && Files.readSymbolicLink(link).toString().equals(target)) {
                return;
            }
            Path parent = java.util.Objects.requireNonNull(link.getParent());
            makeDirectories(parent);
            Path temporary = parent.resolve("." + link.getFileName() + TEMPORARY);
            Files.deleteIfExists(temporary);
            Files.createSymbolicLink(temporary, Path.of(target));
            Files.move(temporary, link, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw problem("cannot write " + link, e);
        }
    }

    /// Removes what is there; links are not followed.
    static void delete(Path path) {
        if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw problem("cannot remove " + path, e);
        }
    }

    /// The names in a directory; none when it does not exist.
    static List<String> names(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> !name.endsWith(TEMPORARY))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw problem("cannot read " + directory, e);
        }
    }

    private static Problem problem(String what, IOException e) {
        return new Problem(
                what,
                String.valueOf(e.getMessage()),
                "check the rights and the space of the cluster's root",
                e);
    }
}
