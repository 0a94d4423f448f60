// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a registry says in a refusal (distribution-spec v1.1.1 "Error Codes").
final class RegistryErrors {

    private static final int LONGEST = 1 << 16;

    private RegistryErrors() {}

    /// The messages in one line, empty when there are none. Reads the body.
    static String of(Http.Response response) {
        List<String> messages = new ArrayList<>();
        try {
            JsonNode answer = JsonMapper.builder().build().readTree(response.read(LONGEST));
            for (JsonNode error : answer.path("errors").values()) {
                String code = error.path("code").asString("");
                String message = error.path("message").asString("");
                messages.add(message.isEmpty() ? code : message);
            }
        } catch (IOException | JacksonException e) {
            // Then the status has to do.
        }
        StringBuilder line = new StringBuilder();
        for (char c : String.join("; ", messages).toCharArray()) {
            line.append(c < ' ' || c == 127 ? ' ' : c);
        }
        return line.length() > 200 ? line.substring(0, 200) + "…" : line.toString();
    }
}
