// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackingTest {
    @TempDir Path directory;
    private final List<String> notes = new ArrayList<>();

    @BeforeEach
    void needMksquashfs() {
        Needs.program("mksquashfs");
    }

    /// JUnit cannot delete directories of mode 000 for an ordinary user.
    @AfterEach
    void openDirectories() {
        Command.of("chmod", "-R", "u+rwX", directory.toString()).run();
    }

    @Test
    void unpacksTheTreeThatWasPacked() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Files.createDirectories(tree.resolve("a/b"));
        byte[] random = new byte[300_000];
        new Random(3).nextBytes(random);
        Files.write(tree.resolve("a/big"), random);
        Files.writeString(tree.resolve("a/b/small"), "text");
        Files.write(tree.resolve("empty"), new byte[0]);
        Files.createLink(tree.resolve("hard"), tree.resolve("a/b/small"));
        Files.createSymbolicLink(tree.resolve("link"), Path.of("/nowhere/at all"));
        Files.setLastModifiedTime(
                tree.resolve("a/b/small"), FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
        for (int i = 0; i < 200; i++) {
            Files.writeString(tree.resolve("a/b/file" + i), "content " + i);
        }
        try (RandomAccessFile sparse =
                new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
            sparse.seek(1_000_000);
            sparse.write(1);
            sparse.setLength(5_000_000);
        }
        Path image = pack(tree, "a m 555 0 0", "a/b m 1777 0 0", "a/big m 4755 0 0");

        Path target = directory.resolve("target");
        Unpacking.unpack(image, target, Progress.NONE, notes::add);

        assertThat(listing(target)).isEqualTo(listing(unsquashed(image)));
        assertThat(Files.isSameFile(target.resolve("hard"), target.resolve("a/b/small"))).isTrue();
        assertThat(target.resolve("a/big")).hasBinaryContent(random);
        assertThat(Files.mismatch(target.resolve("sparse"), tree.resolve("sparse"))).isEqualTo(-1);
        assertThat(notes).isEmpty();
    }

    @Test
    void unpacksModesThatForbidEverything() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree/closed/inner"));
        Files.writeString(tree.resolve("file"), "x");
        Path image =
                pack(
                        directory.resolve("tree"),
                        "closed m 0 0 0",
                        "closed/inner m 0 0 0",
                        "closed/inner/file m 0 0 0");
        Path target = directory.resolve("target");
        Unpacking.unpack(image, target, Progress.NONE, notes::add);
        assertThat(Files.getPosixFilePermissions(target.resolve("closed"))).isEmpty();
    }

    @Test
    void leavesDevicesOutWithANote() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Path image = pack(tree, "null c 666 0 0 1 3", "sock i 600 0 0 s", "pipe i 640 0 0 f");
        Path target = directory.resolve("target");
        Unpacking.unpack(image, target, Progress.NONE, notes::add);
        assertThat(notes).hasSize(1).first().asString().contains("/null");
        try (Stream<Path> files = Files.list(target)) {
            assertThat(files).containsExactly(target.resolve("pipe"));
        }
    }

    @Test
    void keepsNamesThatAreNotUtf8() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Command.of(
                        "sh",
                        "-c",
                        "cd \"$0\" && : > \"$(printf 'a\\377b')\" && ln -s \"$(printf '\\376')\" l",
                        tree.toString())
                .run()
                .orProblem("cannot make a file", "see above");
        Path target = directory.resolve("ümlaut");
        Unpacking.unpack(pack(tree), target, Progress.NONE, notes::add);
        String names =
                Command.of(
                                "sh",
                                "-c",
                                "cd \"$0\" && ls | od -An -c && readlink l | od -An -c",
                                target.toString())
                        .run()
                        .output();
        assertThat(names.replaceAll("\\s+", " ")).isEqualTo(" a 377 b \\n l \\n 376 \\n ");
    }

    @Test
    void refusesAnExistingTarget() throws IOException {
        Path image = pack(Files.createDirectories(directory.resolve("tree")));
        assertThatThrownBy(
                        () ->
                                Unpacking.unpack(
                                        image,
                                        directory.resolve("tree"),
                                        Progress.NONE,
                                        notes::add))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("exists already");
    }

    @Test
    void leavesNothingOfADamagedImage() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        byte[] random = new byte[200_000];
        new Random(3).nextBytes(random);
        Files.createDirectories(tree.resolve("d"));
        Files.write(
                tree.resolve("d/text"), "text ".repeat(50_000).getBytes(StandardCharsets.UTF_8));
        Files.write(tree.resolve("random"), random);
        Path image = pack(tree);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(96);
            file.write(new byte[50]);
        }
        Path target = directory.resolve("target");
        assertThatThrownBy(() -> Unpacking.unpack(image, target, Progress.NONE, notes::add))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("damaged");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactlyInAnyOrder(tree, image);
        }
    }

    private Path pack(Path tree, String... pseudo) {
        Path image = directory.resolve("image.sqfs");
        List<String> argv =
                new ArrayList<>(List.of("mksquashfs", tree.toString(), image.toString()));
        argv.addAll(List.of("-quiet", "-no-progress", "-noappend", "-comp", "zstd"));
        for (String one : pseudo) {
            argv.addAll(List.of("-p", one));
        }
        Command.of(argv).run().orProblem("cannot run mksquashfs", "see above");
        return image;
    }

    private Path unsquashed(Path image) {
        Path target = directory.resolve("unsquashed");
        Command.of("unsquashfs", "-no-progress", "-d", target.toString(), image.toString())
                .run()
                .orProblem("cannot run unsquashfs", "see above");
        return target;
    }

    private static String listing(Path root) {
        return Command.of(
                        "sh",
                        "-c",
                        "cd \"$0\" && find . -printf '%p %y %m %s %n %T@ %l\\n' | sort",
                        root.toString())
                .run()
                .output()
                .replaceAll("(?m)^(\\S+ d \\S+) \\d+ ", "$1 ");
    }
}
