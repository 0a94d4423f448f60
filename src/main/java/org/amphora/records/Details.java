// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What audit entries say of what was done: a JSON object of texts and whole numbers on one line.
final class Details {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(DeserializationFeature.USE_LONG_FOR_INTS).build();

    private Details() {}

    static String json(Map<String, Object> details) {
        return MAPPER.writeValueAsString(details);
    }

    /// The reverse of {@link #json}; nothing when somebody has put something else there.
    static Map<String, Object> map(String json) {
        try {
            return MAPPER.readValue(json, new TypeReference<>() {});
        } catch (JacksonException e) {
            return Map.of();
        }
    }
}
