// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.amphora.problem.Problem;

/// `%files`: copies from this machine as `cp -fLr` does (apptainer
/// `internal/pkg/build/files/copy.go`).
final class HostFiles {

    private final Definition definition;
    private final Path directory;
    private final Path tree;
    private final BuildContainer container;

    /// @param directory what relative sources start from
    HostFiles(Definition definition, Path directory, Path tree, BuildContainer container) {
        this.definition = definition;
        this.directory = directory;
        this.tree = tree;
        this.container = container;
    }

    void copy(Definition.Copy copy) {
        String what =
                "cannot copy " + copy.source() + " (" + definition.name() + ":" + copy.line() + ")";
        List<Path> sources = Glob.expand(copy.source(), directory);
        if (sources.isEmpty()) {
            throw new Problem(
                    what,
                    "no such file: " + directory.resolve(copy.source()).normalize(),
                    "relative paths start from the directory where the build is called");
        }
        for (Path source : sources) {
            String wanted = copy.destination().orElse(source.toString());
            Path destination = Tree.resolve(tree, wanted);
            boolean isDirectory = wanted.endsWith("/");
            // cp wants the directory there that the destination lies in, or is.
            container
                    .onHost(
                            "sh",
                            "-c",
                            "[ -e \"$2\" ] || mkdir -p \"$1\" && cp -fLr -- \"$3\" \"$2\"",
                            "sh",
                            (isDirectory ? destination : parent(destination)).toString(),
                            destination + (isDirectory ? "/" : ""),
                            source.toString())
                    .run()
                    .orProblem(what, "check the rights of the source and the kind of destination");
        }
    }

    private Path parent(Path destination) {
        Path parent = destination.getParent();
        return parent == null || Files.isSymbolicLink(tree) ? tree : parent;
    }

    /// Whether something of this name is there, a dangling link included.
    static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }
}
