// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.image.Digest;

/// Writes an OCI layout with one image, tagged `latest`.
final class LayoutBuilder {

    /// A layer as it is stored, and the digest of the tar archive that it says it has.
    record Layer(byte[] blob, Digest diffId, String mediaType) {
        static Layer plain(byte[] tar) {
            return new Layer(tar, Digest.of(tar), "application/vnd.oci.image.layer.v1.tar");
        }
    }

    private LayoutBuilder() {}

    static Path write(Path directory, List<Layer> layers) throws IOException {
        Files.createDirectories(directory.resolve("blobs/sha256"));
        Files.writeString(directory.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        var diffIds = new ArrayList<String>();
        var descriptors = new ArrayList<String>();
        for (Layer layer : layers) {
            diffIds.add("\"" + layer.diffId() + "\"");
            descriptors.add(blob(directory, layer.blob(), layer.mediaType()));
        }
        String config =
                """
                {"created":"2024-05-06T07:08:09Z","architecture":"amd64","os":"linux",\
                "config":{},"rootfs":{"type":"layers","diff_ids":[%s]}}"""
                        .formatted(String.join(",", diffIds));
        String manifest =
                """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\
                "config":%s,"layers":[%s]}"""
                        .formatted(
                                blob(
                                        directory,
                                        config.getBytes(StandardCharsets.UTF_8),
                                        "application/vnd.oci.image.config.v1+json"),
                                String.join(",", descriptors));
        String top =
                blob(
                        directory,
                        manifest.getBytes(StandardCharsets.UTF_8),
                        "application/vnd.oci.image.manifest.v1+json");
        Files.writeString(
                directory.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":["
                        + top.substring(0, top.length() - 1)
                        + ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}"
                        + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"latest\"}}]}");
        return directory;
    }

    private static String blob(Path directory, byte[] bytes, String mediaType) throws IOException {
        Digest digest = Digest.of(bytes);
        Files.write(directory.resolve("blobs/sha256").resolve(digest.hex()), bytes);
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
                .formatted(mediaType, digest, bytes.length);
    }
}
