// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The labels of an image, `/.singularity.d/labels.json`.
final class Labels {
    private static final JsonMapper MAPPER = new JsonMapper();

    private Labels() {}

    /// The labels in a JSON object, sorted; none when the text is no object, because an image with
    /// bad labels still runs.
    static SortedMap<String, String> parse(String json) {
        SortedMap<String, String> labels = new TreeMap<>();
        try {
            JsonNode root = MAPPER.readTree(json);
            for (var property : root.properties()) {
                JsonNode value = property.getValue();
                labels.put(
                        property.getKey(),
                        value.isString() ? value.stringValue() : value.toString());
            }
        } catch (JacksonException e) {
            labels.clear();
        }
        return labels;
    }
}
