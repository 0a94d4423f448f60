// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.amphora.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A {@link Host} as JSON: the names are those of the records.
final class HostJson {

    /// In a captured directory.
    static final String NAME = "host.json";

    private static final long LARGEST = 64 << 20;
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    // Fact.isUnknown() would stand for the component `unknown`.
                    .changeDefaultVisibility(
                            checker ->
                                    checker.withIsGetterVisibility(JsonAutoDetect.Visibility.NONE))
                    .build();

    private HostJson() {}

    static String write(Host host) {
        return MAPPER.writeValueAsString(host);
    }

    static void capture(Host host, Path directory) {
        try {
            Files.createDirectories(directory);
            Files.writeString(
                    directory.resolve(NAME), write(host) + "\n", StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new Problem(
                    "cannot capture this node in " + directory,
                    "there is a node in it already",
                    "name another directory, or remove " + directory.resolve(NAME),
                    e);
        } catch (IOException e) {
            throw new Problem(
                    "cannot capture this node in " + directory,
                    String.valueOf(e.getMessage()),
                    "name a directory that you may write to",
                    e);
        }
    }

    static Host read(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw bad(file, "it is larger than 64 MiB", null);
            }
            return read(Files.readString(file), file);
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the node description " + file,
                    String.valueOf(e.getMessage()),
                    "make one with: amphora host --json > FILE",
                    e);
        }
    }

    static Host read(String text, Path file) {
        try {
            JsonNode tree = MAPPER.readTree(text);
            if (!(tree instanceof ObjectNode object)
                    || !tree.path("format").asString("").startsWith("amphora-host ")) {
                throw bad(file, "it does not begin with \"format\": \"amphora-host 1\"", null);
            }
            complete(object, Host.class);
            return MAPPER.treeToValue(object, Host.class);
        } catch (JacksonException e) {
            throw bad(file, e.getOriginalMessage(), e);
        }
    }

    /// Another version may lack parts; then their facts are unknown instead of the part being null.
    private static void complete(ObjectNode object, Class<?> type) {
        for (RecordComponent component : type.getRecordComponents()) {
            Class<?> part = component.getType();
            if (part.isRecord() && part != Fact.class) {
                if (!(object.get(component.getName()) instanceof ObjectNode)) {
                    object.putObject(component.getName());
                }
                complete((ObjectNode) object.get(component.getName()), part);
            }
        }
    }

    private static Problem bad(
            Path file, String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return new Problem(
                "cannot read the node description " + file,
                why,
                "make one with: amphora host --json > FILE, or amphora host --capture DIR",
                cause);
    }
}
