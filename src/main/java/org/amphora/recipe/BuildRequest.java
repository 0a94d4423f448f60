// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Path;
import java.util.List;

/// What to build, and how.
///
/// @param recipe the definition file
/// @param output the SIF file, or the directory with `sandbox`
/// @param force replaces what is at the output
/// @param sandbox makes a directory instead of a file
/// @param test whether `%test` runs
/// @param arguments values for templates of the recipe
/// @param binds `SOURCE[:DESTINATION[:ro]]` each, seen by `%post` and `%test`
public record BuildRequest(
        Path recipe,
        Path output,
        boolean force,
        boolean sandbox,
        boolean test,
        BuildArguments arguments,
        List<String> binds) {

    public BuildRequest {
        binds = List.copyOf(binds);
    }

    /// The plain build of a recipe into a new SIF file.
    public static BuildRequest of(Path recipe, Path output) {
        return new BuildRequest(recipe, output, false, false, true, BuildArguments.NONE, List.of());
    }
}
