// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.nio.file.Path;

/// Where images come from that no pool has.
public interface Making {

    /// A SIF file for a reference or path.
    Path fetch(String reference);

    /// Builds a recipe.
    ///
    /// @param directory what it copies into the image lies here
    /// @param recipe the definition file, in that directory
    /// @param output the SIF file to make
    /// @param log takes what the build says
    void build(Path directory, Path recipe, Path output, Path log);
}
