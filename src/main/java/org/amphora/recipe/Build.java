// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.amphora.image.store.Conversion;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.progress.Progress;

/// Builds images from recipes: the door of this package.
///
/// An ordinary user needs no rights for it: scripts run in user namespaces. The output appears
/// whole or not at all; a build that fails, or whose thread is interrupted, leaves nothing behind,
/// and what a killed one left is removed by the next.
public final class Build {

    private final Toolbox tools;

    /// What builds use.
    ///
    /// @param starter the program `amphora-start`
    /// @param images where base images come from
    /// @param conversion makes the SIF files
    /// @param temporary where trees are built
    /// @param environment the caller's
    /// @param directory the caller's working directory
    /// @param log where the steps are told
    /// @param scripts where the output of the recipe's scripts goes
    public record Toolbox(
            Path starter,
            BaseImages images,
            Conversion conversion,
            Path temporary,
            Map<String, String> environment,
            Path directory,
            Progress progress,
            PrintStream log,
            Command.Output scripts,
            Clock clock) {

        public Toolbox {
            environment = Map.copyOf(environment);
        }
    }

    public Build(Toolbox tools) {
        this.tools = tools;
    }

    /// Builds one image.
    ///
    /// @throws Problem that names the step that failed
    public void run(BuildRequest request) {
        Path output = tools.directory().resolve(request.output());
        refuseExisting(request, output);
        Definition definition =
                Definition.read(tools.directory().resolve(request.recipe()), request.arguments());
        Base base = Base.of(definition);
        try (Workspace workspace = Workspace.create(tools.temporary())) {
            new BuildSteps(tools, request, definition, base, output, workspace).run();
        }
    }

    private static void refuseExisting(BuildRequest request, Path output) {
        if (Files.exists(output, LinkOption.NOFOLLOW_LINKS) && !request.force()) {
            throw new Problem(
                    "cannot build " + request.output(),
                    "build target '" + request.output() + "' already exists",
                    "use --force if you want to overwrite it, or name another file");
        }
        Path parent = output.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent) || !Files.isWritable(parent)) {
            throw new Problem(
                    "cannot build " + request.output(),
                    parent + " is no directory that you can write to",
                    "make it first, or name another file");
        }
    }
}
