// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A JSON object from outside, read leniently where the specifications allow absence or null, and
/// with a problem that names the document where they do not.
final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final JsonNode node;
    private final String what;
    private final String source;

    private Json(JsonNode node, String what, String source) {
        this.node = node;
        this.what = what;
        this.source = source;
    }

    /// @param what `manifest`, `index`, `config`
    /// @param source where it comes from
    static Json object(byte[] content, String what, String source) {
        JsonNode node;
        try {
            node = MAPPER.readTree(content);
        } catch (JacksonException e) {
            throw problem(what, source, "it is not JSON: " + beginning(content), e);
        }
        if (node == null || !node.isObject()) {
            throw problem(what, source, "it is not a JSON object: " + beginning(content), null);
        }
        return new Json(node, what, source);
    }

    boolean has(String name) {
        return node.hasNonNull(name);
    }

    int integer(String name) {
        JsonNode value = node.get(name);
        return value != null && value.isNumber() ? value.asInt(0) : 0;
    }

    /// The text, when it is there and is not empty.
    Optional<String> text(String name) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw problem("'" + name + "' is not a string: " + cut(value.toString()));
        }
        String text = value.asString();
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    /// The object; an empty one when it is absent.
    Json object(String name) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return new Json(MAPPER.createObjectNode(), what, source);
        }
        if (!value.isObject()) {
            throw problem("'" + name + "' is not an object: " + cut(value.toString()));
        }
        return new Json(value, what, source);
    }

    List<Json> objects(String name) {
        List<Json> objects = new ArrayList<>();
        for (JsonNode element : array(name)) {
            if (!element.isObject()) {
                throw problem("'" + name + "' holds a non-object: " + cut(element.toString()));
            }
            objects.add(new Json(element, what, source));
        }
        return objects;
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : array(name)) {
            if (!element.isString()) {
                throw problem("'" + name + "' holds a non-string: " + cut(element.toString()));
            }
            texts.add(element.asString());
        }
        return texts;
    }

    /// String values by name, in the order of the document.
    SequencedMap<String, String> map(String name) {
        SequencedMap<String, String> map = new LinkedHashMap<>();
        JsonNode values = object(name).node;
        for (var entry : values.properties()) {
            map.put(
                    entry.getKey(),
                    entry.getValue().isString()
                            ? entry.getValue().asString()
                            : entry.getValue().toString());
        }
        return map;
    }

    Digest digest(String name) {
        return digestOf(text(name).orElseThrow(() -> problem("no '" + name + "'")));
    }

    Digest digestOf(String text) {
        try {
            return Digest.parse(text);
        } catch (IllegalArgumentException e) {
            throw problem(String.valueOf(e.getMessage()));
        }
    }

    /// An OCI descriptor (image-spec v1.1.1 `descriptor.md#properties`).
    Descriptor descriptor() {
        JsonNode size = node.get("size");
        if (size == null || !size.isIntegralNumber() || size.asLong(-1) < 0) {
            throw problem("a descriptor without size: " + cut(node.toString()));
        }
        Json platform = object("platform");
        return new Descriptor(
                text("mediaType").orElse(""),
                digest("digest"),
                size.asLong(),
                platform.node.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                new Platform(
                                        platform.text("os").orElse("linux"),
                                        platform.text("architecture").orElse(""),
                                        platform.text("variant"))));
    }

    Problem problem(String why) {
        return problem(what, source, why, null);
    }

    /// Compact JSON text of this object.
    @Override
    public String toString() {
        return node.toString();
    }

    private Iterable<JsonNode> array(String name) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw problem("'" + name + "' is not an array: " + cut(value.toString()));
        }
        return value.values();
    }

    private static Problem problem(
            String what, String source, String why, @Nullable Throwable cause) {
        return new Problem(
                "cannot read the " + what + " of " + source,
                why,
                "check that the name is right and that an image is stored there, or store it anew",
                cause);
    }

    private static String beginning(byte[] content) {
        if (content.length == 0) {
            return "it is empty";
        }
        return cut(new String(content, 0, Math.min(content.length, 200), StandardCharsets.UTF_8));
    }

    /// The beginning of foreign text, on one line and without control characters.
    private static String cut(String text) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < text.length() && i < 80; i++) {
            char c = text.charAt(i);
            line.append(c < ' ' || c == 127 ? ' ' : c);
        }
        return line + (text.length() > 80 ? "…" : "");
    }
}
