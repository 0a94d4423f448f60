// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.image.tree.ImageTree;

/// The commands of an image by package. Nothing is guessed from names: a program that no record
/// mentions is not here, and what somebody asked for is what the package manager notes as asked
/// for.
public final class PackagedCommands {
    private static final int RECORD_LIMIT = 64 << 20;
    private static final Set<String> DIRECTORIES =
            Set.of(
                    "/bin",
                    "/sbin",
                    "/usr/bin",
                    "/usr/sbin",
                    "/usr/local/bin",
                    "/usr/local/sbin",
                    "/usr/games");

    private PackagedCommands() {}

    /// All commands that records tell of, those of wanted packages first, then by name. A name that
    /// two packages have stands twice.
    ///
    /// @throws org.amphora.problem.Problem when the image cannot be read
    public static List<PackagedCommand> of(Path image) {
        try (ImageTree tree = ImageTree.open(image)) {
            List<PackagedCommand> found = new ArrayList<>();
            found.addAll(Conda.commands(tree));
            found.addAll(Dpkg.commands(tree));
            found.addAll(Apk.commands(tree));
            found.addAll(Python.commands(tree));
            Set<String> seen = new HashSet<>();
            found.removeIf(command -> !seen.add(command.path() + " " + command.packageName()));
            found.sort(
                    Comparator.comparing(PackagedCommand::isWanted)
                            .reversed()
                            .thenComparing(PackagedCommand::name)
                            .thenComparing(PackagedCommand::path));
            return List.copyOf(found);
        }
    }

    /// The name of a command, when a path is one that is on PATH and can be executed.
    static Optional<String> name(ImageTree tree, String path, Set<String> directories) {
        int slash = path.lastIndexOf('/');
        if (slash < 0 || !directories.contains(path.substring(0, slash))) {
            return Optional.empty();
        }
        return tree.find(path)
                .filter(file -> file.kind() == ImageTree.Kind.REGULAR && file.isExecutable())
                .map(file -> path.substring(slash + 1));
    }

    static Optional<String> name(ImageTree tree, String path) {
        return name(tree, path, DIRECTORIES);
    }

    /// The text of a record; empty when there is none.
    static String text(ImageTree tree, String path) {
        return tree.read(path, RECORD_LIMIT)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .orElse("");
    }
}
