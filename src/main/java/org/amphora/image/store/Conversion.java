// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.amphora.codec.BulkInputStream;
import org.amphora.image.Descriptor;
import org.amphora.image.Digest;
import org.amphora.image.ImageSource;
import org.amphora.image.Node;
import org.amphora.image.SourceImage;
import org.amphora.image.layer.Flattener;
import org.amphora.image.sif.Architecture;
import org.amphora.image.sif.SifObject;
import org.amphora.image.sif.SifWriter;
import org.amphora.image.squashfs.Compression;
import org.amphora.image.squashfs.SquashWriter;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;

/// Makes SIF files: from the layers of an image, from a tar stream or from a directory. Nothing is
/// unpacked. The same input gives the same bytes on every machine; the target appears whole or not
/// at all, and what was at its place before is replaced. Thread-safe.
public final class Conversion {

    /// Each open layer costs a thread and some megabytes; more do not make two cores faster.
    private static final int LAYERS_AT_ONCE = 4;

    private static final String EPOCH = "SOURCE_DATE_EPOCH";

    private final Cache cache;
    private final Map<String, String> environment;
    private final Progress progress;
    private final Consumer<String> notes;
    private final int threads;

    /// A conversion may be used any number of times.
    ///
    /// @param cache keeps the packed layers
    /// @param environment for `SOURCE_DATE_EPOCH` and the directories of temporary files
    /// @param notes takes sentences for the user about what an image cannot keep
    public Conversion(
            Cache cache,
            Map<String, String> environment,
            Progress progress,
            Consumer<String> notes) {
        this(cache, environment, progress, notes, 0);
    }

    /// @param threads that compress; 0 for one a processor
    Conversion(
            Cache cache,
            Map<String, String> environment,
            Progress progress,
            Consumer<String> notes,
            int threads) {
        this.cache = cache;
        this.environment = Map.copyOf(environment);
        this.progress = progress;
        this.notes = notes;
        this.threads = threads;
    }

    /// Converts an image. Its layers are fetched, verified and packed concurrently unless the cache
    /// has them.
    ///
    /// @throws Problem when the source fails, a layer is malformed or not what the config says, or
    ///     there is no space for it
    /// @throws IOException when the target cannot be written
    public void convert(ImageSource source, SourceImage image, SifContent content, Path target)
            throws IOException {
        List<Digest> diffIds = image.config().diffIds();
        if (diffIds.size() != image.layers().size()) {
            throw new Problem(
                    "cannot convert " + image.from(),
                    "its manifest has "
                            + image.layers().size()
                            + " layers, its config "
                            + diffIds.size(),
                    "build the image again, or get it from another source");
        }
        var flattener = new Flattener(true);
        var layers = new ArrayList<PackedLayer>();
        try (Compression compression = compression()) {
            try {
                pack(source, image.layers(), diffIds, compression);
                for (int i = 0; i < image.layers().size(); i++) {
                    Descriptor layer = image.layers().get(i);
                    PackedLayer packed = open(source, layer, diffIds.get(i), compression);
                    layers.add(packed);
                    // A cached one may have been made for another image's config.
                    checkDiffId(layer, packed.diffId(), diffIds.get(i));
                    flattener.begin(nameOf(layer));
                    packed.forEach(flattener::apply);
                }
                write(
                        flattener,
                        identity(
                                image.digest(),
                                image.config().created(),
                                image.config().platform().architecture()),
                        content,
                        compression,
                        target);
            } finally {
                for (PackedLayer layer : layers) {
                    layer.close();
                }
            }
        }
    }

    /// Packs the tar stream of a whole tree, in which `.wh.x` is a name like others. The UUID
    /// derives from the stream.
    ///
    /// @param name how messages call the stream
    /// @param created the time of the image; empty for 0
    /// @throws Problem when the stream is malformed or ends before its end marker
    public void convertTree(
            InputStream tar,
            String name,
            Optional<Instant> created,
            String architecture,
            SifContent content,
            Path target) {
        convertPacked(
                (file, compression) -> PackedLayer.makeTree(file, tar, name, compression),
                name,
                created,
                architecture,
                content,
                target);
    }

