// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.amphora.codec.Sha256;
import org.amphora.image.Descriptor;
import org.amphora.image.Digest;
import org.amphora.image.ImageSource;
import org.amphora.image.Manifest;
import org.amphora.image.Reference;
import org.amphora.image.layout.LayoutWriter;
import org.amphora.image.layout.Layouts;
import org.amphora.image.registry.Registry;
import org.amphora.image.registry.RegistryOptions;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;

/// Opens OCI and Docker images, wherever they are.
public final class Sources {

    /// What registries and disks bear; more connections bring nothing on one network.
    private static final int CONCURRENT_BLOBS = 6;

    private Sources() {}

    /// Opens any reference but a path.
    ///
    /// @param progress shows downloads
    /// @throws Problem when it is not there or damaged
    /// @throws IllegalArgumentException for a path
    public static ImageSource open(Reference reference, SourceOptions options, Progress progress) {
        Path temporary = Storage.temporaryDirectory(options.environment());
        try {
            return switch (reference) {
                case Reference.Registry registry ->
                        Registry.open(registry, registryOptions(options), progress);
                case Reference.OciLayout layout -> Layouts.open(layout);
                case Reference.OciArchive archive -> Layouts.open(archive, temporary);
                case Reference.DockerArchive archive -> Layouts.open(archive, temporary);
                case Reference.Local local ->
                        throw new IllegalArgumentException("not a source: " + local);
            };
        } catch (IOException e) {
            throw Storage.problem("cannot open " + reference, temporary, e);
        }
    }

    /// Copies an image as it is into a layout; blobs that are there already are not fetched.
    /// Interrupted, it leaves whole blobs only, which the next attempt uses.
    ///
    /// @throws Problem when it cannot be fetched or written
    public static void copy(
            Reference from, Reference.OciLayout to, SourceOptions options, Progress progress) {
        if (to.digest().isPresent()) {
            throw new Problem(
                    "cannot write " + to,
                    "the digest follows from what is written",
                    "leave it away, or name a tag");
        }
        Sha256.prepare();
        try (ImageSource source = open(from, options, progress)) {
            Manifest.Image manifest =
                    source.manifest(options.platform()).orElseThrow(() -> noManifest(from));
            write(source, manifest, from, to);
        }
    }

    private static void write(
            ImageSource source, Manifest.Image manifest, Reference from, Reference.OciLayout to) {
        try {
            Files.createDirectories(to.directory());
            Scratch.sweep(to.directory());
            try (Scratch scratch = Scratch.in(to.directory())) {
                LayoutWriter writer = new LayoutWriter(to.directory(), scratch.path());
                fetch(source, manifest, writer);
                writer.list(manifest, to.tag());
            }
        } catch (IOException e) {
            long needed = manifest.layers().stream().mapToLong(Descriptor::size).sum();
            throw Storage.problem("cannot copy " + from + " to " + to, to.directory(), needed, e);
        }
    }

    /// All tags of a registry's repository.
    ///
    /// @throws Problem when the registry does not tell
    public static List<String> tags(Reference.Registry repository, SourceOptions options) {
        return Registry.tags(repository, registryOptions(options), Progress.NONE);
    }

    private static RegistryOptions registryOptions(SourceOptions options) {
        return RegistryOptions.of(options.environment())
                .withNoHttps(options.noHttps())
                .withAuthFile(options.authFile());
    }

    private static void fetch(ImageSource source, Manifest.Image manifest, LayoutWriter writer)
            throws IOException {
        // The largest first: the last to end decides.
        Map<Digest, Descriptor> blobs = new HashMap<>();
        manifest.layers().forEach(layer -> blobs.put(layer.digest(), layer));
        blobs.put(manifest.config().digest(), manifest.config());
        List<Descriptor> order = new ArrayList<>(blobs.values());
        order.sort((a, b) -> Long.compare(b.size(), a.size()));
        try (ExecutorService pool =
                Executors.newFixedThreadPool(Math.min(CONCURRENT_BLOBS, order.size()))) {
            List<Future<?>> running = new ArrayList<>();
            for (Descriptor blob : order) {
                running.add(
                        pool.submit(
                                () -> {
                                    if (!writer.has(blob)) {
                                        try (InputStream in = source.open(blob)) {
                                            writer.blob(blob, in);
                                        }
                                    }
                                    return blob;
                                }));
            }
            try {
                for (Future<?> blob : running) {
                    blob.get();
                }
            } catch (ExecutionException e) {
                pool.shutdownNow();
                switch (e.getCause()) {
                    case IOException failed -> throw failed;
                    case RuntimeException failed -> throw failed;
                    case null, default -> throw new IllegalStateException(e);
                }
            } catch (InterruptedException e) {
                pool.shutdownNow();
                Thread.currentThread().interrupt();
                throw new Problem("cannot copy the image", "interrupted", "run it again", e);
            }
        }
    }

    private static Problem noManifest(Reference from) {
        return new Problem(
                "cannot copy " + from + " to a layout",
                "a docker archive has no OCI manifest",
                "build a SIF file from it, or use oci-archive:");
    }
}
