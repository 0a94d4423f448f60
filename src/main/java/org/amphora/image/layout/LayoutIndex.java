// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.amphora.image.Descriptor;
import org.amphora.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Adds to an `index.json` and keeps all else that stands in it.
final class LayoutIndex {

    /// The annotation that holds the tag.
    static final String NAME = "org.opencontainers.image.ref.name";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private LayoutIndex() {}

    /// The changed text; the file may be missing.
    static String add(Path path, Descriptor manifest, Optional<String> tag) throws IOException {
        ObjectNode index = existing(path);
        ArrayNode kept = MAPPER.createArrayNode();
        for (JsonNode entry : index.path("manifests").values()) {
            Optional<String> name =
                    entry.path("annotations").path(NAME).asStringOpt().filter(n -> !n.isEmpty());
            boolean sameDigest =
                    entry.path("digest").asString("").equals(manifest.digest().toString());
            if (!(name.equals(tag) && (tag.isPresent() || sameDigest))) {
                kept.add(entry);
            }
        }
        ObjectNode added = kept.addObject();
        added.put("mediaType", manifest.mediaType());
        added.put("digest", manifest.digest().toString());
        added.put("size", manifest.size());
        tag.ifPresent(name -> added.putObject("annotations").put(NAME, name));
        index.put("schemaVersion", 2);
        index.set("manifests", kept);
        return index.toString();
    }

    private static ObjectNode existing(Path path) throws IOException {
        try {
            if (MAPPER.readTree(Files.readAllBytes(path)) instanceof ObjectNode index) {
                return index;
            }
        } catch (NoSuchFileException e) {
            return MAPPER.createObjectNode();
        } catch (JacksonException e) {
            // Told below.
        }
        throw new Problem(
                "cannot add to " + path, "it is not a JSON object", "write to another directory");
    }
}
