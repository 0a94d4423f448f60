// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.List;

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
}
