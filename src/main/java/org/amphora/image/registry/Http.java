// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Single HTTP requests: redirects, repetition, timeouts, proxies. On `HttpURLConnection`, because
/// `java.net.http` takes 400 ms longer for the first request.
final class Http {

    static final int ATTEMPTS = 5;
    private static final int MOST_REDIRECTS = 10;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private final RegistryOptions options;
    private final Authorities authorities;

    /// Once a registry has answered, a refused connection is worth another try.
    private volatile boolean hasAnswered;

    Http(RegistryOptions options) {
        this.options = options;
        this.authorities = new Authorities(options.environment());
    }

    /// One answer; its body is read or closed by who asked.
    record Response(URI address, int status, HttpURLConnection connection, InputStream body)
            implements AutoCloseable {

        Optional<String> header(String name) {
            return Optional.ofNullable(connection.getHeaderField(name));
        }

        List<String> headers(String name) {
            List<String> values = new ArrayList<>();
            for (Map.Entry<String, List<String>> header : connection.getHeaderFields().entrySet()) {
                if (name.equalsIgnoreCase(header.getKey())) {
                    values.addAll(header.getValue());
                }
            }
            return values;
        }

        /// In bytes, -1 when it is not told.
        long contentLength() {
            return connection.getContentLengthLong();
        }

        /// The body, at most so many bytes of it.
        byte[] read(int limit) throws IOException {
            try (InputStream in = body) {
                return in.readNBytes(limit);
            }
        }

        /// Gives the connection back for the next request if little is left of the body.
        @Override
        public void close() {
            try (InputStream in = body) {
                in.readNBytes(1 << 16);
            } catch (IOException e) {
                // What is not read does not matter.
            }
        }
    }

    /// Sends a GET and follows redirects, which lose the authorization when they leave the server.
    /// Repeats what may succeed the next time: broken connections, too many requests (429), errors
    /// of the server (5xx).
    ///
    /// @throws Problem when there is no answer
    Response get(URI address, Map<String, String> headers) {
        return send(address, headers, null);
    }

    /// The same, tried once.
    Response getOnce(URI address) throws IOException {
        return follow(address, Map.of(), null);
    }

    /// The same with a form as the body of a POST.
    Response post(URI address, Map<String, String> headers, String form) {
        return send(address, headers, form);
    }

    private Response send(URI address, Map<String, String> headers, @Nullable String form) {
        for (int attempt = 1; ; attempt++) {
            Duration pause = options.retryPause().multipliedBy(1L << (attempt - 1));
            try {
                Response response = follow(address, headers, form);
                hasAnswered = true;
                if (!isRepeatable(response.status) || attempt == ATTEMPTS) {
                    return response;
                }
                pause = retryAfter(response).orElse(pause);
                response.close();
            } catch (IOException e) {
                if (attempt == ATTEMPTS || !isWorthRepeating(e)) {
                    throw unreachable(address, attempt, e);
                }
            }
            pause(address, pause);
        }
    }

