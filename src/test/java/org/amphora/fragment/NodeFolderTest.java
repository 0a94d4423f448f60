// SPDX-License-Identifier: Apache-2.0
package org.amphora.fragment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFolderTest {
    @TempDir Path temporary;

    @Test
    void keepsFilesThatOnlyTheirOwnerCanChange() throws IOException {
        Path folder = temporary.resolve("a/b");
        NodeFolder.put(folder, "x", bytes("one"));
        NodeFolder.put(folder, "x", bytes("two"));
        Path file = NodeFolder.trusted(folder, "x").orElseThrow();
        assertThat(file).hasContent("two");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        assertThat(folder).isDirectoryContaining(path -> path.equals(file));
        assertThat(folder.toFile().list()).hasSize(1);
    }

    @Test
    void trustsNothingThatOthersCanWriteTo() throws IOException {
        Path folder = temporary.resolve("shared");
        NodeFolder.put(folder, "x", bytes("mine"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(NodeFolder.trusted(folder, "x")).isEmpty();
        assertThatThrownBy(() -> NodeFolder.put(folder, "x", bytes("mine")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("others may write to it");
    }

    @Test
    void followsNoLinks() throws IOException {
        Path folder = temporary.resolve("real");
        NodeFolder.put(folder, "x", bytes("mine"));
        Path link = Files.createSymbolicLink(temporary.resolve("link"), folder);
        assertThat(NodeFolder.trusted(link, "x")).isEmpty();
        assertThatThrownBy(() -> NodeFolder.put(link, "x", bytes("mine")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void takesARuntimeDirectoryThatBelongsToTheCaller() {
        assertThat(NodeFolder.all(Map.of("XDG_RUNTIME_DIR", "/nonexistent")))
                .startsWith(NodeFolder.SHARED)
                .doesNotContain(Path.of("/nonexistent/amphora"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
