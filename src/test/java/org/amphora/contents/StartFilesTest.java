// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.amphora.elf.ElfBuilder;
import org.amphora.image.tree.ImageTree;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartFilesTest {
    private static final String LIBRARIES = "/usr/lib/x86_64-linux-gnu/";
    private static final List<String> SHELL =
            List.of(
                    "/usr/bin/dash",
                    "/usr/lib64/ld-linux-x86-64.so.2",
                    LIBRARIES + "ld-2.so",
                    LIBRARIES + "libc.so.6");

    @TempDir private Path root;

    private Tree tree;

    @BeforeEach
    void makeTree() throws IOException {
        tree = Tree.debian(root);
    }

    @Test
    void takesAProgramItsLinkerAndItsLibraries() {
        assertThat(of("/bin/dash")).containsExactlyInAnyOrderElementsOf(SHELL);
    }

    @Test
    void followsTheInterpretersOfScripts() throws IOException {
        tree.text("/usr/bin/tool", "#!/usr/bin/env -S dash -e\n");
        tree.link("/usr/bin/env", "dash");
        assertThat(of("tool"))
                .contains("/usr/bin/tool", "/usr/bin/env")
                .containsAll(SHELL)
                .hasSize(2 + SHELL.size());
    }

    @Test
    void takesTheLinksOfLibraries() throws IOException {
        tree.elf(LIBRARIES + "libhts.so.1.16", ElfBuilder.library("libhts.so.3"));
        tree.link(LIBRARIES + "libhts.so.3", "libhts.so.1.16");
        tree.elf("/usr/bin/tool", ElfBuilder.library("tool").needs("libhts.so.3", "HTS_1"));
        assertThat(of("tool"))
                .containsExactlyInAnyOrder(
                        "/usr/bin/tool", LIBRARIES + "libhts.so.3", LIBRARIES + "libhts.so.1.16");
    }

    @Test
    void asksTheSearchPathOfTheImage() throws IOException {
        tree.text("/.singularity.d/env/90-environment.sh", "export PATH=/opt/tool/bin:/bin\n");
        tree.text("/opt/tool/bin/tool", "#!/no/such/program\n");
        assertThat(of("tool")).containsExactly("/opt/tool/bin/tool");
    }

    @Test
    void takesPluginsFromDirectoriesThatAreNamed() throws IOException {
        tree.elf(LIBRARIES + "tool/hfile.so", ElfBuilder.library("x").needs("libcurl.so.4", "C"));
        tree.elf(LIBRARIES + "libcurl.so.4", ElfBuilder.library("libcurl.so.4"));
        tree.text(LIBRARIES + "tool/README", "no plug-in");
        tree.bytes("/usr/bin/tool", named(LIBRARIES + "tool"));
        assertThat(of("tool"))
                .containsExactlyInAnyOrder(
                        "/usr/bin/tool", LIBRARIES + "tool/hfile.so", LIBRARIES + "libcurl.so.4");
    }

    @Test
    void leavesLargeCollectionsWhereTheyAre() throws IOException {
        for (int i = 0; i < 60; i++) {
            tree.elf(LIBRARIES + "gconv/c" + i + ".so", ElfBuilder.library("c"));
        }
        tree.bytes("/usr/bin/tool", named(LIBRARIES + "gconv"));
        assertThat(of("tool")).containsExactly("/usr/bin/tool");
    }

    @Test
    void passesOverWhatNotEveryoneMayReadAndWhatIsMissing() throws IOException {
        tree.text("/usr/bin/secret", "#!/bin/dash\n");
        assertThat(root.resolve("usr/bin/secret").toFile().setReadable(false, false)).isTrue();
        tree.link("/usr/bin/circle", "circle");
        tree.bytes("/usr/bin/broken", new byte[] {0x7f, 'E', 'L', 'F', 2, 1});
        assertThat(of("secret", "nothing", "circle", "/no/such", "broken"))
                .containsExactlyInAnyOrder("/usr/bin/circle", "/usr/bin/broken");
    }

    private static byte[] named(String directory) {
        byte[] program = ElfBuilder.library("tool").needs("libgone.so.1", "X").build();
        byte[] text = ("\0" + directory + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] both = java.util.Arrays.copyOf(program, program.length + text.length);
        System.arraycopy(text, 0, both, program.length, text.length);
        return both;
    }

    private List<String> of(String... programs) {
        assertThat(Files.isDirectory(root)).isTrue();
        try (ImageTree files = ImageTree.directory(root)) {
            return StartFiles.of(files, List.of(programs)).stream()
                    .map(ImageTree.File::path)
                    .toList();
        }
    }
}
