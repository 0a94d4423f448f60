// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
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
        environment = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(environment));
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        labels = Map.copyOf(labels);
        diffIds = List.copyOf(diffIds);
    }

    /// Reads a config document.
    ///
    /// @param source where it comes from, for messages
    /// @throws org.amphora.problem.Problem when it is not a config
    public static ImageConfig parse(byte[] content, String source) {
        Json json = Json.object(content, "config", source);
        Json config = json.object("config");
        List<Digest> diffIds = new ArrayList<>();
        for (String diffId : json.object("rootfs").texts("diff_ids")) {
            diffIds.add(json.digestOf(diffId));
        }
        return new ImageConfig(
                new String(content, StandardCharsets.UTF_8),
                config.toString(),
                new Platform(
                        json.text("os").orElse("linux"),
                        json.text("architecture").orElse(""),
                        json.text("variant")),
                created(json.text("created")),
                environment(config.texts("Env")),
                config.texts("Entrypoint"),
                config.texts("Cmd"),
                config.text("WorkingDir"),
                config.text("User"),
                config.map("Labels"),
                diffIds);
    }

    private static Optional<Instant> created(Optional<String> text) {
        try {
            return text.map(OffsetDateTime::parse).map(OffsetDateTime::toInstant);
        } catch (DateTimeParseException e) {
            // Nothing depends on it.
            return Optional.empty();
        }
    }

    /// Of a name that stands twice the last value counts, as in a shell. What has no `=` is
    /// dropped, as Docker does.
    private static SequencedMap<String, String> environment(List<String> lines) {
        SequencedMap<String, String> environment = new LinkedHashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                environment.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return environment;
    }
}