    /// Waits before a repetition.
    ///
    /// @throws Problem when the thread is interrupted
    static void pause(URI address, Duration pause) {
        try {
            Thread.sleep(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(
                    "cannot reach " + address.getAuthority(), "interrupted", "run it again", e);
        }
    }

    private Response follow(URI from, Map<String, String> headers, @Nullable String form)
            throws IOException {
        URI address = from;
        for (int i = 0; i <= MOST_REDIRECTS; i++) {
            Response response = once(address, headers, isSameServer(from, address), form);
            String location = response.header("Location").orElse("");
            if (response.status / 100 != 3 || response.status == 304 || location.isEmpty()) {
                return response;
            }
            response.close();
            URI next = resolve(address, location);
            if (address.getScheme().equals("https") && !next.getScheme().equals("https")) {
                throw nonsense(
                        from,
                        "it redirects to "
                                + next.getScheme()
                                + "://"
                                + next.getAuthority()
                                + ", which is not encrypted");
            }
            address = next;
        }
        throw nonsense(from, "it redirects more than " + MOST_REDIRECTS + " times");
    }

    private Response once(
            URI address, Map<String, String> headers, boolean isTrusted, @Nullable String form)
            throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection)
                        address.toURL().openConnection(Proxies.of(address, options.environment()));
        if (connection instanceof HttpsURLConnection secure) {
            secure.setSSLSocketFactory(authorities.socketsTo(address));
        }
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout((int) options.connectTimeout().toMillis());
        connection.setReadTimeout((int) options.readTimeout().toMillis());
        connection.setRequestProperty("User-Agent", "amphora");
        for (Map.Entry<String, String> header : headers.entrySet()) {
            if (isTrusted || !header.getKey().equals("Authorization")) {
                connection.setRequestProperty(header.getKey(), header.getValue());
            }
        }
        if (form != null && isTrusted) {
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
            try (OutputStream out = connection.getOutputStream()) {
                out.write(form.getBytes(StandardCharsets.UTF_8));
            }
        }
        int status = status(connection, address);
        if (status < 0) {
            throw nonsense(address, "its answer is not HTTP");
        }
        InputStream body =
                status >= 400 ? connection.getErrorStream() : connection.getInputStream();
        return new Response(
                address,
                status,
                connection,
                body == null ? new ByteArrayInputStream(new byte[0]) : body);
    }

    private static int status(HttpURLConnection connection, URI address) throws IOException {
        try {
            return connection.getResponseCode();
        } catch (IllegalArgumentException e) {
            throw nonsense(address, "its answer is not HTTP");
        } catch (RuntimeException e) {
            // The JDK reads WWW-Authenticate too, and trips over nonsense there.
            if (e.getCause() instanceof IllegalArgumentException) {
                throw nonsense(address, "its answer is not HTTP");
            }
            throw e;
        }
    }

    private static URI resolve(URI address, String location) {
        try {
            URI next = address.resolve(location);
            String scheme = next.getScheme();
            if (next.getHost() != null && (scheme.equals("https") || scheme.equals("http"))) {
                return next;
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw nonsense(address, "it redirects to '" + location + "'");
    }

    private static boolean isSameServer(URI one, URI other) {
        return one.getScheme().equals(other.getScheme())
                && one.getHost().equalsIgnoreCase(other.getHost())
                && one.getPort() == other.getPort();
    }

    private static boolean isRepeatable(int status) {
        return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
    }

    private boolean isWorthRepeating(IOException e) {
        if (e instanceof UnknownHostException || e instanceof ConnectException) {
            return hasAnswered;
        }
        // A wrong certificate stays wrong; a handshake that breaks off may be the network.
        return !(e instanceof SSLException) || hasAnswered;
    }

    /// Seconds or a date (RFC 9110 section 10.2.3).
    private static Optional<Duration> retryAfter(Response response) {
        String value = response.header("Retry-After").orElse("").strip();
        try {
            return value.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Duration.ofSeconds(Math.max(0, Long.parseLong(value))));
        } catch (NumberFormatException e) {
            try {
                Instant until =
                        ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                                .toInstant();
                Duration left = Duration.between(Instant.now(), until);
                return Optional.of(left.isNegative() ? Duration.ZERO : left);
            } catch (DateTimeParseException e2) {
                return Optional.empty();
            }
        }
    }

    private static Problem nonsense(URI address, String why) {
        return new Problem(
                "cannot talk to registry " + address.getAuthority(),
                why,
                "check that a registry runs there; curl -i "
                        + address.getScheme()
                        + "://"
                        + address.getAuthority()
                        + "/v2/ shows its answer");
    }

    private Problem unreachable(URI address, int attempts, IOException e) {
        String server = address.getAuthority();
        String what = "cannot reach registry " + server;
        String tries = attempts == 1 ? "" : " (" + attempts + " attempts)";
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        if (e instanceof UnknownHostException) {
            return new Problem(
                    what,
                    "the host name " + address.getHost() + " is not known" + tries,
                    "check the name, the network and DNS; behind a proxy set https_proxy",
                    e);
        }
        if (e instanceof ConnectException || e instanceof SocketTimeoutException) {
            return new Problem(
                    what,
                    message + tries,
                    "check that it runs and that this node reaches it; behind a proxy set "
                            + address.getScheme()
                            + "_proxy",
                    e);
        }
        if (e instanceof SSLException) {
            boolean isPlain = message.contains("SSL message") || message.contains("plaintext");
            return new Problem(
                    what,
                    isPlain ? "it does not speak HTTPS (" + message + ")" : message,
                    isPlain
                            ? "add --no-https if this registry has plain HTTP on purpose"
                            : "the certificate must be signed for this name by an authority that this"
                                    + " machine knows; put a site's own into"
                                    + " /etc/containers/certs.d/"
                                    + server
                                    + "/ca.crt, or name it in SSL_CERT_FILE",
                    e);
        }
        return new Problem(what, message + tries, "try again later", e);
    }
}
