// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What `--json` prints: maps, lists, texts and numbers as indented JSON.
final class JsonText {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final ObjectMapper LINES = new JsonMapper();

    private JsonText() {}

    /// On one line.
    static String line(Object value) {
        return LINES.writeValueAsString(value);
    }

    static String of(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