    /// Packs a directory on disk. Symbolic links are not followed; sockets and devices are left
    /// out.
    ///
    /// @param created the time of the image; empty for 0
    /// @throws Problem when a part of it cannot be read
    public void convertDirectory(
            Path directory,
            Optional<Instant> created,
            String architecture,
            SifContent content,
            Path target) {
        convertPacked(
                (file, compression) -> PackedLayer.makeOf(directory, file, compression),
                directory.toString(),
                created,
                architecture,
                content,
                target);
    }

    private interface Packing {
        Digest pack(Path file, Compression compression) throws IOException;
    }

    private void convertPacked(
            Packing packing,
            String name,
            Optional<Instant> created,
            String architecture,
            SifContent content,
            Path target) {
        try (Compression compression = compression();
                Scratch scratch = Scratch.in(Storage.temporaryDirectory(environment))) {
            Path file = scratch.path().resolve("tree");
            Digest digest = packing.pack(file, compression);
            try (PackedLayer packed = PackedLayer.open(file)) {
                var flattener = new Flattener(false);
                flattener.begin(name);
                packed.forEach(flattener::apply);
                write(
                        flattener,
                        identity(digest, created, architecture),
                        content,
                        compression,
                        target);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    private Compression compression() {
        return threads == 0 ? new Compression() : new Compression(threads);
    }

    /// Makes sure that the cache has all layers.
    private void pack(
            ImageSource source,
            List<Descriptor> layers,
            List<Digest> diffIds,
            Compression compression) {
        var missing = new LinkedHashMap<Descriptor, Digest>();
        for (int i = 0; i < layers.size(); i++) {
            if (cache.find(Cache.Kind.LAYER, layers.get(i).digest()).isEmpty()) {
                missing.put(layers.get(i), diffIds.get(i));
            }
        }
        ExecutorService readers =
                Executors.newFixedThreadPool(
                        LAYERS_AT_ONCE, Thread.ofPlatform().daemon().name("layer-", 1).factory());
        try {
            var done = new ExecutorCompletionService<Path>(readers);
            missing.forEach(
                    (layer, diffId) ->
                            done.submit(() -> packed(source, layer, diffId, compression)));
            for (int i = 0; i < missing.size(); i++) {
                Future<Path> one = done.take();
                one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("cannot convert the image", "interrupted", "run it again", e);
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } finally {
            stop(readers);
        }
    }

    /// Waits for the readers, so that none writes to the cache after the failure of another has
    /// been told; a read that hangs in the network does not hold up the message for long.
    private static void stop(ExecutorService readers) {
        readers.shutdownNow();
        try {
            var _ = readers.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static RuntimeException rethrown(@org.jspecify.annotations.Nullable Throwable cause) {
        return switch (cause) {
            case Problem problem -> problem;
            case RuntimeException e -> e;
            case Error e -> throw e;
            case null, default -> new IllegalStateException("cannot pack a layer", cause);
        };
    }

    private PackedLayer open(
            ImageSource source, Descriptor layer, Digest diffId, Compression compression)
            throws IOException {
        Path file = packed(source, layer, diffId, compression);
        try {
            return PackedLayer.open(file);
        } catch (PackedLayer.DamagedException e) {
            // Of another version of the program, or a disk fault.
            Files.deleteIfExists(file);
            return PackedLayer.open(packed(source, layer, diffId, compression));
        }
    }

    private Path packed(
            ImageSource source, Descriptor layer, Digest diffId, Compression compression) {
        return cache.getOrMake(
                Cache.Kind.LAYER,
                layer.digest(),
                progress,
                file -> {
                    try (Progress.Task task =
                                    progress.begin(
                                            "layer " + layer.digest().shortHex(),
                                            layer.size(),
                                            Progress.Unit.BYTES);
                            InputStream raw = new SourceStream(source.open(layer), layer, task)) {
                        Digest found = PackedLayer.make(file, raw, nameOf(layer), compression);
                        checkDiffId(layer, found, diffId);
                    } catch (IOException e) {
                        // Packed it is about as large as it was compressed.
                        throw Storage.problem(
                                "cannot convert " + nameOf(layer), cache.root(), layer.size(), e);
                    }
                });
    }

    private static String nameOf(Descriptor layer) {
        return "layer " + layer.digest();
    }

    private static void checkDiffId(Descriptor layer, Digest found, Digest expected) {
        if (!found.equals(expected)) {
            throw new Problem(
                    "cannot convert " + nameOf(layer),
                    "uncompressed its digest is " + found + ", the config says " + expected,
                    "build the image again, or get it from another source");
        }
    }

    private record Identity(UUID uuid, long time, Architecture architecture) {}

    private Identity identity(Digest digest, Optional<Instant> created, String architecture) {
        return new Identity(uuid(digest), time(created), Architecture.ofOciName(architecture));
    }

    /// The first 122 free bits of the digest as a UUID of version 8 (RFC 9562 section 5.8).
    static UUID uuid(Digest digest) {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(digest.hex()));
        long high = bytes.getLong() & ~0xF000L | 0x8000L;
        long low = bytes.getLong() & ~(3L << 62) | 2L << 62;
        return new UUID(high, low);
    }

    private long time(Optional<Instant> created) {
        String epoch = environment.getOrDefault(EPOCH, "");
        try {
            return epoch.isEmpty()
                    ? Math.clamp(created.map(Instant::getEpochSecond).orElse(0L), 0, 0xFFFF_FFFFL)
                    : Integer.toUnsignedLong(Integer.parseUnsignedInt(epoch));
        } catch (NumberFormatException e) {
            throw new Problem(
                    "cannot tell the time of the image",
                    EPOCH + " is " + epoch,
                    "set it to seconds since 1970, or unset it",
                    e);
        }
    }

    private void write(
            Flattener flattener,
            Identity identity,
            SifContent content,
            Compression compression,
            Path target)
            throws IOException {
        if (flattener.devices() > 0) {
            notes.accept(
                    flattener.devices()
                            + " device nodes are left out, e.g. "
                            + flattener.firstDevice());
        }
        Node.Directory root = flattener.root();
        Path temporary = Storage.temporaryDirectory(environment);
        try (Scratch scratch = scratch(temporary);
                var added = new PackedLayer.Writer(scratch.path().resolve("added"), compression);
                SifWriter sif = SifWriter.create(target, identity.uuid(), identity.time())) {
            try {
                content.tree().apply(root, bytes -> pack(bytes, added));
                added.packer().finish();
            } catch (IOException e) {
                throw Storage.problem("cannot write a temporary file", temporary, e);
            }
            for (SifContent.Part part : content.objects()) {
                sif.add(part.type(), part.name(), part.content());
            }
            long offset =
                    sif.beginPartition(SifObject.FileSystemType.SQUASHFS, identity.architecture());
            sif.endPartition(
                    SquashWriter.write(sif.channel(), offset, root, identity.time(), compression));
            sif.finish();
        }
    }

    private static Scratch scratch(Path parent) {
        try {
            return Scratch.in(parent);
        } catch (IOException e) {
            throw Storage.problem("cannot make a temporary directory", parent, e);
        }
    }

    private static Node.Content pack(byte[] bytes, PackedLayer.Writer writer) throws IOException {
        writer.begin(bytes.length);
        writer.data(new ByteArrayInputStream(bytes), bytes.length);
        return writer.end();
    }

    private static Problem failed(Path target, IOException e) {
        Path directory = target.toAbsolutePath().getParent();
        return Storage.problem("cannot write " + target, directory == null ? target : directory, e);
    }

    /// Counts what comes from the source, and words its failures, which are none of the cache's.
    private static final class SourceStream extends BulkInputStream {
        private final InputStream in;
        private final Descriptor layer;
        private final Progress.Task task;

        SourceStream(InputStream in, Descriptor layer, Progress.Task task) {
            this.in = in;
            this.layer = layer;
            this.task = task;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            if (Thread.currentThread().isInterrupted()) {
                throw new java.io.InterruptedIOException("interrupted");
            }
            int n;
            try {
                n = in.read(b, off, len);
            } catch (java.io.InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                throw new Problem(
                        "cannot read " + nameOf(layer),
                        String.valueOf(e.getMessage()),
                        "check the source and run it again",
                        e);
            }
            task.advance(Math.max(n, 0));
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
