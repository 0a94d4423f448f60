// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same files as a directory and as a SquashFS file say the same.
class ImageTreeTest {
    private static final int BLOCK = 4096;

    @TempDir private Path temporary;
    private Path root;
    private byte[] big;
    private final List<ImageTree> trees = new ArrayList<>();

    @BeforeEach
    void makeImages() throws IOException {
        Needs.program("mksquashfs");
        root = temporary.resolve("root");
        Files.createDirectories(root.resolve("a/b"));
        Files.writeString(root.resolve("a/b/text"), "hello");
        Files.writeString(temporary.resolve("secret"), "secret");
        big = new byte[10 * BLOCK + 77];
        new Random(7).nextBytes(big);
        Arrays.fill(big, 2 * BLOCK, 4 * BLOCK, (byte) 0);
        Files.write(root.resolve("a/big"), big);
        Files.createSymbolicLink(root.resolve("absolute"), Path.of("/a/b"));
        Files.createSymbolicLink(root.resolve("a/out"), Path.of("../../../secret"));
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nothing"));
        Path squash = temporary.resolve("image.sqfs");
        Command.of(
                        "mksquashfs",
                        root.toString(),
                        squash.toString(),
                        "-noappend",
                        "-no-progress",
                        "-b",
                        Integer.toString(BLOCK))
                .run()
                .orProblem("cannot pack", "install squashfs-tools");
        trees.add(ImageTree.open(root));
        trees.add(ImageTree.open(squash));
    }

    @Test
    void followsLinksInsideOnly() {
        for (ImageTree tree : trees) {
            assertThat(tree.find("/absolute/text").orElseThrow().path()).isEqualTo("/a/b/text");
            assertThat(tree.find("a/../absolute/./text").orElseThrow().path())
                    .isEqualTo("/a/b/text");
            assertThat(tree.find("/../../a").orElseThrow().kind())
                    .isEqualTo(ImageTree.Kind.DIRECTORY);
            assertThat(tree.find("/a/out")).isEmpty();
            assertThat(tree.find("/loop")).isEmpty();
            assertThat(tree.find("/dangling")).isEmpty();
            assertThat(tree.at("/loop").orElseThrow().target()).isEqualTo("loop");
            assertThat(tree.find("/a/b/text/more")).isEmpty();
        }
    }

    @Test
    void listsAndReads() {
        for (ImageTree tree : trees) {
            assertThat(tree.names("/a")).containsExactly("b", "big", "out");
            assertThat(tree.names("/absolute")).containsExactly("text");
            assertThat(tree.names("/a/big")).isEmpty();
            assertThat(tree.names("/none")).isEmpty();
            assertThat(tree.read("/absolute/text", 4))
                    .hasValueSatisfying(
                            bytes ->
                                    assertThat(new String(bytes, StandardCharsets.UTF_8))
                                            .isEqualTo("hell"));
            assertThat(tree.read("/a", 4)).isEmpty();
        }
    }

    @Test
    void readsAnyPieceOfAFile() throws IOException {
        Random random = new Random(1);
        for (ImageTree tree : trees) {
            ImageTree.File file = tree.find("/a/big").orElseThrow();
            assertThat(file.size()).isEqualTo(big.length);
            for (int i = 0; i < 200; i++) {
                int at = random.nextInt(big.length);
                byte[] piece = new byte[random.nextInt(Math.min(3 * BLOCK, big.length - at) + 1)];
                file.fill(at, piece);
                assertThat(piece).isEqualTo(Arrays.copyOfRange(big, at, at + piece.length));
            }
            ImageTree.File directory = tree.find("/a").orElseThrow();
            assertThatThrownBy(() -> directory.fill(0, new byte[1]))
                    .isInstanceOf(IOException.class)
                    .hasMessage("it is no regular file");
        }
    }

    @Test
    void walksEverythingInOrder() {
        for (ImageTree tree : trees) {
            List<String> paths = new ArrayList<>();
            tree.walk(
                    new ImageTree.Visitor() {
                        @Override
                        public void visit(ImageTree.File file) {
                            paths.add(file.path());
                        }

                        @Override
                        public void unreadable(String path, String why) {
                            paths.add(why);
                        }
                    });
            assertThat(paths)
                    .containsExactly(
                            "/a",
                            "/a/b",
                            "/a/b/text",
                            "/a/big",
                            "/a/out",
                            "/absolute",
                            "/dangling",
                            "/loop");
            tree.close();
        }
    }
}
