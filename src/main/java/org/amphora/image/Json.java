// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// A JSON object from outside, read leniently where the specifications allow absence or null, and
/// with a problem that names the document where they do not.
final class Json {

    private final Map<?, ?> node;
    private final String what;
    private final String source;

    private Json(Map<?, ?> node, String what, String source) {
        this.node = node;
        this.what = what;
        this.source = source;
    }

    /// @param what `manifest`, `index`, `config`
    /// @param source where it comes from
    static Json object(byte[] content, String what, String source) {
        Object value;
        try {
            value = JsonReader.read(content);
        } catch (IllegalArgumentException e) {
            throw problem(what, source, "it is not JSON: " + beginning(content), e);
        }
        if (!(value instanceof Map<?, ?> node)) {
            throw problem(what, source, "it is not a JSON object: " + beginning(content), null);
        }
        return new Json(node, what, source);
    }

    boolean has(String name) {
        return node.get(name) != null;
    }

    int integer(String name) {
        return node.get(name) instanceof Number number ? number.intValue() : 0;
    }

    /// The text, when it is there and is not empty.
    Optional<String> text(String name) {
        Object value = node.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof String text)) {
            throw problem("'" + name + "' is not a string: " + cut(JsonWriter.write(value)));
        }
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    /// The object; an empty one when it is absent.
    Json object(String name) {
        Object value = node.get(name);
        if (value == null) {
            return new Json(Map.of(), what, source);
        }
        if (!(value instanceof Map<?, ?> object)) {
            throw problem("'" + name + "' is not an object: " + cut(JsonWriter.write(value)));
        }
        return new Json(object, what, source);
    }

    List<Json> objects(String name) {
        List<Json> objects = new ArrayList<>();
        for (Object element : array(name)) {
            if (!(element instanceof Map<?, ?> object)) {
                throw problem("'" + name + "' holds a non-object: " + JsonWriter.write(element));
            }
            objects.add(new Json(object, what, source));
        }
        return objects;
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (Object element : array(name)) {
            if (!(element instanceof String text)) {
                throw problem("'" + name + "' holds a non-string: " + JsonWriter.write(element));
            }
            texts.add(text);
        }
        return texts;
    }

    /// String values by name, in the order of the document.
    SequencedMap<String, String> map(String name) {
        SequencedMap<String, String> map = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : object(name).node.entrySet()) {
            Object value = entry.getValue();
            map.put(
                    String.valueOf(entry.getKey()),
                    value instanceof String text ? text : JsonWriter.write(value));
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
        long size = size(node.get("size"));
        if (size < 0) {
            throw problem("a descriptor without size: " + cut(toString()));
        }
        Json platform = object("platform");
        return new Descriptor(
                text("mediaType").orElse(""),
                digest("digest"),
                size,
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
        return JsonWriter.write(node);
    }

    /// -1 for what is no size.
    private static long size(@Nullable Object number) {
        if (number instanceof Long size) {
            return size;
        }
        try {
            // 1e6 is whole too.
            return number instanceof BigDecimal size ? size.longValueExact() : -1;
        } catch (ArithmeticException e) {
            return -1;
        }
    }

    private List<?> array(String name) {
        Object value = node.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw problem("'" + name + "' is not an array: " + cut(JsonWriter.write(value)));
        }
        return list;
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
