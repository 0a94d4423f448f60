// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.amphora.Needs;
import org.amphora.image.Descriptor;
import org.amphora.image.ImageSource;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.SourceImage;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Debian's registry, filled by skopeo from what umoci made.
class SourcesIT {

    @TempDir static Path made;
    private static DockerRegistry open;
    private static DockerRegistry closed;

    @TempDir Path dir;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeAll
    static void fill() throws Exception {
        Needs.program("umoci");
        Needs.program("skopeo");
        Needs.program("docker-registry");
        Path layout = made.resolve("layout");
        String image = layout + ":1";
        run("umoci", "init", "--layout", layout.toString());
        run("umoci", "new", "--image", image);
        byte[] noise = new byte[3_000_000];
        new Random(5).nextBytes(noise);
        for (int i = 0; i < 3; i++) {
            noise[0] = (byte) i;
            Path file = Files.write(made.resolve("noise"), noise);
            run("umoci", "insert", "--image", image, file.toString(), "/noise" + i);
        }
        run("umoci", "config", "--image", image, "--architecture", "amd64");
        open = DockerRegistry.start(made.resolve("open"), false);
        closed = DockerRegistry.start(made.resolve("closed"), true);
        push("oci:" + image, open.reference("lab/tool:1"));
        push("oci:" + image, open.reference("lab/tool:docker"), "--format", "v2s2");
        push("oci:" + image, closed.reference("lab/tool:1"), "--dest-creds", "alice:secret");
    }

