// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.amphora.Needs;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SquashReaderTest {
    private static final DateTimeFormatter UNSQUASHFS_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);
    private static final int BLOCK = 131_072;

    @TempDir static Path directory;
    private static Path tree;
    private static final Map<String, Path> images = new HashMap<>();

    /// One tree with every kind of file that mksquashfs can be made to write.
    @BeforeAll
    static void makeTree() throws IOException {
        tree = Files.createDirectory(directory.resolve("tree"));
        Random random = new Random(42);
        write("empty", new byte[0]);
        write("tail", "some text\n".getBytes(StandardCharsets.UTF_8));
        write("one-block", bytes(random, BLOCK));
        write("block-and-tail", bytes(random, BLOCK + 17));
        write("compressible", "amphora ".repeat(60_000).getBytes(StandardCharsets.UTF_8));
        write("zeros", new byte[5 * BLOCK]);
        try (RandomAccessFile sparse =
                new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
            sparse.seek(3L * BLOCK + 5);
            sparse.write(7);
            sparse.setLength(40L * BLOCK + 3);
        }
        Files.createDirectories(tree.resolve("etc/deep/deeper"));
        write("etc/os-release", "ID=amphora\n".getBytes(StandardCharsets.UTF_8));
        write("etc/deep/deeper/file", bytes(random, 3000));
        Files.createLink(tree.resolve("etc/hard"), tree.resolve("block-and-tail"));
        link("etc/relative", "../tail");
        link("etc/absolute", "/etc/os-release");
        link("etc/up", "../../../../tail");
        link("bin", "etc/deep");
        link("circle", "circle");
        link("nowhere", "not/there");
        link("long-link", "x/".repeat(2000));
        write("ümlaut\nand line end", new byte[] {1});
        Files.createDirectory(tree.resolve("empty-directory"));
        Files.createDirectory(tree.resolve("large"));
        for (int i = 0; i < 3000; i++) {
            write(
                    "large/a-file-with-a-rather-long-name-so-that-an-index-is-made-" + i,
                    new byte[0]);
        }
        Files.setLastModifiedTime(
                tree.resolve("tail"), FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-comp gzip",
                "-comp zstd",
                "-comp xz",
                "-comp xz -Xbcj x86,arm,sparc",
                "-comp lz4",
                "-comp lz4 -Xhc",
                "-comp gzip -noF",
                "-comp zstd -noI -noD -noF -noX",
                "-comp zstd -b 4096",
                "-comp gzip -b 1M",
                "-comp gzip -no-fragments",
                "-comp zstd -tailends",
                "-comp gzip -always-use-fragments -no-exports -no-xattrs -no-sparse"
            })
    void readsWhatMksquashfsWrote(String options) throws IOException {
        Path image = squash(options);
        try (SquashReader reader = SquashReader.open(image, 0)) {
            assertThat(listing(reader)).isEqualTo(unsquashfs(image));
            reader.walk((path, inode) -> compare(reader, path, inode));
        }
    }

    @Test
    void readsDevicesSocketsAndPipes() throws IOException {
        Path image =
                squash(
                        "-comp zstd -p null_c_666_0_0_1_3 -p disk_b_640_0_5_259_7"
                                + " -p socket_i_600_0_0_s -p pipe_i_4755_0_0_f -p tail_m_0_0_0");
        try (SquashReader reader = SquashReader.open(image, 0)) {
            assertThat(listing(reader)).isEqualTo(unsquashfs(image));
            assertThat(reader.find("null").orElseThrow()).isInstanceOf(Inode.Device.class);
            assertThat(reader.find("pipe").orElseThrow().common().mode()).isEqualTo(04755);
            assertThat(text(reader, "tail")).contains("some text\n");
        }
    }

    @Test
    void readsXattrsAlsoSharedOnes() throws IOException {
        Path source = Files.createTempDirectory(directory, "xattrs");
        byte[] shared = "shared".repeat(300).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 5; i++) {
            Path file = Files.writeString(source.resolve("file" + i), "x");
            setXattr(file, "big", shared);
            setXattr(file, "number", new byte[] {(byte) i, 0, -1});
            setXattr(file, "empty", new byte[0]);
        }
        Path image = directory.resolve("xattrs.sqfs");
        mksquashfs(source, image, List.of("-comp", "gzip"));
        try (SquashReader reader = SquashReader.open(image, 0)) {
            for (int i = 0; i < 5; i++) {
                var xattrs = reader.xattrs(reader.find("file" + i).orElseThrow());
                assertThat(xattrs).containsOnlyKeys("user.big", "user.number", "user.empty");
                assertThat(xattrs.get("user.big")).isEqualTo(shared);
                assertThat(xattrs.get("user.number")).isEqualTo(new byte[] {(byte) i, 0, -1});
                assertThat(xattrs.get("user.empty")).isEmpty();
            }
            assertThat(reader.xattrs(reader.root())).isEmpty();
        }
    }

    @Test
    void readsWhatTar2sqfsWrote() throws IOException {
        Needs.program("tar2sqfs");
        Path image = directory.resolve("tar2sqfs.sqfs");
        Path tar = directory.resolve("tree.tar");
        run(List.of("tar", "-C", tree.toString(), "--sort=name", "-cf", tar.toString(), "."));
        Command.of("tar2sqfs", "-q", "-f", "-c", "zstd", image.toString())
                .withInput(new Command.Input.File(tar))
                .run()
                .orProblem("cannot run tar2sqfs", "see above");
        try (SquashReader reader = SquashReader.open(image, 0)) {
            assertThat(listing(reader)).isEqualTo(unsquashfs(image));
            reader.walk((path, inode) -> compare(reader, path, inode));
        }
    }

    @Test
    void findsThroughSymbolicLinksInsideOfTheImage() throws IOException {
        try (SquashReader reader = SquashReader.open(squash("-comp zstd"), 0)) {
            assertThat(text(reader, "/etc/os-release")).contains("ID=amphora\n");
            assertThat(text(reader, "etc/relative")).contains("some text\n");
            assertThat(text(reader, "etc/absolute")).contains("ID=amphora\n");
            assertThat(text(reader, "etc/up")).contains("some text\n");
            assertThat(text(reader, "/bin/../os-release")).contains("ID=amphora\n");
            assertThat(text(reader, "bin/deeper/../../absolute")).contains("ID=amphora\n");
            assertThat(reader.find("bin/deeper/file")).isPresent();
            assertThat(reader.find("")).contains(reader.root());
            assertThat(reader.find("circle")).isEmpty();
            assertThat(reader.find("nowhere")).isEmpty();
            assertThat(reader.find("tail/x")).isEmpty();
            assertThat(reader.find("empty-directory/x")).isEmpty();
            assertThat(reader.findLink("bin")).get().isInstanceOf(Inode.Symlink.class);
            assertThat(((Inode.Symlink) reader.findLink("long-link").orElseThrow()).target())
                    .hasSize(3999);
        }
    }

    @Test
    void findsEachFileOfALargeDirectory() throws IOException {
        try (SquashReader reader = SquashReader.open(squash("-comp zstd"), 0)) {
            Inode.Directory large = (Inode.Directory) reader.find("large").orElseThrow();
            assertThat(large.indexCount()).isPositive();
            String prefix = "large/a-file-with-a-rather-long-name-so-that-an-index-is-made-";
            for (int i = 0; i < 3000; i++) {
                assertThat(reader.find(prefix + i)).isPresent();
            }
            assertThat(reader.find("large/a")).isEmpty();
            assertThat(reader.find("large/z")).isEmpty();
            assertThat(reader.find(prefix + "3000")).isEmpty();
        }
    }

    @Test
    void hardLinksShareAnInode() throws IOException {
        try (SquashReader reader = SquashReader.open(squash("-comp gzip"), 0)) {
            assertThat(reader.find("etc/hard")).isEqualTo(reader.find("block-and-tail"));
            assertThat(reader.find("etc/hard").orElseThrow().common().links()).isEqualTo(2);
        }
    }

    @Test
    void skipsWithinAFile() throws IOException {
        byte[] expected = Files.readAllBytes(tree.resolve("sparse"));
        try (SquashReader reader = SquashReader.open(squash("-comp gzip"), 0);
                InputStream in = reader.open((Inode.Regular) reader.find("sparse").orElseThrow())) {
            int at = 0;
            for (int step : new int[] {5, BLOCK, 2 * BLOCK, 3, BLOCK - 1, 30 * BLOCK, 17}) {
                assertThat(in.skip(step)).isEqualTo(step);
                at += step;
                assertThat(in.read()).isEqualTo(expected[at]);
                at++;
            }
            assertThat(in.skip(Long.MAX_VALUE)).isEqualTo(expected.length - at);
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void copiesSparseFilesSparsely() throws IOException {
        Path copy = directory.resolve("copy");
        try (SquashReader reader = SquashReader.open(squash("-comp gzip"), 0);
                RandomAccessFile to = new RandomAccessFile(copy.toFile(), "rw")) {
            Inode.Regular sparse = (Inode.Regular) reader.find("sparse").orElseThrow();
            to.setLength(sparse.size());
            reader.copy(
                    sparse,
                    (bytes, offset, length, at) -> {
                        to.seek(at);
                        to.write(bytes, offset, length);
                    });
        }
        assertThat(Files.mismatch(copy, tree.resolve("sparse"))).isEqualTo(-1);
        String blocks = run(List.of("stat", "-c", "%b", copy.toString())).strip();
        assertThat(Long.parseLong(blocks) * 512).isLessThan(4L * BLOCK);
    }

    @Test
    void readsBehindAnOffset() throws IOException {
        Path image = squash("-comp zstd");
        Path shifted = directory.resolve("shifted");
        try (FileChannel to =
                FileChannel.open(shifted, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            to.write(ByteBuffer.wrap(Files.readAllBytes(image)), 36_864);
        }
        try (SquashReader reader = SquashReader.open(shifted, 36_864)) {
            assertThat(text(reader, "etc/os-release")).contains("ID=amphora\n");
        }
    }

    @Test
    void refusesCompressorsThatItCannotRead() throws IOException {
        Path image = squash("-comp lzo");
        assertThatThrownBy(() -> SquashReader.open(image, 0))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("lzo");
    }

    @Test
    void refusesMissingTruncatedAndForeignFiles() throws IOException {
        assertThatThrownBy(() -> SquashReader.open(directory.resolve("none"), 0))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no such file");
        Path text = Files.writeString(directory.resolve("text"), "x".repeat(200));
        assertThatThrownBy(() -> SquashReader.open(text, 0)).isInstanceOf(Problem.class);
        byte[] image = Files.readAllBytes(squash("-comp zstd"));
        for (int length : new int[] {0, 50, 95, 96, 4096, image.length / 2}) {
            Path cut = Files.write(directory.resolve("cut"), Arrays.copyOf(image, length));
            assertThatThrownBy(() -> SquashReader.open(cut, 0)).isInstanceOf(Problem.class);
        }
    }

    private void compare(SquashReader reader, String path, Inode inode) {
        Path expected = tree.resolve(decoded(path));
        try {
            if (inode instanceof Inode.Regular file) {
                byte[] content = Files.readAllBytes(expected);
                assertThat(reader.read(file, Integer.MAX_VALUE)).isEqualTo(content);
                try (InputStream in = reader.open(file)) {
                    assertThat(in.readAllBytes()).isEqualTo(content);
                }
            } else if (inode instanceof Inode.Symlink link) {
                assertThat(link.target()).isEqualTo(Files.readSymbolicLink(expected).toString());
            } else {
                assertThat(expected).isDirectory();
            }
        } catch (IOException e) {
            throw new AssertionError(path, e);
        }
    }

    private static Optional<String> text(SquashReader reader, String path) {
        return reader.find(path)
                .map(inode -> reader.read((Inode.Regular) inode, 1 << 20))
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    /// The tree as `unsquashfs -lln` lists it.
    private static String listing(SquashReader reader) {
        StringBuilder lines = new StringBuilder();
        reader.walk(
                (path, inode) -> {
                    Inode.Common common = inode.common();
                    String name = decoded(path);
                    lines.append(kind(inode)).append(mode(common.mode())).append(' ');
                    lines.append(common.uid()).append('/').append(common.gid()).append(' ');
                    lines.append(size(inode)).append(' ');
                    lines.append(UNSQUASHFS_TIME.format(Instant.ofEpochSecond(common.mtime())));
                    lines.append(" squashfs-root").append(path.isEmpty() ? "" : "/").append(name);
                    if (inode instanceof Inode.Symlink link) {
                        lines.append(" -> ").append(link.target());
                    }
                    lines.append('\n');
                });
        return lines.toString();
    }

    private static String decoded(String path) {
        return new String(path.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static char kind(Inode inode) {
        return switch (inode) {
            case Inode.Directory _ -> 'd';
            case Inode.Regular _ -> '-';
            case Inode.Symlink _ -> 'l';
            case Inode.Device device -> device.character() ? 'c' : 'b';
            case Inode.Fifo _ -> 'p';
            case Inode.Socket _ -> 's';
        };
    }

    private static String mode(int mode) {
        char[] letters = "rwxrwxrwx".toCharArray();
        for (int i = 0; i < letters.length; i++) {
            if ((mode & 0400 >> i) == 0) {
                letters[i] = '-';
            }
        }
        int[] places = {2, 5, 8};
        char[] marks = {'s', 's', 't'};
        for (int i = 0; i < places.length; i++) {
            if ((mode & 04000 >> i) != 0) {
                letters[places[i]] =
                        letters[places[i]] == 'x' ? marks[i] : Character.toUpperCase(marks[i]);
            }
        }
        return new String(letters);
    }

    private static String size(Inode inode) {
        return switch (inode) {
            case Inode.Directory directory -> String.valueOf(directory.listingSize() + 3);
            case Inode.Regular file -> String.valueOf(file.size());
            case Inode.Symlink link -> String.valueOf(link.target().length());
            case Inode.Device device -> (device.rdev() >> 8) + ", " + (device.rdev() & 0xFF);
            case Inode.Fifo _, Inode.Socket _ -> "0";
        };
    }

    private static String unsquashfs(Path image) {
        Needs.program("unsquashfs");
        String listing = run(List.of("unsquashfs", "-UTC", "-lln", image.toString()));
        return listing.replaceAll("(?m)^(\\S+ \\S+) +(\\d+)(,)? +(\\d+)", "$1 $2$3 $4");
    }

    private static Path squash(String options) throws IOException {
        Path made = images.get(options);
        if (made != null) {
            return made;
        }
        Path image = Files.createTempFile(directory, "image", ".sqfs");
        List<String> arguments = new ArrayList<>();
        for (String option : options.split(" ")) {
            arguments.add(option.replace('_', ' '));
        }
        mksquashfs(tree, image, arguments);
        images.put(options, image);
        return image;
    }

    private static void mksquashfs(Path source, Path image, List<String> options) {
        Needs.program("mksquashfs");
        List<String> argv = new ArrayList<>(List.of("mksquashfs"));
        argv.addAll(List.of(source.toString(), image.toString(), "-noappend", "-quiet"));
        argv.add("-no-progress");
        argv.addAll(options);
        run(argv);
    }

    private static String run(List<String> argv) {
        return Command.of(argv)
                .run()
                .orProblem("cannot run " + argv.getFirst(), "see above")
                .output();
    }

    private static void setXattr(Path file, String name, byte[] value) throws IOException {
        UserDefinedFileAttributeView view =
                Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        Needs.that(
                Files.getFileStore(file).supportsFileAttributeView("user"),
                "xattr",
                "no user xattrs in " + directory);
        view.write(name, ByteBuffer.wrap(value));
    }

    private static void write(String name, byte[] content) throws IOException {
        Files.write(tree.resolve(name), content);
    }

    private static void link(String name, String target) throws IOException {
        Files.createSymbolicLink(tree.resolve(name), Path.of(target));
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
