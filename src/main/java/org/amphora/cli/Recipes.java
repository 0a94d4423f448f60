// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.time.Clock;
import org.amphora.image.store.Conversion;
import org.amphora.image.store.ImageStore;
import org.amphora.image.store.Storage;
import org.amphora.recipe.Build;
import org.amphora.recipe.BuildRequest;

/// Wires the builder of recipes to this installation.
final class Recipes {

    private Recipes() {}

    static void build(Terminal terminal, Fetching fetching, BuildRequest request) {
        ImageStore store = fetching.store(terminal);
        new Build(
                        new Build.Toolbox(
                                starter(),
                                (reference, directory) ->
                                        store.unpack(
                                                reference, fetching.options(), directory, true),
                                new Conversion(
                                        store.cache(),
                                        fetching.environment(),
                                        terminal.progress(),
                                        terminal::info),
                                Storage.temporaryDirectory(fetching.environment()),
                                fetching.environment(),
                                Path.of("").toAbsolutePath(),
                                terminal.progress(),
                                terminal.log(),
                                Clock.systemUTC()))
                .run(request);
    }

    /// The starter lies beside the launcher.
    static Path starter() {
        return Path.of(System.getProperty("amphora.launcher", "amphora"))
                .resolveSibling("amphora-start");
    }
}
