// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.image.Descriptor;
import org.amphora.image.ImageSource;
import org.amphora.image.Manifest;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.SourceImage;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Layouts and archives that umoci, skopeo and tar made.
class LayoutsTest {

    private static final Platform AMD64 = Platform.linux("amd64");

    @TempDir static Path made;
    private static Path layout;

    @TempDir Path dir;

    @BeforeAll
    static void makeImages() throws IOException {
        Needs.program("umoci");
        Needs.program("skopeo");
        layout = made.resolve("layout");
        run("umoci", "init", "--layout", layout.toString());
        for (String tag : new String[] {"one", "two"}) {
            String image = layout + ":" + tag;
            run("umoci", "new", "--image", image);
            for (int i = 0; i < 2; i++) {
                // The same file twice: docker archives have the second layer as a link.
                Path file = Files.writeString(made.resolve("file"), tag.equals("one") ? "1" : "2");
                run("umoci", "insert", "--image", image, file.toString(), "/f" + tag);
            }
            run("umoci", "config", "--image", image, "--architecture", "amd64");
            run("umoci", "config", "--image", image, "--config.env", "TAG=" + tag);
        }
        String one = "oci:" + layout + ":one";
        run("skopeo", "copy", "-q", one, "oci:" + made.resolve("single") + ":one");
        run("skopeo", "copy", "-q", one, "oci-archive:" + made.resolve("oci.tar") + ":one");
        run("skopeo", "copy", "-q", one, "docker-archive:" + made.resolve("docker.tar") + ":a:1");
        for (String ending : new String[] {"z", "J", "-zstd"}) {
            Path packed = made.resolve("oci.tar." + ending);
            String option = ending.startsWith("-") ? "-" + ending : "-" + ending;
            run("tar", "-c", option, "-f", packed.toString(), "-C", layout.toString(), ".");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "oci:MADE/layout:one, oci",
        "oci:MADE/single, oci",
        "oci-archive:MADE/oci.tar, oci-archive",
        "oci-archive:MADE/oci.tar:one, oci-archive",
        "oci-archive:MADE/oci.tar.z:one, oci-archive",
        "oci-archive:MADE/oci.tar.J:one, oci-archive",
        "oci-archive:MADE/oci.tar.-zstd:one, oci-archive",
        "docker-archive:MADE/docker.tar, docker-archive",
        "docker-archive:MADE/docker.tar:a:1, docker-archive",
        "docker-archive:MADE/docker.tar:docker.io/library/a:1, docker-archive",
    })
    void readsWhatOthersWrote(String name, String bootstrap) throws IOException {
        try (ImageSource source = open(name)) {
            SourceImage image = source.image(AMD64);
            assertThat(image.bootstrap()).isEqualTo(bootstrap);
            assertThat(image.from())
                    .isEqualTo(
                            name.replace("MADE", made.toString())
                                    .substring(bootstrap.length() + 1));
            assertThat(image.config().environment()).containsEntry("TAG", "one");
            assertThat(image.layers()).hasSize(2);
            for (Descriptor layer : image.layers()) {
                try (InputStream in = source.open(layer)) {
                    assertThat(in.readAllBytes()).hasSize((int) layer.size());
                }
            }
        }
        assertThat(Files.list(dir)).isEmpty();
    }

    @Test
    void theLayersOfADockerArchiveMayBeLinks() throws IOException {
        Path tree = Files.createDirectory(dir.resolve("tree"));
        run("tar", "-xf", made.resolve("docker.tar").toString(), "-C", tree.toString());
        try (Stream<Path> paths = Files.walk(tree)) {
            assertThat(paths).anyMatch(Files::isSymbolicLink);
        }
    }

    @Test
    void readsADockerArchiveInOciStyle() throws IOException {
        Path tree = dir.resolve("tree");
        run("cp", "-r", made.resolve("single").toString(), tree.toString());
        String index = Files.readString(tree.resolve("index.json"));
        Manifest.Image manifest;
        try (ImageSource source = open("oci:MADE/single")) {
            manifest = source.manifest(AMD64).orElseThrow();
        }
        StringBuilder layers = new StringBuilder();
        for (Descriptor layer : manifest.layers()) {
            layers.append(layers.isEmpty() ? "" : ",")
                    .append("\"blobs/sha256/" + layer.digest().hex() + "\"");
        }
        Files.writeString(
                tree.resolve("manifest.json"),
                "[{\"Config\":\"blobs/sha256/"
                        + manifest.config().digest().hex()
                        + "\",\"RepoTags\":null,\"Layers\":["
                        + layers
                        + "]}]");
        assertThat(index).isNotEmpty();
        Path tar = dir.resolve("x.tar");
        run("tar", "-cf", tar.toString(), "--format=pax", "-C", tree.toString(), ".");
        try (ImageSource source = open("docker-archive:" + tar)) {
            SourceImage image = source.image(AMD64);
            for (Descriptor layer : image.layers()) {
                assertThat(layer.mediaType()).endsWith("gzip");
                try (InputStream in = source.open(layer)) {
                    in.transferTo(java.io.OutputStream.nullOutputStream());
                }
            }
        }
    }

    @Test
    void findsAnImageByItsDigest() {
        Manifest.Image one;
        try (ImageSource source = open("oci:MADE/layout:one")) {
            one = source.manifest(AMD64).orElseThrow();
        }
        try (ImageSource source = open("oci:MADE/layout@" + one.self().digest())) {
            assertThat(source.image(AMD64).digest()).isEqualTo(one.self().digest());
        }
        assertThatThrownBy(() -> open("oci:MADE/layout:two@" + one.config().digest()).image(AMD64))
                .isInstanceOf(Problem.class);
    }

