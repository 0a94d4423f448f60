// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.amphora.elf.Version;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.deser.std.FromStringDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.ToStringSerializer;

/// Facts as JSON: objects named as the components of the records, versions as texts.
final class ContentsJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .changeDefaultVisibility(
                            checker -> checker.withIsGetterVisibility(Visibility.NONE))
                    .addModule(
                            new SimpleModule()
                                    .addSerializer(
                                            Version.class, new ToStringSerializer(Version.class))
                                    .addDeserializer(Version.class, new VersionReader()))
                    .build();

    private ContentsJson() {}

    static String indented(Contents contents) {
        return MAPPER.writer()
                .with(SerializationFeature.INDENT_OUTPUT)
                .writeValueAsString(contents);
    }

    /// The reverse of {@link #indented}.
    ///
    /// @throws IllegalArgumentException when it is something else
    static Contents parse(byte[] json) {
        try {
            return Objects.requireNonNull(MAPPER.readValue(json, Contents.class));
        } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
            throw new IllegalArgumentException(
                    "no facts of an image: "
                            + new String(
                                    json, 0, Math.min(json.length, 40), StandardCharsets.UTF_8),
                    e);
        }
    }

    private static final class VersionReader extends FromStringDeserializer<Version> {
        VersionReader() {
            super(Version.class);
        }

        @Override
        protected Version _deserialize(String text, DeserializationContext context) {
            return Version.parse(text);
        }
    }
}
