// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import org.amphora.image.store.Conversion;
import org.amphora.image.store.ImageStore;
import org.amphora.image.store.Storage;
import org.amphora.process.Command;
import org.amphora.recipe.Build;
import org.amphora.recipe.BuildRequest;
import org.amphora.sharing.Limits;
import org.amphora.sharing.Places;

/// Wires the builder of recipes to this installation.
final class Recipes {

    private Recipes() {}

    static void build(Terminal terminal, Fetching fetching, BuildRequest request) {
        build(
                terminal,
                fetching,
                Path.of("").toAbsolutePath(),
                terminal.log(),
                new Command.Output.Inherited(),
                request);
    }

    /// @param directory that relative paths of the recipe start from
    /// @param log where the steps are told
    /// @param scripts where the output of the recipe's scripts goes
    static void build(
            Terminal terminal,
            Fetching fetching,
            Path directory,
            PrintStream log,
            Command.Output scripts,
            BuildRequest request) {
        ImageStore store = fetching.store(terminal);
        Build build =
                new Build(
                        new Build.Toolbox(
                                starter(),
                                (reference, target) ->
                                        store.unpack(reference, fetching.options(), target, true),
                                new Conversion(
                                        store.cache(),
                                        fetching.environment(),
                                        terminal.progress(),
                                        terminal::info),
                                Storage.temporaryDirectory(fetching.environment()),
                                fetching.environment(),
                                directory,
                                terminal.progress(),
                                log,
                                scripts,
                                Clock.systemUTC()));
        Limits limits = Limits.of(fetching.environment());
        try (Places.Place _ = new Places(limits, terminal::info).enter(Places.Kind.BUILD)) {
            build.run(request);
        }
    }

    /// The starter lies beside the launcher.
    static Path starter() {
        return Path.of(System.getProperty("amphora.launcher", "amphora"))
                .resolveSibling("amphora-start");
    }
}
