// SPDX-License-Identifier: Apache-2.0
package org.amphora.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CdiSpecificationTest {
    private static final Path SAMPLE = Path.of("src/test/resources/org/amphora/cdi/nvidia.yaml");

    private static final String START = "cdiVersion: 0.6.0\nkind: nvidia.com/gpu\n";
    private static final String DEVICE = "devices: [{name: a, containerEdits: {}}]\n";

    @Test
    void readsWhatTheToolWrites() throws IOException {
        CdiSpecification specification = CdiSpecification.parse("x.yaml", Files.readString(SAMPLE));
        assertThat(specification.kind()).isEqualTo("nvidia.com/gpu");
        assertThat(specification.devices())
                .extracting(CdiSpecification.Device::name)
                .containsExactly("0", "GPU-1", "all");
        assertThat(specification.edits().mounts())
                .contains(
                        new CdiSpecification.Mount(
                                "/opt/driver/nvidia-smi", "/usr/bin/nvidia-smi"));
        assertThat(specification.edits().hooks()).hasSize(3);
        assertThat(specification.device("GPU-1").orElseThrow().edits().nodes())
                .containsExactly(new CdiSpecification.Node("/dev/nvidia1", "/dev/nvidia1"));
    }

    @Test
    void readsJsonWithTabs() {
        String text =
                """
                {
                \t"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu",
                \t"devices": [{"name": "0", "containerEdits": {"deviceNodes": [
                \t\t{"path": "/dev/nvidia0", "hostPath": "/dev/nvidia3", "major": 195}]}}]
                }
                """;
        CdiSpecification specification = CdiSpecification.parse("x.json", text);
        assertThat(specification.devices().getFirst().edits().nodes())
                .containsExactly(new CdiSpecification.Node("/dev/nvidia0", "/dev/nvidia3"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cdiVersion: 2.0.0\\nkind: a.b/c | cdiVersion 2.0.0 is unknown",
                "kind: nvidia.com/gpu | cdiVersion of the file must be a text",
                "cdiVersion: 0.6.0\\nkind: gpu | kind is no VENDOR/CLASS: gpu",
                "S | it has no devices",
                "Sdevices: 3 | devices of the file must be a list",
                "Sdevices: [1] | devices[0] of the file must be a mapping",
                "SDextra: 1 | the file has the field extra, which the Container Device Interface does not know",
                "SDcontainerEdits: {env: [A=1, B]} | containerEdits of the file has no NAME=VALUE: B",
                "SDcontainerEdits: {additionalGids: [1]} | containerEdits of the file has the field additionalGids, which came with cdiVersion 0.7.0, not 0.6.0",
                "SDcontainerEdits: {mounts: [{hostPath: lib, containerPath: /a}]} | hostPath of mounts[0] of containerEdits of the file is no absolute path: lib",
                "SDcontainerEdits: {mounts: [{hostPath: /a, containerPath: /b/../../etc}]} | containerPath of mounts[0] of containerEdits of the file is no absolute path: /b/../../etc",
                "Sdevices: [{name: a, containerEdits: {}}, {name: a, containerEdits: {}}] | devices[1] of the file has a name that is invalid or taken: a",
                "- | the file must be a mapping",
                "a: &a [*a] | cdiVersion of the file must be a text",
                "{a | no YAML",
                "'' | the file must be a mapping"
            })
    void saysWhyItIsNone(String text, String why) {
        String whole =
                text.replace("\\n", "\n").replace("SD", START + DEVICE).replaceFirst("^S", START);
        assertThatThrownBy(() -> CdiSpecification.parse("x.yaml", whole))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .startsWith(why);
    }

    @Test
    void endsOnBombsAndNests() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 30; i++) {
            String one = "*a" + (i - 1);
            bomb.append("a%d: &a%d [%s, %s, %s]\n".formatted(i, i, one, one, one));
        }
        assertRefuses("x.yaml", bomb.toString());
        assertRefuses("x.yaml", "[".repeat(100_000));
        assertRefuses("x.json", "[".repeat(100_000));
    }

    private static void assertRefuses(String name, String text) {
        assertThatThrownBy(() -> CdiSpecification.parse(name, text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void damageIsNoSurprise(@ForAll Random random) throws IOException {
        StringBuilder text = new StringBuilder(Files.readString(SAMPLE));
        for (int i = 0; i < 3; i++) {
            text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(128));
        }
        String cut = text.substring(0, random.nextInt(text.length()));
        for (String name : new String[] {"x.yaml", "x.json"}) {
            try {
                assertThat(CdiSpecification.parse(name, cut).devices()).isNotEmpty();
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).isNotBlank().doesNotContain("Exception");
            }
        }
    }
}