    @ParameterizedTest
    @CsvSource({
        "oci:MADE/layout, 'one, two'",
        "oci:MADE/layout:three, 'one, two'",
        "oci:MADE/none, check the path",
        "oci:MADE, index.json",
        "oci-archive:MADE/none, check the path",
        "oci-archive:MADE, oci:",
        "oci-archive:MADE/file, tar file",
        "oci-archive:MADE/docker.tar, docker-archive:",
        "docker-archive:MADE/oci.tar, oci-archive:",
        "docker-archive:MADE/docker.tar:b:1, a:1",
    })
    void saysWhatThereIs(String name, String fix) {
        assertThatThrownBy(() -> open(name).image(AMD64))
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.fix()).contains(fix));
    }

    @Test
    void refusesAnotherArchitecture() {
        for (String name : new String[] {"oci:MADE/single", "docker-archive:MADE/docker.tar"}) {
            assertThatThrownBy(() -> open(name).image(Platform.linux("arm64")))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("linux/amd64");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "oci-archive, oci.tar",
        "docker-archive, docker.tar",
        "oci-archive, oci.tar.z",
        "oci-archive, oci.tar.J",
        "oci-archive, oci.tar.-zstd"
    })
    void everyTruncationIsAProblem(String scheme, String name) throws IOException {
        byte[] whole = Files.readAllBytes(made.resolve(name));
        Path cut = dir.resolve("cut.tar");
        Random random = new Random(7);
        for (int i = 0; i < 60; i++) {
            // The end of a tar is padding.
            int length = random.nextInt(Math.max(1, whole.length - 10240));
            Files.write(cut, java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(
                            () ->
                                    readAll(
                                            scheme
                                                    + ":"
                                                    + cut
                                                    + (scheme.startsWith("o") ? ":one" : "")))
                    .as("cut at %d of %d", length, whole.length)
                    .isInstanceOf(Problem.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"oci-archive, oci.tar", "docker-archive, docker.tar", "oci-archive, oci.tar.z"})
    void damageIsAProblemOrHarmless(String scheme, String name) throws IOException {
        byte[] whole = Files.readAllBytes(made.resolve(name));
        Path damaged = dir.resolve("damaged.tar");
        Random random = new Random(11);
        for (int i = 0; i < 200; i++) {
            byte[] copy = whole.clone();
            for (int j = 0; j < 3; j++) {
                copy[random.nextInt(copy.length)] = (byte) random.nextInt();
            }
            Files.write(damaged, copy);
            try {
                readAll(scheme + ":" + damaged + (scheme.startsWith("o") ? ":one" : ""));
            } catch (Problem e) {
                assertThat(e.fix()).isNotBlank();
            }
        }
    }

    @Test
    void aDamagedBlobIsAProblem() throws IOException {
        Path copy = dir.resolve("copy");
        run("cp", "-r", made.resolve("single").toString(), copy.toString());
        Descriptor layer;
        try (ImageSource source = open("oci:" + copy)) {
            layer = source.image(AMD64).layers().getFirst();
        }
        Path blob = copy.resolve("blobs/sha256/" + layer.digest().hex());
        Files.write(blob, new byte[] {1}, StandardOpenOption.WRITE);
        assertThatThrownBy(() -> readAll("oci:" + copy))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(layer.digest().toString())
                .hasMessageContaining("its digest is");
        Files.delete(blob);
        assertThatThrownBy(() -> readAll("oci:" + copy)).hasMessageContaining("missing");
    }

    @Test
    void writesLayoutsThatOthersRead() throws IOException {
        Path written = dir.resolve("written");
        Files.createDirectories(written);
        LayoutWriter writer = new LayoutWriter(written, dir);
        for (String tag : new String[] {"one", "two", "one"}) {
            try (ImageSource source = open("oci:MADE/layout:" + tag)) {
                Manifest.Image manifest = source.manifest(AMD64).orElseThrow();
                for (Descriptor layer : manifest.layers()) {
                    try (InputStream in = source.open(layer)) {
                        writer.blob(layer, in);
                    }
                }
                try (InputStream in = source.open(manifest.config())) {
                    writer.blob(manifest.config(), in);
                }
                writer.list(manifest, Optional.of(tag));
            }
        }
        assertThat(run("umoci", "ls", "--layout", written.toString()).split("\n"))
                .containsExactlyInAnyOrder("one", "two");
        run("umoci", "stat", "--image", written + ":two");
        run("skopeo", "copy", "-q", "oci:" + written + ":one", "dir:" + dir.resolve("d"));
        assertThat(readAll("oci:" + written + ":one")).isPositive();
    }

    private long readAll(String name) throws IOException {
        long bytes = 0;
        try (ImageSource source = open(name)) {
            for (Descriptor layer : source.image(AMD64).layers()) {
                try (InputStream in = source.open(layer)) {
                    bytes += in.transferTo(java.io.OutputStream.nullOutputStream());
                }
            }
        }
        return bytes;
    }

    private ImageSource open(String name) {
        try {
            return switch (Reference.parse(name.replace("MADE", made.toString()))) {
                case Reference.OciLayout layout -> Layouts.open(layout);
                case Reference.OciArchive archive -> Layouts.open(archive, dir);
                case Reference.DockerArchive archive -> Layouts.open(archive, dir);
                case Reference other -> throw new IllegalArgumentException(other.toString());
            };
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String run(String... argv) {
        return Command.of(argv).run().orProblem("cannot make the fixture", "see").output();
    }
}
