// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import static org.amphora.image.registry.FakeRegistry.bytes;
import static org.amphora.image.registry.FakeRegistry.header;
import static org.amphora.image.registry.FakeRegistry.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.amphora.image.Digest;
import org.amphora.image.ImageSource;
import org.amphora.image.Manifest;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.SourceImage;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryTest {

    private static final String MANIFEST = "/v2/lab/tool/manifests/1";
    private static final String DENIED = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}";

    @TempDir Path home;
    private final Map<String, String> environment = new HashMap<>();
    private FakeRegistry registry;

    @BeforeEach
    void start() throws IOException {
        registry = new FakeRegistry();
        environment.put("HOME", home.toString());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void fetchesManifestConfigAndLayer() {
        assertThat(fetch(":1")).isEqualTo(registry.layer);
        SourceImage image = open(":1").image(Platform.linux("amd64"));
        assertThat(image.digest()).isEqualTo(Digest.of(registry.manifest));
        assertThat(image.bootstrap()).isEqualTo("docker");
        assertThat(image.from()).isEqualTo("127.0.0.1:" + registry.port() + "/lab/tool:1");
        assertThat(registry.requests).allMatch(r -> r.authorization().isEmpty());
    }

    @Test
    void choosesThePlatformFromAnIndex() {
        String entry = FakeRegistry.descriptor("m", registry.manifest);
        String platform = ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}";
        String index =
                "{\"manifests\":[" + entry.substring(0, entry.length() - 1) + platform + "]}";
        registry.on("/v2/lab/tool/manifests/2", send(200, index));
        assertThat(fetch(":2")).isEqualTo(registry.layer);
        assertThatThrownBy(() -> open(":2").image(Platform.linux("arm64")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("only for linux/amd64");
    }

    @Test
    void holdsThePinnedDigest() {
        assertThat(fetch("@" + Digest.of(registry.manifest))).isEqualTo(registry.layer);
        Digest other = Digest.of("other");
        registry.on("/v2/lab/tool/manifests/" + other, send(200, registry.manifest));
        assertProblem("@" + other, other.toString(), "");
    }

    @Test
    void getsATokenAndKeepsIt() {
        protectWithToken("secret-token", "");
        assertThat(fetch(":1")).isEqualTo(registry.layer);
        assertThat(registry.requests.stream().filter(r -> r.path().startsWith("/token")))
                .singleElement()
                .satisfies(
                        r -> {
                            assertThat(r.path())
                                    .contains("service=reg%2C%22x%22")
                                    .contains("scope=repository%3Alab%2Ftool%3Apull");
                            assertThat(r.authorization()).isEmpty();
                        });
    }

    @Test
    void renewsATokenThatRanOut() {
        protectWithToken("t", "");
        registry.on(
                registry.layerPath(),
                send(401, "", "WWW-Authenticate", challenge()),
                registry::sendLayer);
        assertThat(fetch(":1")).isEqualTo(registry.layer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".docker/config.json",
                ".apptainer/docker-config.json",
                "DOCKER_CONFIG/config.json",
                "XDG_RUNTIME_DIR/containers/auth.json",
                "DOCKER_USERNAME",
                "helper",
                "authFile",
            })
    void sendsCredentialsToTheTokenServer(String place) throws IOException {
        protectWithToken("t", basic("me:s:cret"));
        String host = "127.0.0.1:" + registry.port();
        String auths =
                "{\"auths\":{\""
                        + host
                        + "\":{\"auth\":\""
                        + Base64.getEncoder().encodeToString(bytes("me:s:cret"))
                        + "\"}}}";
        Optional<Path> authFile = Optional.empty();
        switch (place) {
            case "DOCKER_USERNAME" -> {
                environment.put("DOCKER_USERNAME", "me");
                environment.put("DOCKER_PASSWORD", "s:cret");
            }
            case "authFile" ->
                    authFile = Optional.of(Files.writeString(home.resolve("auth"), auths));
            case "helper" -> {
                // Found through PATH of this process only; so the entry says that it is missing.
                write(".docker/config.json", "{\"credHelpers\":{\"" + host + "\":\"none-here\"}}");
                assertProblem(":1", "docker-credential-none-here", "DOCKER_USERNAME");
                return;
            }
            default -> {
                String[] parts = place.split("/", 2);
                boolean isVariable = parts[0].equals(parts[0].toUpperCase(java.util.Locale.ROOT));
                if (isVariable && !parts[0].startsWith(".")) {
                    environment.put(parts[0], home.resolve(parts[0]).toString());
                }
                write(place, auths);
            }
        }
        RegistryOptions options = options().withAuthFile(authFile);
        assertThat(fetch(open(":1", options))).isEqualTo(registry.layer);
    }

    @Test
    void sendsAnIdentityTokenAsRefreshToken() throws IOException {
        registry.on(MANIFEST, send(401, "", "WWW-Authenticate", challenge()), this::withBearer);
        registry.on(
                "/token",
                exchange -> {
                    String form = new String(exchange.getRequestBody().readAllBytes());
                    boolean fits =
                            exchange.getRequestMethod().equals("POST")
                                    && form.contains("refresh_token=idt")
                                    && header(exchange, "Authorization").isEmpty();
                    send(fits ? 200 : 400, "{\"access_token\":\"t\"}").handle(exchange);
                });
        write(
                ".docker/config.json",
                "{\"auths\":{\"127.0.0.1:" + registry.port() + "\":{\"identitytoken\":\"idt\"}}}");
        assertThat(fetch(":1")).isEqualTo(registry.layer);
    }

    private void withBearer(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
        boolean fits = header(exchange, "Authorization").equals("Bearer t");
        send(fits ? 200 : 403, fits ? registry.manifest : bytes(DENIED)).handle(exchange);
    }

    @Test
    void namesWrongCredentialsAndWhereTheyAreFrom() throws IOException {
        protectWithToken("t", basic("me:right"));
        environment.put("DOCKER_USERNAME", "me");
        environment.put("DOCKER_PASSWORD", "wrong");
        assertProblem(":1", "user me of DOCKER_USERNAME", "check user name");
        environment.clear();
        assertProblem(":1", "there are no credentials for 127.0.0.1", "DOCKER_USERNAME");
    }

    @Test
    void wrongBasicCredentialsAreAskedForOnce() {
        registry.on(MANIFEST, send(401, DENIED, "WWW-Authenticate", "Basic realm=\"x\""));
        environment.put("DOCKER_USERNAME", "me");
        environment.put("DOCKER_PASSWORD", "wrong");
        assertProblem(":1", "user me", "check user name");
        assertThat(registry.requests).hasSize(2);
    }

    @Test
    void credentialsStayOnTheirServer() throws IOException {
        environment.put("DOCKER_USERNAME", "me");
        environment.put("DOCKER_PASSWORD", "secret");
        registry.on(
                MANIFEST,
                send(401, "", "WWW-Authenticate", "Basic realm=\"x\""),
                send(200, registry.manifest));
        try (FakeRegistry store = new FakeRegistry()) {
            String there = "http://localhost:" + store.port() + store.layerPath();
            registry.on(registry.layerPath(), send(307, "", "Location", there));
            assertThat(fetch(":1")).isEqualTo(registry.layer);
            assertThat(store.requests)
                    .singleElement()
                    .satisfies(r -> assertThat(r.authorization()).isEmpty());
            assertThat(registry.requests.getLast().authorization()).startsWith("Basic ");
        }
    }

    @Test
    void resumesWhereTheConnectionBroke() {
        registry.on(
                registry.layerPath(),
                e -> registry.sendLayer(e, 100_000),
                e -> registry.sendLayer(e, 100_000),
                e -> registry.sendLayer(e, 200_000),
                registry::sendLayer);
        assertThat(fetch(":1")).isEqualTo(registry.layer);
        assertThat(registry.requests).anyMatch(r -> r.range().equals("bytes=200000-"));
    }

    @Test
    void resumesWithoutRangesToo() {
        registry.on(
                registry.layerPath(),
                e -> registry.sendLayer(e, 100_000),
                send(200, registry.layer));
        assertThat(fetch(":1")).isEqualTo(registry.layer);
    }

    @Test
    void givesUpOnARegistryThatStopsHalfWay() {
        registry.on(registry.layerPath(), e -> registry.sendLayer(e, 100_000));
        assertProblem(":1", "stops after 100000 of 300000 bytes", "try again");
    }

    @Test
    void waitsWhenAskedTo() {
        registry.on(
                MANIFEST,
                send(429, "", "Retry-After", "0"),
                send(503, "", "Retry-After", "Mon, 23 Nov 2020 00:00:00 GMT"),
                send(500, ""),
                send(200, registry.manifest));
        assertThat(fetch(":1")).isEqualTo(registry.layer);
        registry.on(MANIFEST, send(429, ""));
        assertProblem(":1", "answered 429", "");
    }

    @Test
    void refusesWrongBytesAndLengths() {
        byte[] wrong = registry.layer.clone();
        wrong[7]++;
        registry.on(registry.layerPath(), send(200, wrong));
        assertProblem(":1", "its digest is " + Digest.of(wrong), "damaged");
        registry.on(registry.layerPath(), send(200, "short"));
        assertProblem(":1", "announces 5 bytes, the manifest says 300000", "");
        registry.on(registry.layerPath(), send(404, ""));
        assertProblem(":1", "does not have this blob", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | <html>Please log in</html> | not JSON: <html>Please",
                "200 | {} | neither",
                "200 | [1] | not a JSON object",
                "200 | '' | it is empty",
                "200 | {\"schemaVersion\":1} | schema 1",
                "400 | nonsense | answered 400",
                "403 | nonsense | answered 403",
                "401 | nonsense | answered 401",
                "304 | '' | answered 304",
            })
    void nonsenseIsAProblem(int status, String body, String why) {
        registry.on(MANIFEST, send(status, body));
        assertProblem(":1", why, "");
    }

    @Test
    void refusesEndlessManifestsAndRedirects() {
        registry.on(MANIFEST, send(200, new byte[Manifest.MAXIMUM_SIZE + 5]));
        assertProblem(":1", "more than 4194304 bytes", "");
        registry.on(MANIFEST, send(302, "", "Location", MANIFEST));
        assertProblem(":1", "redirects more than", "");
        registry.on(MANIFEST, send(302, "", "Location", "file:///etc/passwd"));
        assertProblem(":1", "redirects to 'file:", "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer",
                "Bearer realm=\"file:///x\"",
                "Bearer realm=\"::\"",
                "Digest x=y",
                "\"\""
            })
    void refusesNonsenseChallenges(String header) {
        registry.on(MANIFEST, send(401, "", "WWW-Authenticate", header));
        assertProblem(":1", "", "");
    }

    @Test
    void refusesNonsenseTokens() {
        registry.on(MANIFEST, send(401, "", "WWW-Authenticate", challenge()));
        for (String answer : new String[] {"x", "{}", "{\"token\":\"a\\nb\"}", "{\"token\":7}"}) {
            registry.on("/token", send(200, answer));
            assertThatThrownBy(() -> fetch(":1")).as(answer).isInstanceOf(Problem.class);
        }
    }

    @Test
    void namesSomeTagsWhenOneIsUnknown() {
        registry.on("/v2/lab/tool/tags/list", send(200, "{\"tags\":[\"1\",\"2\"]}"));
        assertProblem(":9", "has no 9", "2, 1");
        registry.on("/v2/lab/tool/tags/list", send(404, ""));
        assertProblem(":9", "knows no lab/tool:9", "check host, repository and tag");
    }

    @Test
    void namesARegistryThatIsDown() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Reference.Registry down = reference("127.0.0.1:" + port, ":1");
        assertThatThrownBy(() -> fetch(Registry.open(down, options(), Progress.NONE)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("127.0.0.1:" + port)
                .hasMessageContaining("refused");
        Reference.Registry unknown = reference("no-such-host.invalid", ":1");
        assertThatThrownBy(() -> fetch(Registry.open(unknown, options(), Progress.NONE)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no-such-host.invalid is not known");
    }

    @Test
    void namesARegistryThatIsSilent() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Reference.Registry silent = reference("127.0.0.1:" + socket.getLocalPort(), ":1");
            RegistryOptions hasty =
                    new RegistryOptions(
                            true,
                            Optional.empty(),
                            environment,
                            Duration.ofMillis(200),
                            Duration.ofMillis(50),
                            Duration.ofMillis(1));
            assertThatThrownBy(() -> fetch(Registry.open(silent, hasty, Progress.NONE)))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("timed out");
        }
    }

    @Test
    void advisesNoHttpsForAPlainRegistry() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            // What Go's server says to a TLS greeting.
            Thread plain =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try (var connection = socket.accept()) {
                                            connection
                                                    .getOutputStream()
                                                    .write(bytes("HTTP/1.1 400 Bad Request\r\n"));
                                        } catch (IOException e) {
                                            throw new UncheckedIOException(e);
                                        }
                                    });
            Reference.Registry there = reference("127.0.0.1:" + socket.getLocalPort(), ":1");
            ImageSource https = Registry.open(there, options().withNoHttps(false), Progress.NONE);
            assertThatThrownBy(() -> fetch(https))
                    .isInstanceOfSatisfying(
                            Problem.class, p -> assertThat(p.fix()).contains("--no-https"));
            plain.join();
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "https://quay.io/v2/, https_proxy=http://p:3128, p:3128",
                "https://quay.io/v2/, HTTPS_PROXY=p:3128, p:3128",
                "https://quay.io/v2/, http_proxy=p:3128, -",
                "https://quay.io/v2/, all_proxy=p:3128, p:3128",
                "http://quay.io/v2/, http_proxy=http://p, p:80",
                "https://quay.io/v2/, https_proxy=p:1;no_proxy=x.y quay.io, -",
                "https://a.quay.io/v2/, https_proxy=p:1;no_proxy=.quay.io, -",
                "https://a.quay.io/v2/, https_proxy=p:1;NO_PROXY=*.quay.io, -",
                "https://aquay.io/v2/, https_proxy=p:1;no_proxy=quay.io, p:1",
                "https://quay.io:81/v2/, https_proxy=p:1;no_proxy=quay.io:80, p:1",
                "https://quay.io:80/v2/, https_proxy=p:1;no_proxy=quay.io:80, -",
                "https://quay.io/v2/, https_proxy=p:1;no_proxy=*, -",
                "http://127.0.0.1:5000/v2/, http_proxy=p:1, -",
                "http://localhost:5000/v2/, http_proxy=p:1, -",
                "http://[::1]:5000/v2/, http_proxy=p:1, -",
            })
    void readsTheProxyVariables(URI address, String variables, String proxy) {
        Map<String, String> given = new HashMap<>();
        for (String variable : variables.split(";")) {
            given.put(variable.split("=")[0], variable.split("=")[1]);
        }
        var found = Proxies.of(address, given).address();
        assertThat(found == null ? null : found.toString().replace("/<unresolved>", ""))
                .isEqualTo(proxy);
    }

    @Test
    void readsChallenges() {
        assertThat(Challenge.parse("Basic, Bearer realm=\"a,\\\"b\" , scope=x y=z"))
                .containsExactly(
                        new Challenge("basic", Map.of()),
                        new Challenge("bearer", Map.of("realm", "a,\"b", "scope", "x", "y", "z")));
        assertThat(Challenge.parse("")).isEmpty();
    }

    @net.jqwik.api.Property(tries = 500)
    void readsAnyChallenge(@net.jqwik.api.ForAll String header) {
        assertThat(Challenge.parse(header)).isNotNull();
        assertThat(Challenge.parse("Bearer realm=\"" + header)).isNotEmpty();
    }

    private String challenge() {
        return "Bearer realm=\"http://127.0.0.1:"
                + registry.port()
                + "/token\",service=\"reg,\\\"x\\\"\",scope=\"repository:lab/tool:pull\"";
    }

    /// Everything wants a token, which the token server gives for these credentials.
    private void protectWithToken(String token, String credentials) {
        for (String path :
                new String[] {
                    MANIFEST,
                    registry.layerPath(),
                    "/v2/lab/tool/blobs/" + Digest.of(registry.config)
                }) {
            byte[] content =
                    path.equals(MANIFEST)
                            ? registry.manifest
                            : path.equals(registry.layerPath()) ? registry.layer : registry.config;
            registry.on(
                    path,
                    exchange -> {
                        boolean fits = header(exchange, "Authorization").equals("Bearer " + token);
                        if (fits) {
                            send(200, content).handle(exchange);
                        } else {
                            send(401, DENIED, "WWW-Authenticate", challenge()).handle(exchange);
                        }
                    });
        }
        registry.on(
                "/token",
                exchange -> {
                    boolean fits = header(exchange, "Authorization").equals(credentials);
                    send(fits ? 200 : 401, "{\"token\":\"" + token + "\"}").handle(exchange);
                });
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(bytes(pair));
    }

    private void write(String name, String content) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void assertProblem(String name, String why, String fix) {
        assertThatThrownBy(() -> fetch(name))
                .isInstanceOfSatisfying(
                        Problem.class,
                        p -> {
                            assertThat(p.why()).contains(why);
                            assertThat(p.fix()).contains(fix);
                            assertThat(p.what() + p.why()).contains("127.0.0.1:" + registry.port());
                        });
    }

    private byte[] fetch(String name) {
        return fetch(open(name));
    }

    private byte[] fetch(ImageSource source) {
        try {
            SourceImage image = source.image(Platform.linux("amd64"));
            try (InputStream in = source.open(image.layers().getFirst())) {
                return in.readAllBytes();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ImageSource open(String name) {
        return open(name, options());
    }

    private ImageSource open(String name, RegistryOptions options) {
        return Registry.open(
                reference("127.0.0.1:" + registry.port(), name), options, Progress.NONE);
    }

    private static Reference.Registry reference(String host, String name) {
        return (Reference.Registry) Reference.parse("docker://" + host + "/lab/tool" + name);
    }

    private RegistryOptions options() {
        return new RegistryOptions(
                true,
                Optional.empty(),
                environment,
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(1));
    }
}
