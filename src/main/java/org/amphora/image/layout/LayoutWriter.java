// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.amphora.image.Descriptor;
import org.amphora.image.Manifest;

/// Writes an OCI layout (image-spec v1.1.1 `image-layout.md`), a new one or into one that exists.
/// Files appear whole or not at all, also after a loss of power; blobs that are there already stay.
/// Blobs may be written by several threads at once.
public final class LayoutWriter {

    private static final int BUFFER_BYTES = 1 << 17;

    /// After so many bytes the disk begins to write them, while the next are on their way.
    private static final long EARLY_SYNC_BYTES = 8 << 20;

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
        write(half, content);
        Path path = directory.resolve(OciLayout.name(blob.digest()));
        Files.createDirectories(blobs(blob));
        Files.move(half, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Stores the manifest and lists it in `index.json`, after its blobs. What had the same tag
    /// before loses it; without a tag, an entry of the same digest is replaced.
    public void list(Manifest.Image manifest, Optional<String> tag) throws IOException {
        blob(manifest.self(), new ByteArrayInputStream(manifest.content()));
        sync(blobs(manifest.self()));
        Path marker = directory.resolve("oci-layout");
        if (!Files.exists(marker)) {
            replace(marker, "{\"imageLayoutVersion\":\"1.0.0\"}");
        }
        try (FileChannel channel = FileChannel.open(marker, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            replace(directory.resolve("index.json"), index(manifest.self(), tag));
        }
        sync(directory);
    }

    private Path blobs(Descriptor blob) {
        return directory.resolve("blobs").resolve(blob.digest().algorithm());
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
        write(half, new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)));
        Files.move(half, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Writes a file that survives a loss of power from here on, whatever name it gets then.
    private static void write(Path file, InputStream content) throws IOException {
        try (FileChannel out =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            Optional<FutureTask<FileChannel>> early = Optional.empty();
            long unsynced = 0;
            ByteBuffer buffer = ByteBuffer.wrap(new byte[BUFFER_BYTES]);
            for (int n = content.read(buffer.array()); n >= 0; n = content.read(buffer.array())) {
                for (buffer.clear().limit(n); buffer.hasRemaining(); ) {
                    var _ = out.write(buffer);
                }
                unsynced += n;
                if (unsynced >= EARLY_SYNC_BYTES && early.map(FutureTask::isDone).orElse(true)) {
                    if (early.isPresent()) {
                        await(early.get());
                    }
                    early = Optional.of(syncing(out));
                    unsynced = 0;
                }
            }
            if (early.isPresent()) {
                await(early.get());
            }
            out.force(true);
        }
    }

    /// Has the disk write what there is so far, on a thread of its own.
    private static FutureTask<FileChannel> syncing(FileChannel file) {
        var task =
                new FutureTask<>(
                        () -> {
                            file.force(false);
                            return file;
                        });
        Thread.ofPlatform().daemon().name("sync").start(task);
        return task;
    }

    /// The kernel tells of a failed write once only, so that each sync has to be asked.
    private static void await(FutureTask<FileChannel> sync) throws IOException {
        try {
            var _ = sync.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failed ? failed : new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /// The same for the names in a directory.
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
