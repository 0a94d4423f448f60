// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// What the OCI config says of an image (image-spec v1.1.1 `config.md`).
///
/// @param json the whole config, the text as the source has it
/// @param configJson its `config` object alone, as JSON text; `{}` when absent
/// @param environment in the order of `Env`
/// @param diffIds digests of the uncompressed layers, lowest first
public record ImageConfig(
        String json,
        String configJson,
        Platform platform,
        Optional<Instant> created,
        SequencedMap<String, String> environment,
        List<String> entrypoint,
        List<String> cmd,
        Optional<String> workingDir,
        Optional<String> user,
        Map<String, String> labels,
        List<Digest> diffIds) {

    public ImageConfig {
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        labels = Map.copyOf(labels);
        diffIds = List.copyOf(diffIds);
    }
}
