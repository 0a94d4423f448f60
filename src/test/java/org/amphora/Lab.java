// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.process.Command;

/// What `setup/lab` made: images with MPI libraries of other years, and tools that play other
/// nodes. Images are built once by the installation under test and kept beside the roots.
public final class Lab {

    private static final Path DIRECTORY =
            Path.of(System.getenv().getOrDefault("AMPHORA_LAB", "/var/tmp/amphora-lab"));

    private Lab() {}

    /// The installed `amphora`, from AMPHORA_PREFIX.
    public static Path amphora() {
        Path program =
                Path.of(System.getenv().getOrDefault("AMPHORA_PREFIX", "target/dist"))
                        .toAbsolutePath()
                        .resolve("bin/amphora");
        Needs.that(
                Files.isExecutable(program), "installation", "no installation: run setup/dist DIR");
        return program;
    }

    /// The root of a part; it may be entered, see `setup/as-node`.
    public static Path root(String part) {
        Needs.that(
                Files.exists(DIRECTORY.resolve(".stamps").resolve(part)),
                "lab",
                "no lab with " + part + ": run setup/lab");
        return DIRECTORY.resolve(part);
    }

    /// The image of a part, such as `trixie-mpich`; anybody may read it.
    public static synchronized Path image(String part) throws IOException {
        Path root = root(part);
        Path stamp = DIRECTORY.resolve(".stamps").resolve(part);
        Path image = DIRECTORY.resolve("images").resolve(part + ".sif");
        if (Files.exists(image)
                && Files.getLastModifiedTime(image).compareTo(Files.getLastModifiedTime(stamp))
                        >= 0) {
            return image;
        }
        Files.createDirectories(image.getParent());
        Command.of(amphora().toString(), "build", "--force", image.toString(), root.toString())
                .run()
                .orProblem("cannot build " + image, "look at setup/lab");
        return image;
    }

    /// A tool of the lab, such as `refuse-calls`.
    public static Path tool(String name) {
        Path tool = DIRECTORY.resolve("tools").resolve(name);
        Needs.that(Files.isExecutable(tool), "lab", "no " + tool + ": run setup/lab");
        return tool;
    }
}
