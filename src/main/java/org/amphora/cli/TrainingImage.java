// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.amphora.image.Digest;

/// A small image for {@link Training}: an OCI layout on disk and a registry that has it. The
/// registry knows no more than one pull asks.
final class TrainingImage implements AutoCloseable {

    /// More than what is hashed without a thread of its own.
    private static final int FILE_SIZE = 1 << 20;

    private static final int TAR_BLOCK = 512;

    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final Path layout;
    private final String manifest;

    TrainingImage(Path layout) throws IOException {
        this.layout = layout;
        byte[] tar = tar();
        var gzip = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gzip)) {
            out.write(tar);
        }
        String config =
                """
                {"created":"2026-01-01T00:00:00Z","architecture":"amd64","os":"linux",
                "config":{"Env":["PATH=/bin"],"Cmd":["sh"],"Labels":{"a":"b"},"WorkingDir":"/"},
                "rootfs":{"type":"layers","diff_ids":["%s"]}}"""
                        .formatted(Digest.of(tar));
        manifest =
                """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
                "config":%s,"layers":[%s]}"""
                        .formatted(
                                blob(config.getBytes(StandardCharsets.UTF_8), "config.v1+json"),
                                blob(gzip.toByteArray(), "layer.v1.tar+gzip"));
        String listed = blob(manifest.getBytes(StandardCharsets.UTF_8), "manifest.v1+json");
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(
                layout.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":["
                        + listed.replaceFirst(
                                "}$",
                                ",\"annotations\":{\"org.opencontainers.image.ref.name\":"
                                        + "\"latest\"}}")
                        + "]}");
        Thread.ofPlatform().daemon().start(this::serve);
    }

    String registryReference() {
        return "docker://127.0.0.1:" + server.getLocalPort() + "/training/image:latest";
    }

    /// Stores a blob and returns its descriptor.
    private String blob(byte[] content, String type) throws IOException {
        Digest digest = Digest.of(content);
        Path folder = Files.createDirectories(layout.resolve("blobs/sha256"));
        Files.write(folder.resolve(digest.hex()), content);
        return "{\"mediaType\":\"application/vnd.oci.image.%s\",\"digest\":\"%s\",\"size\":%d}"
                .formatted(type, digest, content.length);
    }

    /// One directory, one large file, and the end marker.
    private static byte[] tar() {
        ByteBuffer tar = ByteBuffer.allocate(FILE_SIZE + 4 * TAR_BLOCK);
        header(tar, "data/", '5', 0);
        header(tar, "data/large", '0', FILE_SIZE);
        byte[] content = new byte[FILE_SIZE];
        new Random(1).nextBytes(content);
        for (int i = 0; i < content.length; i++) {
            content[i] &= 0x1f;
        }
        tar.put(content);
        return tar.array();
    }

    private static void header(ByteBuffer tar, String name, char type, int size) {
        int start = tar.position();
        tar.put(start, name.getBytes(StandardCharsets.US_ASCII));
        tar.put(start + 100, "0000755\0".getBytes(StandardCharsets.US_ASCII));
        tar.put(
                start + 124,
                "%011o\0%011o\0".formatted(size, 0).getBytes(StandardCharsets.US_ASCII));
        tar.put(start + 148, "        ".getBytes(StandardCharsets.US_ASCII));
        tar.put(start + 156, (byte) type);
        tar.put(start + 257, "ustar\00000".getBytes(StandardCharsets.US_ASCII));
        int sum = 0;
        for (int i = start; i < start + TAR_BLOCK; i++) {
            sum += tar.get(i) & 0xff;
        }
        tar.put(start + 148, "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII));
        tar.position(start + TAR_BLOCK);
    }

    private void serve() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofPlatform().daemon().start(() -> answer(socket));
            } catch (IOException e) {
                // It was closed, or the next one.
            }
        }
    }

    /// All requests of a connection, which is kept open between them as registries do.
    private void answer(Socket socket) {
        try (socket) {
            while (answerOne(socket)) {
                // The next one.
            }
        } catch (IOException e) {
            // Who asked has gone.
        }
    }

    private boolean answerOne(Socket socket) throws IOException {
        var request = new StringBuilder();
        while (request.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                return false;
            }
            request.append((char) next);
        }
        String path = request.substring(request.indexOf(" ") + 1, request.indexOf(" HTTP"));
        int blob = path.indexOf("/blobs/sha256:");
        byte[] body =
                blob < 0
                        ? manifest.getBytes(StandardCharsets.UTF_8)
                        : Files.readAllBytes(
                                layout.resolve(path.substring(blob + 1).replace(':', '/')));
        String type =
                blob < 0
                        ? "application/vnd.oci.image.manifest.v1+json"
                        : "application/octet-stream";
        String head =
                "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                        .formatted(type, body.length);
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        return true;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
