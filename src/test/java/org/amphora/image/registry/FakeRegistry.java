// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.amphora.image.Digest;

/// A small registry of one image, `lab/tool:1`, that can be told to misbehave.
final class FakeRegistry implements AutoCloseable {

    interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    /// A request as the registry saw it; empty text for missing headers.
    record Request(String path, String authorization, String range) {}

    final byte[] layer = new byte[300_000];
    final byte[] config;
    final byte[] manifest;
    final List<Request> requests = new CopyOnWriteArrayList<>();

    private final Map<String, List<Handler>> handlers = new ConcurrentHashMap<>();
    private final HttpServer server;
    private final ExecutorService pool = Executors.newCachedThreadPool();

    FakeRegistry() throws IOException {
        for (int i = 0; i < layer.length; i++) {
            layer[i] = (byte) (i * 31 >> 3);
        }
        config =
                bytes(
                        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":"
                                + "{\"type\":\"layers\",\"diff_ids\":[\""
                                + Digest.of(layer)
                                + "\"]}}");
        manifest =
                bytes(
                        "{\"schemaVersion\":2,\"mediaType\":"
                                + "\"application/vnd.oci.image.manifest.v1+json\",\"config\":"
                                + descriptor("application/vnd.oci.image.config.v1+json", config)
                                + ",\"layers\":["
                                + descriptor("application/vnd.oci.image.layer.v1.tar", layer)
                                + "]}");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(pool);
        server.createContext("/", this::handle);
        server.start();
        on("/v2/lab/tool/manifests/1", send(200, manifest));
        on("/v2/lab/tool/manifests/" + Digest.of(manifest), send(200, manifest));
        on("/v2/lab/tool/blobs/" + Digest.of(config), send(200, config));
        on(layerPath(), this::sendLayer);
    }

    static String descriptor(String mediaType, byte[] content) {
        return "{\"mediaType\":\""
                + mediaType
                + "\",\"digest\":\""
                + Digest.of(content)
                + "\",\"size\":"
                + content.length
                + "}";
    }

    String layerPath() {
        return "/v2/lab/tool/blobs/" + Digest.of(layer);
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// What answers at a path: the first handler the first time, the last one from then on.
    void on(String path, Handler... answers) {
        handlers.put(path, new ArrayList<>(List.of(answers)));
    }

    static Handler send(int status, byte[] body, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        };
    }

    static Handler send(int status, String body, String... headers) {
        return send(status, bytes(body), headers);
    }

    /// Sends the whole layer, or the rest of it as `Range` asks.
    void sendLayer(HttpExchange exchange) throws IOException {
        sendLayer(exchange, layer.length);
    }

    /// The same, but breaks off before this byte of the layer.
    void sendLayer(HttpExchange exchange, int end) throws IOException {
        String range = header(exchange, "Range");
        int from = range.isEmpty() ? 0 : Integer.parseInt(range.substring(6, range.length() - 1));
        if (from > 0) {
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + from + "-" + (layer.length - 1) + "/*");
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, layer.length - from);
        exchange.getResponseBody().write(layer, from, Math.max(0, end - from));
        exchange.getResponseBody().flush();
        if (end < layer.length) {
            throw new IOException("break off");
        }
        exchange.close();
    }

    static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        requests.add(
                new Request(path, header(exchange, "Authorization"), header(exchange, "Range")));
        Handler handler;
        synchronized (this) {
            int query = path.indexOf('?');
            List<Handler> answers = handlers.get(query < 0 ? path : path.substring(0, query));
            handler =
                    answers == null
                            ? send(404, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}")
                            : answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
        }
        handler.handle(exchange);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
        pool.shutdownNow();
    }
}
