// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.List;
import org.amphora.problem.Problem;

/// One image of a source, ready to be fetched.
///
/// @param digest of the manifest of this platform; for docker archives, of the config
/// @param layers lowest first
/// @param bootstrap the agent name of a definition file, `docker`, `oci`, `docker-archive`, …
/// @param from what the definition file's `From:` says
public record SourceImage(
        Digest digest, List<Descriptor> layers, ImageConfig config, String bootstrap, String from) {

    public SourceImage {
        layers = List.copyOf(layers);
    }

    /// The image of a manifest and its config.
    ///
    /// @param wanted the platform that was asked for
    /// @param source where it comes from, for messages
    /// @throws Problem when the config is of another platform or does not fit the manifest
    public static SourceImage of(
            Manifest.Image manifest,
            ImageConfig config,
            Platform wanted,
            String source,
            String bootstrap,
            String from) {
        Platform offered = config.platform();
        if (!offered.architecture().isEmpty() && !wanted.accepts(offered)) {
            throw new Problem(
                    "cannot use " + source,
                    "the image is for " + offered + ", wanted is " + wanted,
                    "name an image for "
                            + wanted
                            + ", or ask for it with --arch "
                            + offered.architecture());
        }
        if (config.diffIds().size() != manifest.layers().size()) {
            throw new Problem(
                    "cannot use " + source,
                    "its manifest has "
                            + manifest.layers().size()
                            + " layers, its config "
                            + config.diffIds().size(),
                    "store the image anew, with a current tool");
        }
        return new SourceImage(
                manifest.self().digest(), manifest.layers(), config, bootstrap, from);
    }
}
