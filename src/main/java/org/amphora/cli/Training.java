// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Runs the usual commands but launches once in one JVM, so that the start-up cache made from that
/// run holds their classes. Used by `setup/train` when an installation is laid out, and by nobody
/// else.
final class Training {

    private Training() {}

    /// Runs them all.
    ///
    /// @param arguments one: an empty directory to work in
    public static void main(String[] arguments) throws IOException {
        Path work = Path.of(arguments[0]);
        Path tree = Files.createDirectories(work.resolve("tree"));
        Path environment = Files.createDirectories(tree.resolve(".singularity.d/env"));
        Files.writeString(
                environment.resolve("10-docker2singularity.sh"),
                "#!/bin/sh\nexport LANG=\"${LANG:-\"C.UTF-8\"}\"\n",
                StandardCharsets.UTF_8);
        Files.createDirectories(tree.resolve("bin"));
        Files.writeString(tree.resolve("bin/sh"), "", StandardCharsets.UTF_8);

        String image = work.resolve("image.sif").toString();
        String pulled = work.resolve("pulled.sif").toString();
        String site = work.resolve("site").toString();
        PrintStream out = System.out;
        System.setOut(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try (TrainingImage source = new TrainingImage(work.resolve("layout"))) {
            String registry = source.registryReference();
            for (List<String> command :
                    List.of(
                            List.of("build", image, tree.toString()),
                            List.of("build", work + "/built.sif", source.layoutReference()),
                            List.of("pull", "--no-https", "oci:" + work + "/copy", registry),
                            List.of("pull", "--no-https", "--force", pulled, registry),
                            List.of("inspect", pulled),
                            List.of("inspect", "--json", "--all", pulled),
                            List.of("sif", "list", image),
                            List.of("sif", "list", "--json", image),
                            List.of("cache", "list"),
                            List.of("site", "init", site),
                            List.of(
                                    "app",
                                    "add",
                                    "--site",
                                    site,
                                    "a/1",
                                    "--image",
                                    image,
                                    "--command",
                                    "sh"),
                            List.of("lint", "--site", site),
                            List.of("promote", "--site", site, "a/1"),
                            List.of("deploy", "--site", site),
                            List.of("deploy", "--site", site),
                            List.of("list", "--site", site),
                            List.of("search", "--site", site, "a"),
                            List.of("show", "--site", site, "--json", "a"),
                            List.of("log", "--site", site, "a"),
                            List.of("--help"))) {
                int status = Main.run(command.toArray(String[]::new));
                if (status != 0) {
                    System.err.println("training: status " + status + " from " + command);
                }
            }
        }
        System.setOut(out);
    }
}
