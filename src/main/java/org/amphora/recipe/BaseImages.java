// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Path;
import org.amphora.image.Reference;

/// Where the images come from that recipes start from.
@FunctionalInterface
public interface BaseImages {

    /// Unpacks an image as the calling user, with the `.singularity.d` of its configuration.
    ///
    /// @param reference no directory: a build copies those itself
    /// @param directory does not exist yet
    void unpack(Reference reference, Path directory);
}
