// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.amphora.Needs;
import org.amphora.image.Attributes;
import org.amphora.image.Descriptor;
import org.amphora.image.Digest;
import org.amphora.image.ImageSource;
import org.amphora.image.Manifest;
import org.amphora.image.Node;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.SourceImage;
import org.amphora.image.layer.TarBuilder;
import org.amphora.image.layout.Layouts;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConversionTest {

    private static final Platform AMD64 = Platform.linux("amd64");

    @TempDir Path dir;
    private final List<String> notes = new ArrayList<>();

    private static byte[] gzip(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static LayoutBuilder.Layer gzipped(byte[] tar) {
        return new LayoutBuilder.Layer(
                gzip(tar), Digest.of(tar), "application/vnd.oci.image.layer.v1.tar+gzip");
    }

    private Path layout(TarBuilder... layers) throws IOException {
        return LayoutBuilder.write(
                dir.resolve("layout"), Stream.of(layers).map(l -> gzipped(l.end())).toList());
    }

    private ImageSource open(Path layout) throws IOException {
        return Layouts.open(
                new Reference.OciLayout(layout, Optional.of("latest"), Optional.empty()));
    }

    private Conversion conversion(String cache, int threads) {
        return new Conversion(
                Cache.at(dir.resolve(cache)),
                Map.of("TMPDIR", dir.toString()),
                Progress.NONE,
                notes::add,
                threads);
    }

    private Path convert(Path layout) throws IOException {
        Path target = dir.resolve("out.sif");
        try (ImageSource source = open(layout)) {
            conversion("cache", 2).convert(source, source.image(AMD64), SifContent.NONE, target);
        }
        return target;
    }

    /// Unpacks the partition with unsquashfs.
    private Path unpack(Path sif) throws Exception {
        Needs.program("unsquashfs");
        Path image = dir.resolve("image.sqfs");
        SifFile file = SifFile.open(sif);
        Files.write(image, file.read(file.primaryPartition().orElseThrow()));
        Path tree = dir.resolve("tree");
        run("unsquashfs", "-q", "-n", "-d", tree.toString(), image.toString());
        return tree;
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    /// Each path with all that must be equal; hard links by the first path of their file.
    private static Map<String, String> facts(Path root) throws IOException {
        var facts = new TreeMap<String, String>();
        var links = new HashMap<Object, String>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
                var a = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
                String name = root.relativize(path).toString();
                int mode = (int) a.get("mode");
                long mtime =
                        ((java.nio.file.attribute.FileTime) a.get("lastModifiedTime"))
                                .to(TimeUnit.SECONDS);
                String text = Integer.toOctalString(mode) + " " + mtime;
                if ((boolean) a.get("isSymbolicLink")) {
                    text += " > " + Files.readSymbolicLink(path);
                }
                if ((boolean) a.get("isRegularFile")) {
                    text += " " + Digest.of(Files.readAllBytes(path)).shortHex();
                    text += " " + Files.size(path);
                }
                if (!(boolean) a.get("isDirectory")) {
                    String first = links.putIfAbsent(a.get("ino"), name);
                    text += first == null ? "" : " = " + first;
                }
                facts.put(name, text);
            }
        }
        return facts;
    }

    static Stream<Arguments> images() {
        byte[] big = new byte[400_000];
        new Random(5).nextBytes(big);
        byte[] sparse = new byte[900_000];
        sparse[500_000] = 1;
        return Stream.of(
                Arguments.of(
                        "kinds and modes",
                        List.of(
                                tar().dir("./", 0750)
                                        .dir("d", 01777)
                                        .dir("d/none", 0)
                                        .file("d/big", 04755, big)
                                        .file("d/secret", 0, new byte[] {1})
                                        .file("d/exact", 0600, new byte[1 << 17])
                                        .file("d/sparse", 0600, sparse)
                                        .file("empty", "")
                                        .symlink("s", "/d/../x y")
                                        .fifo("p")
                                        .link("d/hard", "d/big")
                                        .link("slink", "s"))),
                Arguments.of(
                        "whiteouts",
                        List.of(
                                tar().dir("a")
                                        .file("a/x", "1")
                                        .file("a/y", "2")
                                        .dir("b")
                                        .file("b/z", "3")
                                        .dir("o")
                                        .file("o/old", "4"),
                                tar().file("a/.wh.x", "")
                                        .file(".wh.b", "")
                                        .dir("o")
                                        .file("o/new", "5")
                                        .file("o/.wh..wh..opq", ""))),
                Arguments.of(
                        "types replaced",
                        List.of(
                                tar().file("f", "1").dir("d").file("d/x", "1").symlink("s", "d"),
                                tar().dir("f")
                                        .file("f/y", "2")
                                        .file("d", "2")
                                        .dir("s")
                                        .file("s/z", "2"))),
                Arguments.of(
                        "links across layers",
                        List.of(
                                tar().file("a", "1").link("b", "a"),
                                tar().link("c", "b").file("a", "2"),
                                tar().link("d", "a").file(".wh.b", ""))),
                Arguments.of(
                        "symlinked parents",
                        List.of(
                                tar().dir("usr")
                                        .dir("usr/lib")
                                        .file("usr/lib/x", "1")
                                        .symlink("lib", "usr/lib")
                                        .symlink("up", "../../usr"),
                                tar().file("lib/y", "2").file("up/z", "3").file("lib/.wh.x", ""))),
                Arguments.of(
                        "names and times",
                        List.of(
                                tar().pax(Map.of("mtime", "1600000000.987654321"))
                                        .file("sub-second", "1")
                                        .mtime(5)
                                        .file("n\nl", "1")
                                        .file("\u00c3\u00a4", "2")
                                        .gnuLongName("l".repeat(230))
                                        .file("x", "3")
                                        .pax(Map.of("path", "p/".repeat(90) + "q"))
                                        .file("x", "4"))),
                Arguments.of(
                        "duplicates, dots, empty layers",
                        List.of(
                                tar(),
                                tar().file("./a", "1").file("a", "2").file("/b", "3"),
                                tar(),
                                tar().dir("x/").file("x/./y", "4"),
                                tar())));
    }

    private static TarBuilder tar() {
        return new TarBuilder();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("images")
    void givesTheTreeOfUmoci(String name, List<TarBuilder> layers) throws Exception {
        Needs.program("umoci");
        Path layout = layout(layers.toArray(TarBuilder[]::new));
        run(
                "umoci",
                "unpack",
                "--rootless",
                "--image",
                layout + ":latest",
                dir.resolve("bundle").toString());
        Map<String, String> expected = facts(dir.resolve("bundle/rootfs"));
        Map<String, String> found = facts(unpack(convert(layout)));
        // umoci gives directories that no layer lists the time of unpacking.
        found.forEach(
                (path, text) -> {
                    if (text.equals("40755 0")) {
                        expected.computeIfPresent(
                                path, (p, t) -> t.startsWith("40755 ") ? text : t);
                    }
                });
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void givesTheSameBytesInAnyOrderAndNumberOfThreads() throws Exception {
        var layers = new TarBuilder[6];
        var random = new Random(9);
        for (int i = 0; i < layers.length; i++) {
            layers[i] = tar();
            for (int j = 0; j < 40; j++) {
                byte[] content = new byte[random.nextInt(200_000)];
                for (int k = 0; k < content.length; k++) {
                    content[k] = (byte) random.nextInt(20);
                }
                layers[i].file("d" + random.nextInt(5) + "/f" + random.nextInt(50), 0644, content);
            }
        }
        Path layout = layout(layers);
        byte[] first = null;
        for (int threads : new int[] {1, 4}) {
            Path target = dir.resolve(threads + ".sif");
            try (ImageSource source = open(layout)) {
                SourceImage image = source.image(AMD64);
                var late = new Delayed(source, image.layers().get(threads % 2 == 0 ? 0 : 4));
                conversion("cache" + threads, threads)
                        .convert(late, image, SifContent.NONE, target);
                // Once more from the cache.
                conversion("cache" + threads, threads)
                        .convert(new Closed(source), image, SifContent.NONE, target);
            }
            byte[] bytes = Files.readAllBytes(target);
            assertThat(bytes).isEqualTo(first == null ? bytes : first);
            first = bytes;
        }
    }

    /// Lets one layer come later than the others.
    private record Delayed(ImageSource source, Descriptor late) implements ImageSource {
        @Override
        public SourceImage image(Platform platform) {
            return source.image(platform);
        }

        @Override
        public Optional<Manifest.Image> manifest(Platform platform) {
            return source.manifest(platform);
        }

        @Override
        public InputStream open(Descriptor blob) throws IOException {
            if (blob.equals(late)) {
                try {
                    Thread.sleep(300);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            return source.open(blob);
        }

        @Override
        public void close() {}
    }

    /// Fails when anything is fetched.
    private record Closed(ImageSource source) implements ImageSource {
        @Override
        public SourceImage image(Platform platform) {
            return source.image(platform);
        }

        @Override
        public Optional<Manifest.Image> manifest(Platform platform) {
            return source.manifest(platform);
        }

        @Override
        public InputStream open(Descriptor blob) throws IOException {
            throw new IOException("fetched again: " + blob);
        }

        @Override
        public void close() {}
    }

    /// Gives other bytes than the source says, and checks nothing.
    private record Lying(ImageSource source, byte[] bytes) implements ImageSource {
        @Override
        public SourceImage image(Platform platform) {
            return source.image(platform);
        }

        @Override
        public Optional<Manifest.Image> manifest(Platform platform) {
            return source.manifest(platform);
        }

        @Override
        public InputStream open(Descriptor blob) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public void close() {}
    }

    @Test
    void takesNoTruncatedLayer() throws Exception {
        byte[] tar = tar().dir("d").file("d/f", "x".repeat(900)).symlink("s", "d").end();
        Path layout =
                LayoutBuilder.write(dir.resolve("layout"), List.of(LayoutBuilder.Layer.plain(tar)));
        for (int length = 0; length < tar.length; length += 512) {
            byte[] cut = Arrays.copyOf(tar, length);
            try (ImageSource source = open(layout)) {
                SourceImage image = source.image(AMD64);
                Path target = dir.resolve("out.sif");
                assertThatThrownBy(
                                () ->
                                        conversion("cache", 1)
                                                .convert(
                                                        new Lying(source, cut),
                                                        image,
                                                        SifContent.NONE,
                                                        target))
                        .as("%d bytes", length)
                        .isInstanceOf(Problem.class)
                        .hasMessageContaining(image.layers().getFirst().digest().toString());
                assertThat(target).doesNotExist();
            }
        }
        assertThat(Cache.at(dir.resolve("cache")).list()).isEmpty();
    }

    @Test
    void refusesAWrongDiffId() throws Exception {
        byte[] tar = tar().file("a", "1").end();
        Path layout =
                LayoutBuilder.write(
                        dir.resolve("layout"),
                        List.of(
                                new LayoutBuilder.Layer(
                                        gzip(tar),
                                        Digest.of("other"),
                                        "application/vnd.oci.image.layer.v1.tar+gzip")));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> convert(layout))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining(Digest.of("other").toString())
                    .hasMessageContaining(Digest.of(tar).toString());
        }
    }

    @Test
    void leavesAnExistingFileWhenItFails() throws Exception {
        Files.writeString(dir.resolve("out.sif"), "before");
        assertThatThrownBy(() -> convert(layout(tar().file("../x", "1"))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("../x");
        assertThat(dir.resolve("out.sif")).hasContent("before");
        try (Stream<Path> left = Files.list(dir)) {
            assertThat(left.map(p -> p.getFileName().toString()))
                    .containsExactlyInAnyOrder("out.sif", "layout", "cache");
        }
        assertThat(dir.resolve("x")).doesNotExist();
    }

    @Test
    void makesDamagedCacheEntriesAgain() throws Exception {
        Path layout = layout(tar().file("a", "x".repeat(1000)));
        byte[] good = Files.readAllBytes(convert(layout));
        Path entry = Cache.at(dir.resolve("cache")).list().getFirst().path();
        byte[] packed = Files.readAllBytes(entry);
        for (int length : new int[] {0, 10, packed.length / 2, packed.length - 1}) {
            Files.write(entry, Arrays.copyOf(packed, length));
            assertThat(Files.readAllBytes(convert(layout))).isEqualTo(good);
        }
        assertThat(Files.readAllBytes(entry)).isEqualTo(packed);
    }

    @Test
    void notesDevices() throws Exception {
        convert(layout(tar().device("dev/console").device("dev/null")));
        assertThat(notes).singleElement().asString().contains("2 device", "dev/console");
    }

    @Test
    void addsObjectsAndFiles() throws Exception {
        var content =
                new SifContent(
                        List.of(
                                new SifContent.Part(
                                        SifObject.Type.DEFINITION,
                                        "",
                                        "bootstrap: oci\n".getBytes(StandardCharsets.UTF_8))),
                        (root, contents) ->
                                root.put(
                                        "added",
                                        new Node.Regular(
                                                new Attributes(
                                                        0755,
                                                        7,
                                                        java.util.Collections.emptySortedMap()),
                                                contents.of("hello".getBytes()))));
        Path target = dir.resolve("out.sif");
        try (ImageSource source = open(layout(tar().file("a", "1")))) {
            conversion("cache", 2).convert(source, source.image(AMD64), content, target);
        }
        Path tree = unpack(target);
        assertThat(tree.resolve("added")).hasContent("hello");
        assertThat(tree.resolve("a")).hasContent("1");
    }

    @Test
    void packsTheStreamOfATree() throws Exception {
        byte[] tar = tar().dir("d").file("d/.wh.x", "kept").end();
        Path target = dir.resolve("out.sif");
        conversion("cache", 1)
                .convertTree(
                        new ByteArrayInputStream(tar),
                        "the tree",
                        Optional.empty(),
                        "amd64",
                        SifContent.NONE,
                        target);
        assertThat(unpack(target).resolve("d/.wh.x")).hasContent("kept");
        byte[] cut = Arrays.copyOf(tar, tar.length - 1024);
        assertThatThrownBy(
                        () ->
                                conversion("cache", 1)
                                        .convertTree(
                                                new ByteArrayInputStream(cut),
                                                "the tree",
                                                Optional.empty(),
                                                "amd64",
                                                SifContent.NONE,
                                                target))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("end marker");
    }

    @Test
    void packsADirectory() throws Exception {
        Needs.program("sh");
        Path tree = Files.createDirectory(dir.resolve("source"));
        run(
                "sh",
                "-c",
                "cd '"
                        + tree
                        + "' && mkdir -p d/e && printf x > d/f && ln d/f hard && ln -s '/a b' s"
                        + " && mkfifo p && chmod 1777 d && chmod 4755 d/f && touch -d @99.7 d/f"
                        + " && printf y > \"$(printf 'n\\303\\244\\377')\""
                        + " && ln -s \"$(printf '\\377/\\344')\" t && head -c 300000 /dev/zero > z");
        Path target = dir.resolve("out.sif");
        byte[] first = null;
        for (int threads = 1; threads < 3; threads++) {
            conversion("cache", threads)
                    .convertDirectory(tree, Optional.empty(), "amd64", SifContent.NONE, target);
            byte[] bytes = Files.readAllBytes(target);
            assertThat(bytes).isEqualTo(first == null ? bytes : first);
            first = bytes;
        }
        assertThat(facts(unpack(target))).isEqualTo(facts(tree));
    }

    @Test
    void derivesTheUuidFromTheDigest() {
        var uuid = Conversion.uuid(Digest.of("x"));
        assertThat(uuid.version()).isEqualTo(8);
        assertThat(uuid.variant()).isEqualTo(2);
        assertThat(uuid).isNotEqualTo(Conversion.uuid(Digest.of("y")));
    }
}
