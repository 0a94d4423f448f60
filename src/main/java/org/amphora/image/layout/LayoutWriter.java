// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.amphora.image.Descriptor;
import org.amphora.image.Manifest;

/// Writes an OCI layout (image-spec v1.1.1 `image-layout.md`), a new one or into one that exists.
/// Files appear whole or not at all; blobs that are there already stay. Blobs may be written by
/// several threads at once.
public final class LayoutWriter {

    private final Path directory;
    private final Path temporary;

    /// A writer for one directory.
    ///
    /// @param directory is made if it is missing
    /// @param temporary an existing directory on the same file system for half-written files
    public LayoutWriter(Path directory, Path temporary) {
        this.directory = directory;
        this.temporary = temporary;
    }

    /// Whether the blob is there, going by name and size.
    public boolean has(Descriptor blob) throws IOException {
        Path path = directory.resolve(OciLayout.name(blob.digest()));
        return Files.isRegularFile(path) && Files.size(path) == blob.size();
    }

    /// Stores a blob, unless it is there. The stream must verify itself.
    public void blob(Descriptor blob, InputStream content) throws IOException {
        if (has(blob)) {
            return;
        }
        Path half = temporary.resolve(blob.digest().hex());
        try (OutputStream out = Files.newOutputStream(half)) {
            byte[] buffer = new byte[1 << 17];
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                out.write(buffer, 0, n);
            }
        }
        Path path = directory.resolve(OciLayout.name(blob.digest()));
        Files.createDirectories(directory.resolve("blobs").resolve(blob.digest().algorithm()));
        Files.move(half, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Stores the manifest and lists it in `index.json`, after its blobs. What had the same tag
    /// before loses it; without a tag, an entry of the same digest is replaced.
    public void list(Manifest.Image manifest, Optional<String> tag) throws IOException {
        blob(manifest.self(), new java.io.ByteArrayInputStream(manifest.content()));
        Path marker = directory.resolve("oci-layout");
        if (!Files.exists(marker)) {
            replace(marker, "{\"imageLayoutVersion\":\"1.0.0\"}");
        }
        try (FileChannel channel = FileChannel.open(marker, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            replace(directory.resolve("index.json"), index(manifest.self(), tag));
        }
    }

    private String index(Descriptor manifest, Optional<String> tag) throws IOException {
        Path path = directory.resolve("index.json");
        if (Files.exists(path) || !isPlain(tag.orElse("") + manifest.mediaType())) {
            return LayoutIndex.add(path, manifest, tag);
        }
        // The usual case, without the tenth of a second that a JSON library takes to start.
        return "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\""
                + manifest.mediaType()
                + "\",\"digest\":\""
                + manifest.digest()
                + "\",\"size\":"
                + manifest.size()
                + tag.map(t -> ",\"annotations\":{\"" + LayoutIndex.NAME + "\":\"" + t + "\"}")
                        .orElse("")
                + "}]}";
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    private void replace(Path path, String content) throws IOException {
        Path half = temporary.resolve(path.getFileName());
        Files.writeString(half, content, StandardCharsets.UTF_8);
        Files.move(half, path, StandardCopyOption.ATOMIC_MOVE);
    }
}
