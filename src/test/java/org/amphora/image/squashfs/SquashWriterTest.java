// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.amphora.Needs;
import org.amphora.image.Attributes;
import org.amphora.image.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SquashWriterTest {

    private static final Attributes PLAIN = attributes(0644, 0);

    private static Attributes attributes(int mode, long mtime) {
        return new Attributes(mode, mtime, Collections.emptySortedMap());
    }

    /// Packs and writes; the file begins with a page that is not the file system's.
    private static final class Image implements AutoCloseable {
        private static final long OFFSET = 4096;
        private final Path file;
        private final FileChannel packed;
        private final FileChannel out;
        private final Compression compression = new Compression(2);
        private final Packer packer;

        Image(Path dir) throws IOException {
            file = dir.resolve("image");
            packed = open(dir.resolve("packed"));
            out = open(file);
            packer = new Packer(new Pack(packed), 100, compression);
        }

        private static FileChannel open(Path path) throws IOException {
            return FileChannel.open(
                    path,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
        }

        PackedFile content(byte[] bytes) throws IOException {
            packer.begin(bytes.length);
            packer.data(new ByteArrayInputStream(bytes), bytes.length);
            return packer.end();
        }

        void write(Node.Directory root) throws IOException {
            packer.finish();
            long length = SquashWriter.write(out, OFFSET, root, 77, compression);
            assertThat(length % 4096).isZero();
            assertThat(out.size()).isEqualTo(OFFSET + length);
        }

        SquashReader read() {
            return SquashReader.open(file, OFFSET);
        }

        @Override
        public void close() throws IOException {
            packed.close();
            out.close();
            compression.close();
        }
    }

    @Property(tries = 25)
    void readsBackRandomTrees(@ForAll long seed) throws IOException {
        Path dir = Files.createTempDirectory("squash-writer");
        try (Image image = new Image(dir)) {
            var random = new Random(seed);
            Node.Directory root = new Node.Directory(attributes(0750, 12345));
            var files = new ArrayList<Node>();
            fill(image, root, random, 3, files);
            image.write(root);
            try (SquashReader reader = image.read()) {
                compare(reader, root, reader.root());
            }
        } finally {
            delete(dir);
        }
    }

    private static void delete(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(dir);
    }

    /// What a test content was made from, beside its handle.
    private static final Map<Node, byte[]> BYTES =
            Collections.synchronizedMap(new java.util.IdentityHashMap<>());

    private static void fill(
            Image image, Node.Directory directory, Random random, int depth, List<Node> files)
            throws IOException {
        int count = random.nextInt(12);
        for (int i = 0; i < count; i++) {
            String name = name(random);
            Attributes attributes = randomAttributes(random);
            switch (random.nextInt(8)) {
                case 0, 1 -> {
                    if (depth > 0) {
                        Node.Directory below = new Node.Directory(attributes);
                        directory.put(name, below);
                        fill(image, below, random, depth - 1, files);
                    }
                }
                case 2 -> {
                    Node link = new Node.Symlink(attributes(0777, 5), "../" + name(random));
                    files.add(link);
                    directory.put(name, link);
                }
                case 3 -> directory.put(name, new Node.Fifo(attributes));
                case 4 -> {
                    if (!files.isEmpty()) {
                        directory.put(name, files.get(random.nextInt(files.size())));
                    }
                }
                default -> {
                    byte[] bytes = bytes(random);
                    Node file = new Node.Regular(attributes, image.content(bytes));
                    BYTES.put(file, bytes);
                    files.add(file);
                    directory.put(name, file);
                }
            }
        }
    }

    private static String name(Random random) {
        var name = new StringBuilder();
        int length = 1 + random.nextInt(random.nextInt(10) == 0 ? 255 : 12);
        for (int i = 0; i < length; i++) {
            char c = (char) (1 + random.nextInt(255));
            name.append(c == '/' ? '_' : c);
        }
        return name.toString().equals(".") || name.toString().equals("..") ? "x" : name.toString();
    }

    private static byte[] bytes(Random random) {
        int size =
                switch (random.nextInt(6)) {
                    case 0 -> 0;
                    case 1 -> 1 << 17;
                    case 2 -> random.nextInt(500_000);
                    default -> random.nextInt(3000);
                };
        byte[] bytes = new byte[size];
        int kind = random.nextInt(3);
        for (int i = 0; i < size && kind > 0; i++) {
            bytes[i] = (byte) (kind == 1 ? random.nextInt(4) : random.nextInt());
        }
        if (kind == 0 && size > 300_000) {
            bytes[299_999] = 1;
        }
        return bytes;
    }

    private static Attributes randomAttributes(Random random) {
        SortedMap<String, byte[]> xattrs = Collections.emptySortedMap();
        if (random.nextInt(5) == 0) {
            xattrs = new TreeMap<>();
            byte[] value = new byte[random.nextInt(9000)];
            random.nextBytes(value);
            xattrs.put("user." + random.nextInt(3), value);
            xattrs.put("security.capability", new byte[] {1, (byte) 0x80, 0, -1});
        }
        return new Attributes(random.nextInt(010000), random.nextLong(1L << 32), xattrs);
    }

    private static void compare(SquashReader reader, Node node, Inode inode) throws IOException {
        assertThat(inode.common().mode()).isEqualTo(node.attributes().mode());
        assertThat(inode.common().mtime()).isEqualTo(node.attributes().mtime());
        assertThat(inode.common().uid()).isZero();
        var xattrs = reader.xattrs(inode);
        assertThat(xattrs.keySet()).isEqualTo(node.attributes().xattrs().keySet());
        xattrs.forEach(
                (name, value) -> assertThat(value).isEqualTo(node.attributes().xattrs().get(name)));
        switch (node) {
            case Node.Directory directory -> {
                var found = new TreeMap<String, Inode>();
                var entries = reader.entries((Inode.Directory) inode);
                entries.forEachRemaining(e -> found.put(e.name(), e.inode()));
                assertThat(found.keySet()).isEqualTo(directory.children().keySet());
                for (var child : directory.children().entrySet()) {
                    compare(reader, child.getValue(), found.get(child.getKey()));
                }
            }
            case Node.Regular regular -> {
                byte[] expected = BYTES.get(regular);
                assertThat(reader.read((Inode.Regular) inode, expected.length + 1))
                        .isEqualTo(expected);
            }
            case Node.Symlink link ->
                    assertThat(((Inode.Symlink) inode).target()).isEqualTo(link.target());
            case Node.Fifo _ -> assertThat(inode).isInstanceOf(Inode.Fifo.class);
        }
    }

    @Test
    void indexesBigDirectories(@TempDir Path dir) throws Exception {
        try (Image image = new Image(dir)) {
            Node.Directory root = new Node.Directory(attributes(0755, 0));
            Node.Directory big = new Node.Directory(attributes(0755, 0));
            root.put("big", big);
            Node one = new Node.Regular(PLAIN, image.content("one".getBytes()));
            root.put("zzz", one);
            for (int i = 0; i < 100_000; i++) {
                // One of a thousand is a name of the same file, whose inode lies far away.
                big.put(
                        "file-%06d".formatted(i),
                        i % 1000 == 0 ? one : new Node.Regular(PLAIN, image.content(new byte[0])));
            }
            image.write(root);
            try (SquashReader reader = image.read()) {
                for (int i = 0; i < 100_000; i += 997) {
                    assertThat(reader.find("big/file-%06d".formatted(i))).isPresent();
                }
                assertThat(reader.find("big/file-000001x")).isEmpty();
                assertThat(reader.find("zzz").orElseThrow().common().links()).isEqualTo(101);
            }
            listsWithUnsquashfs(dir, image, 100_003);
        }
    }

    private static void listsWithUnsquashfs(Path dir, Image image, int lines) throws Exception {
        Needs.program("unsquashfs");
        Process process =
                new ProcessBuilder("unsquashfs", "-o", "4096", "-l", "-q", image.file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(dir.resolve("list").toFile())
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        try (Stream<String> list = Files.lines(dir.resolve("list"), StandardCharsets.ISO_8859_1)) {
            assertThat(list.filter(l -> l.startsWith("squashfs-root")).count()).isEqualTo(lines);
        }
    }

    @Test
    void holdsFilesAbove4GiB(@TempDir Path dir) throws IOException {
        long size = (5L << 30) + 70_000;
        try (Image image = new Image(dir)) {
            Node.Directory root = new Node.Directory(attributes(0755, 0));
            image.packer.begin(size);
            image.packer.hole(3L << 30);
            image.packer.data(new ByteArrayInputStream("middle".getBytes()), 6);
            image.packer.hole(size - (3L << 30) - 6 - 3);
            image.packer.data(new ByteArrayInputStream("end".getBytes()), 3);
            root.put("sparse", new Node.Regular(PLAIN, image.packer.end()));
            image.packer.begin(1L << 33);
            image.packer.hole(1L << 33);
            root.put("hole", new Node.Regular(PLAIN, image.packer.end()));
            image.write(root);
            assertThat(Files.size(image.file)).isLessThan(1 << 20);
            try (SquashReader reader = image.read()) {
                var sparse = (Inode.Regular) reader.find("sparse").orElseThrow();
                assertThat(sparse.size()).isEqualTo(size);
                var found = new StringBuilder();
                try (var in = reader.open(sparse)) {
                    in.skipNBytes(3L << 30);
                    found.append(new String(in.readNBytes(6), StandardCharsets.US_ASCII));
                    in.skipNBytes(size - (3L << 30) - 9);
                    found.append(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
                }
                assertThat(found).hasToString("middleend");
                assertThat(((Inode.Regular) reader.find("hole").orElseThrow()).size())
                        .isEqualTo(1L << 33);
            }
        }
    }

    @Test
    void leavesDeadBlocksBehind(@TempDir Path dir) throws IOException {
        try (Image image = new Image(dir)) {
            byte[] noise = new byte[1_000_000];
            new Random(1).nextBytes(noise);
            image.content(noise);
            Node.Directory root = new Node.Directory(attributes(0755, 0));
            root.put("kept", new Node.Regular(PLAIN, image.content(new byte[] {1, 2})));
            image.content(noise);
            image.write(root);
            assertThat(Files.size(image.file)).isLessThan(Image.OFFSET + 300_000);
        }
    }

    @Test
    void writesAnEmptyTree(@TempDir Path dir) throws Exception {
        try (Image image = new Image(dir)) {
            image.write(new Node.Directory(attributes(0755, 0)));
            try (SquashReader reader = image.read()) {
                assertThat(reader.entries(reader.root()).hasNext()).isFalse();
            }
            listsWithUnsquashfs(dir, image, 1);
        }
    }
}