    @AfterAll
    static void stop() {
        if (open != null) {
            open.close();
        }
        if (closed != null) {
            closed.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lab/tool:1", "lab/tool:docker"})
    void readsBothKindsOfManifests(String name) throws Exception {
        assertThat(readAll(open.reference(name))).isGreaterThan(9_000_000);
    }

    @Test
    void copiesWhatSkopeoCopies() throws Exception {
        String from = open.reference("lab/tool:1");
        String ours = "oci:" + dir.resolve("ours") + ":1";
        Path skopeos = dir.resolve("skopeos");
        copy(from, ours);
        run("skopeo", "copy", "-q", "--src-tls-verify=false", from, "oci:" + skopeos + ":1");
        assertThat(blobs(dir.resolve("ours"))).isEqualTo(blobs(skopeos));
        assertThat(readAll(ours)).isEqualTo(readAll("oci:" + skopeos + ":1"));
        assertThat(run("umoci", "ls", "--layout", dir.resolve("ours").toString())).isEqualTo("1\n");
    }

    @Test
    void secondCopyFetchesNothing() throws Exception {
        String ours = "oci:" + dir.resolve("ours") + ":1";
        copy(open.reference("lab/tool:1"), ours);
        Path layout = dir.resolve("ours");
        String before = run("find", layout + "/blobs", "-type", "f", "-printf", "%p %T@ %i\n");
        copy(open.reference("lab/tool:1"), ours);
        copy(open.reference("lab/tool:1"), "oci:" + layout + ":2");
        assertThat(run("find", layout + "/blobs", "-type", "f", "-printf", "%p %T@ %i\n"))
                .isEqualTo(before);
        assertThat(run("umoci", "ls", "--layout", layout.toString()).split("\n"))
                .containsExactlyInAnyOrder("1", "2");
        assertThat(run("ls", "-A", layout.toString())).isEqualTo("blobs\nindex.json\noci-layout\n");
    }

    @Test
    void logsInWithAPassword() throws Exception {
        assertThatThrownBy(() -> readAll(closed.reference("lab/tool:1")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no credentials for 127.0.0.1");
        environment.put("DOCKER_USERNAME", "alice");
        environment.put("DOCKER_PASSWORD", "wrong");
        assertThatThrownBy(() -> readAll(closed.reference("lab/tool:1")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("user alice of DOCKER_USERNAME");
        environment.put("DOCKER_PASSWORD", "secret");
        assertThat(readAll(closed.reference("lab/tool:1"))).isGreaterThan(9_000_000);
    }

    @Test
    void takesTheCredentialsThatPodmanKeeps() throws Exception {
        Path file = dir.resolve("containers/auth.json");
        String host = closed.reference("").substring("docker://".length()).replace("/", "");
        run(
                "skopeo",
                "login",
                "--tls-verify=false",
                "--authfile",
                file.toString(),
                "-u",
                "alice",
                "-p",
                "secret",
                host);
        environment.put("XDG_RUNTIME_DIR", dir.toString());
        assertThat(readAll(closed.reference("lab/tool:1"))).isGreaterThan(9_000_000);
    }

    @Test
    void namesTheTagsThatThereAre() {
        assertThatThrownBy(() -> readAll(open.reference("lab/tool:9")))
                .isInstanceOfSatisfying(
                        Problem.class, p -> assertThat(p.fix()).contains("docker").contains("1"));
        assertThatThrownBy(() -> readAll(open.reference("no/such")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("knows no no/such");
    }

    @Test
    void saysThatPlainHttpWantsAFlag() {
        SourceOptions https = options().withNoHttps(false);
        Reference reference = Reference.parse(open.reference("lab/tool:1"));
        assertThatThrownBy(
                        () -> {
                            try (ImageSource source =
                                    Sources.open(reference, https, Progress.NONE)) {
                                source.image(Platform.linux("amd64"));
                            }
                        })
                .isInstanceOfSatisfying(
                        Problem.class, p -> assertThat(p.fix()).contains("--no-https"));
    }

    @Test
    void believesTheAuthorityThatTheSiteNames() throws Exception {
        Needs.program("openssl");
        Path registry = dir.resolve("tls");
        try (DockerRegistry tls = DockerRegistry.startWithTls(registry)) {
            push("oci:" + made.resolve("layout") + ":1", tls.reference("lab/tool:1"));
            SourceOptions unknown = options().withNoHttps(false);
            assertThatThrownBy(() -> readAll(tls.reference("lab/tool:1"), unknown))
                    .isInstanceOfSatisfying(
                            Problem.class,
                            p ->
                                    assertThat(p.fix())
                                            .contains("/etc/containers/certs.d/127.0.0.1:")
                                            .contains("SSL_CERT_FILE"));

            Path authority = registry.resolve("authority.crt");
            environment.put("SSL_CERT_FILE", authority.toString());
            SourceOptions named = options().withNoHttps(false);
            assertThat(readAll(tls.reference("lab/tool:1"), named)).isGreaterThan(9_000_000);

            environment.clear();
            environment.put("HOME", dir.toString());
            Path perHost = dir.resolve(".config/containers/certs.d").resolve(tls.host());
            Files.copy(authority, Files.createDirectories(perHost).resolve("ca.crt"));
            SourceOptions ofHost = options().withNoHttps(false);
            assertThat(readAll(tls.reference("lab/tool:1"), ofHost)).isGreaterThan(9_000_000);

            environment.put("SSL_CERT_FILE", dir.resolve("missing.pem").toString());
            SourceOptions missing = options().withNoHttps(false);
            assertThatThrownBy(() -> readAll(tls.reference("lab/tool:1"), missing))
                    .isInstanceOfSatisfying(
                            Problem.class, p -> assertThat(p.what()).contains("missing.pem"));
        }
    }

    private long readAll(String name) throws Exception {
        return readAll(name, options());
    }

    private long readAll(String name, SourceOptions options) throws Exception {
        long bytes = 0;
        try (ImageSource source = Sources.open(Reference.parse(name), options, Progress.NONE)) {
            SourceImage image = source.image(Platform.linux("amd64"));
            for (Descriptor layer : image.layers()) {
                try (InputStream in = source.open(layer)) {
                    bytes += in.transferTo(OutputStream.nullOutputStream());
                }
            }
        }
        return bytes;
    }

    private void copy(String from, String to) {
        Sources.copy(
                Reference.parse(from),
                (Reference.OciLayout) Reference.parse(to),
                options(),
                Progress.NONE);
    }

    private SourceOptions options() {
        return SourceOptions.of(environment)
                .withNoHttps(true)
                .withPlatform(Platform.linux("amd64"));
    }

    private static String blobs(Path layout) {
        return run("ls", layout.resolve("blobs/sha256").toString());
    }

    private static void push(String from, String to, String... options) {
        java.util.List<String> argv =
                new java.util.ArrayList<>(
                        java.util.List.of("skopeo", "copy", "-q", "--dest-tls-verify=false"));
        argv.addAll(java.util.List.of(options));
        argv.add(from);
        argv.add(to);
        run(argv.toArray(String[]::new));
    }

    private static String run(String... argv) {
        return Command.of(argv).run().orProblem("cannot make the fixture", "see").output();
    }
}
