// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {

    private static final String IMAGE =
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
             "config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"D"},
             "layers":[{"mediaType":"t","size":3,"digest":"D"}]}
            """
                    .replace("D", Digest.of("x").toString());

    @Test
    void readsAnImageManifest() {
        Manifest manifest = Manifest.parse(bytes(IMAGE), "", "x");
        assertThat(manifest)
                .isInstanceOfSatisfying(
                        Manifest.Image.class,
                        image -> {
                            assertThat(image.config().size()).isEqualTo(2);
                            assertThat(image.layers()).hasSize(1);
                            assertThat(image.self().digest()).isEqualTo(Digest.of(IMAGE));
                            assertThat(image.self().mediaType()).endsWith("manifest.v1+json");
                        });
    }

    /// RFC 8259 section 6 knows one kind of number.
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "999999999999999999, 999999999999999999",
        "9223372036854775807, 9223372036854775807",
        "1e3, 1000",
        "12.0, 12",
    })
    void readsASizeHoweverItIsWritten(String written, long size) {
        String json = IMAGE.replace("\"size\":3", "\"size\":" + written);
        Manifest.Image image = (Manifest.Image) Manifest.parse(bytes(json), "", "x");
        assertThat(image.layers().getFirst().size()).isEqualTo(size);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-1", "1.5", "9223372036854775808", "1e99999", "\"3\"", "null", "-", "+1"})
    void whatIsNoSizeIsAProblem(String written) {
        String json = IMAGE.replace("\"size\":3", "\"size\":" + written);
        assertThatThrownBy(() -> Manifest.parse(bytes(json), "", "x")).isInstanceOf(Problem.class);
    }

    @Property(tries = 200)
    void garbageIsAProblem(@ForAll byte[] garbage) {
        assertThatThrownBy(() -> Manifest.parse(garbage, "", "x")).isInstanceOf(Problem.class);
    }

    @Test
    void everyTruncationIsAProblem() {
        for (int i = 0; i < IMAGE.strip().length(); i++) {
            byte[] cut = bytes(IMAGE.strip().substring(0, i));
            assertThatThrownBy(() -> Manifest.parse(cut, "", "x"))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("manifest of x");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"schemaVersion\":2,\"config\":{}}",
                "{\"manifests\":[],\"layers\":[]}",
                "{\"manifests\":{}}",
                "{\"manifests\":[1]}",
                "{\"manifests\":[{\"digest\":\"sha256:12\",\"size\":1}]}",
                "{\"manifests\":[{\"digest\":7,\"size\":1}]}",
                "{\"manifests\":[{\"size\":1}]}",
                "{\"mediaType\":7}",
                "<html>log in</html>",
            })
    void nonsenseIsAProblem(String json) {
        assertThatThrownBy(() -> Manifest.parse(bytes(json), "", "x")).isInstanceOf(Problem.class);
    }

    @Test
    void namesSchemaOneAndOtherArtifacts() {
        assertThatThrownBy(() -> Manifest.parse(bytes("{\"schemaVersion\":1}"), "", "x"))
                .hasMessageContaining("schema 1");
        String sif = IMAGE.replace("oci.image.config.v1", "sylabs.sif.config.v1");
        assertThatThrownBy(() -> Manifest.parse(bytes(sif), "", "x"))
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.fix()).contains("oras"));
    }

    @ParameterizedTest
    @CsvSource({
        "amd64, amd64 arm64, amd64",
        "arm64, amd64 arm64/v8, arm64/v8",
        "arm64, arm64/v9 arm64/v8, arm64/v8",
        "amd64, amd64/v3 amd64/v2 amd64, amd64",
        "amd64, amd64/v3, ",
        "amd64/v3, amd64 amd64/v2, amd64/v2",
        "amd64/v3, amd64/v4 amd64/v3, amd64/v3",
        "arm, arm/v5 arm/v6 arm/v7, arm/v7",
        "arm/v6, arm/v5 arm/v6 arm/v7, arm/v6",
        "arm/v8, arm/v5 arm/v7 arm64, arm/v7",
        "riscv64, amd64 arm64, ",
        "amd64, - unknown, -",
        "amd64, - amd64, amd64",
        "arm64, windows/arm64, ",
    })
    void choosesWhatTheProcessorRuns(String wanted, String offered, String chosen) {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (String name : offered.split(" ")) {
            entries.add(
                    new Manifest.Entry(
                            new Descriptor(
                                    name,
                                    Digest.of(name),
                                    1,
                                    name.equals("-")
                                            ? Optional.empty()
                                            : Optional.of(platform(name))),
                            Map.of()));
        }
        Manifest.Index index = new Manifest.Index(new Descriptor("", Digest.of(""), 1), entries);
        assertThat(index.select(platform(wanted)).map(e -> e.descriptor().mediaType()))
                .isEqualTo(Optional.ofNullable(chosen));
    }

    private static Platform platform(String name) {
        boolean hasOs = name.startsWith("windows/") || name.equals("unknown");
        return Platform.parse(hasOs ? name : "linux/" + name);
    }

    @Test
    void readsAConfig() {
        ImageConfig config =
                ImageConfig.parse(
                        bytes(
                                """
                                {"architecture":"arm64","os":"linux","variant":"v8","created":"2026-01-02T03:04:05+01:00",
                                 "config":{"Env":["B=1","A=2","B=3=4","C","D="],"Entrypoint":["e"],"Cmd":null,
                                   "WorkingDir":"","Labels":{"l":"v"}},
                                 "rootfs":{"diff_ids":[]}}
                                """),
                        "x");
        assertThat(config.platform()).hasToString("linux/arm64/v8");
        assertThat(config.created()).hasToString("Optional[2026-01-02T02:04:05Z]");
        assertThat(config.environment()).hasToString("{B=3=4, A=2, D=}");
        assertThat(config.entrypoint()).containsExactly("e");
        assertThat(config.cmd()).isEmpty();
        assertThat(config.workingDir()).isEmpty();
        assertThat(config.labels()).containsEntry("l", "v");
        assertThat(config.configJson()).startsWith("{\"Env\":[\"B=1\"");
        assertThat(ImageConfig.parse(bytes("{}"), "x").configJson()).isEqualTo("{}");
    }

    @Test
    void verifiedStreamRefusesAllButTheBlob() throws IOException {
        Descriptor blob = new Descriptor("", Digest.of("hello"), 5);
        assertThat(read("hello", blob)).isEqualTo("hello");
        assertThat(read("hello", new Descriptor("", blob.digest(), -1))).isEqualTo("hello");
        for (String wrong : new String[] {"", "hell", "hellx", "hello!"}) {
            assertThatThrownBy(() -> read(wrong, blob))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining(blob.digest().toString());
        }
    }

    private static String read(String content, Descriptor blob) throws IOException {
        try (var in = new VerifiedStream(new ByteArrayInputStream(bytes(content)), blob, "x")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
