// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.amphora.codec.Sha256;
import org.amphora.image.Descriptor;
import org.amphora.image.Digest;
import org.amphora.image.ImageSource;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.SourceImage;
import org.amphora.image.registry.Registry;
import org.amphora.image.tree.ImageKind;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.amphora.sharing.Limits;
import org.amphora.sharing.Places;

/// The door to images: whatever a reference names becomes a SIF file or a directory, converted once
/// and kept in the cache. Thread-safe, and safe beside other processes.
public final class ImageStore {

    /// Part of the key of a cached image: raised when the same source gives other bytes than
    /// before.
    private static final String FORMAT = "2";

    private final Cache cache;
    private final Map<String, String> environment;
    private final Progress progress;
    private final Consumer<String> notes;
    private final Conversion conversion;
    private final Limits limits;
    private final Places places;

    /// A store over the cache that the environment names.
    ///
    /// @param notes takes sentences for the user about what an image cannot keep
    public ImageStore(Map<String, String> environment, Progress progress, Consumer<String> notes) {
        this.cache = Cache.of(environment);
        this.environment = Map.copyOf(environment);
        this.progress = progress;
        this.notes = notes;
        this.conversion = new Conversion(cache, environment, progress, notes);
        this.limits = Limits.of(environment);
        this.places = new Places(limits, notes);
    }

    public Cache cache() {
        return cache;
    }

    /// A SIF file for the reference: the file itself for a path, else one in the cache, made if
    /// need be. Of several processes that want the same image one makes it.
    ///
    /// @throws Problem when the source cannot be had or converted
    public Path sif(Reference reference, SourceOptions options) {
        if (reference instanceof Reference.Local local) {
            return local.path();
        }
        KnownReferences known = new KnownReferences(cache, options.platform());
        return known.once(reference, progress, () -> sif(reference, options, known));
    }

    private Path sif(Reference reference, SourceOptions options, KnownReferences known) {
        try (ImageSource source = Sources.open(reference, options, progress)) {
            SourceImage image = source.image(options.platform());
            SifContent content = RuntimeMetadata.sifContent(image);
            Digest key = key(image, content);
            Path sif = sif(reference, source, image, content, key);
            known.keep(reference, key);
            keepQuota();
            return sif;
        } catch (Problem e) {
            Path last = known.find(reference).orElse(null);
            if (last == null || !Registry.isUnreachable(e)) {
                throw e;
            }
            notes.accept(
                    "the registry of " + reference + " does not answer: using what it gave before");
            return last;
        }
    }

    private Path sif(
            Reference reference,
            ImageSource source,
            SourceImage image,
            SifContent content,
            Digest key) {
        return cache.getOrMake(
                Cache.Kind.IMAGE,
                key,
                progress,
                target -> {
                    try (Places.Place _ = place(reference)) {
                        conversion.convert(source, image, content, target);
                    } catch (IOException e) {
                        String what = "cannot keep the image of " + reference;
                        throw Storage.problem(what, cache.root(), size(image), e);
                    }
                });
    }

    /// What is fetched over the network waits for its turn.
    private Places.Place place(Reference reference) {
        return reference instanceof Reference.Registry ? places.enter(Places.Kind.PULL) : () -> {};
    }

    private void keepQuota() {
        if (limits.cacheBytes() == Limits.UNLIMITED) {
            return;
        }
        long held = cache.trim(limits.cacheBytes());
        if (held > limits.cacheBytes()) {
            notes.accept(
                    "the cache holds "
                            + Storage.size(held)
                            + ", the site allows "
                            + Storage.size(limits.cacheBytes())
                            + ": amphora cache clean");
        }
    }

    /// Writes a SIF file for the reference. It is not kept in the cache too, only its layers are.
    ///
    /// @param target appears whole or not at all; must not exist unless `force`
    /// @throws Problem when it exists, or the source cannot be had or converted
    public void write(Reference reference, SourceOptions options, Path target, boolean force) {
        refuseExisting(target, force);
        if (reference instanceof Reference.Local local) {
            writeLocal(local.path(), options.platform(), target);
            return;
        }
        if (reference instanceof Reference.Registry) {
            Sha256.prepare();
        }
        try (ImageSource source = Sources.open(reference, options, progress)) {
            SourceImage image = source.image(options.platform());
            SifContent content = RuntimeMetadata.sifContent(image);
            Optional<Path> known = cache.find(Cache.Kind.IMAGE, key(image, content));
            if (known.isPresent()) {
                copy(known.get(), target);
            } else {
                try (Places.Place _ = place(reference)) {
                    replace(
                            target,
                            size(image),
                            file -> conversion.convert(source, image, content, file));
                }
                keepQuota();
            }
        }
    }

    /// Unpacks what the reference names into a directory.
    ///
    /// @param target appears whole or not at all; must not exist unless `force`
    /// @throws Problem when it exists, or the source cannot be had, converted or unpacked
    public void unpack(Reference reference, SourceOptions options, Path target, boolean force) {
        refuseExisting(target, force);
        Path image = sif(reference, options);
        if (force) {
            remove(target);
        }
        Unpacking.unpack(image, target, progress, notes);
    }

    /// The files of a SIF or SquashFS file as a directory in the cache, for nodes that cannot mount
    /// it. Kept under the identity of the file, so that a file which changes is unpacked anew.
    ///
    /// @throws Problem when it cannot be read or unpacked
    public Path tree(Path image) {
        return cache.getOrMake(
                Cache.Kind.TREE,
                identity(image),
                progress,
                target -> Unpacking.unpack(image, target, progress, notes));
    }

    private void writeLocal(Path path, Platform platform, Path target) {
        switch (ImageKind.of(path)) {
            case SIF -> copy(path, target);
            case SQUASHFS -> repack(path, platform.architecture(), target);
            case DIRECTORY -> convertDirectory(path, platform.architecture(), target);
        }
    }

    private void repack(Path squash, String architecture, Path target) {
        Path temporary = Storage.temporaryDirectory(environment);
        try (Scratch scratch = Scratch.in(temporary)) {
            Path tree = scratch.path().resolve("tree");
            Unpacking.unpack(squash, tree, progress, notes);
            convertDirectory(tree, architecture, target);
        } catch (IOException e) {
            throw Storage.problem("cannot unpack " + squash, temporary, e);
        }
    }

    private void convertDirectory(Path tree, String architecture, Path target) {
        conversion.convertDirectory(
                tree,
                Optional.empty(),
                architecture,
                RuntimeMetadata.sifContent(tree, architecture, Optional.empty()),
                target);
    }

    /// What decides about the bytes of the SIF file: the image, and what the file says of its
    /// origin.
    private Digest key(SourceImage image, SifContent content) {
        return Digest.of(
                String.join(
                        "\n",
                        FORMAT,
                        image.digest().toString(),
                        Digest.of(content.objects().getFirst().content()).toString(),
                        environment.getOrDefault("SOURCE_DATE_EPOCH", "")));
    }

    private static void refuseExisting(Path target, boolean force) {
        if (!force && Files.exists(target)) {
            throw new Problem(
                    "cannot write " + target,
                    "Image file already exists: \"" + target + "\" - will not overwrite",
                    "choose another name, or use --force");
        }
    }

    private static void remove(Path target) {
        try {
            Scratch.delete(target);
        } catch (IOException e) {
            throw Storage.problem("cannot replace " + target, target.toAbsolutePath(), e);
        }
    }

    private static void copy(Path image, Path target) {
        replace(
                target,
                size(image),
                file -> Files.copy(image, file, StandardCopyOption.COPY_ATTRIBUTES));
    }

    private interface Writing {
        void write(Path file) throws IOException;
    }

    /// Puts what is written in the place of the target, in one step.
    ///
    /// @param needed in bytes, -1 when unknown
    private static void replace(Path target, long needed, Writing writing) {
        Path directory = Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target);
        try {
            Scratch.sweep(directory);
            try (Scratch scratch = Scratch.in(directory)) {
                Path temporary = scratch.path().resolve("image");
                writing.write(temporary);
                Files.move(
                        temporary,
                        target,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw Storage.problem("cannot write " + target, directory, needed, e);
        }
    }

    /// About: the layers, which are compressed as well.
    private static long size(SourceImage image) {
        return image.layers().stream().mapToLong(Descriptor::size).sum();
    }

    private static long size(Path image) {
        try {
            return Files.size(image);
        } catch (IOException e) {
            return -1;
        }
    }

    private static Digest identity(Path image) {
        try {
            Map<String, Object> facts =
                    Files.readAttributes(image, "unix:dev,ino,size,lastModifiedTime,ctime");
            return Digest.of(
                    String.join(
                            "\n",
                            image.toRealPath().toString(),
                            String.valueOf(facts.get("dev")),
                            String.valueOf(facts.get("ino")),
                            String.valueOf(facts.get("size")),
                            String.valueOf(facts.get("lastModifiedTime")),
                            String.valueOf(facts.get("ctime"))));
        } catch (IOException e) {
            throw Storage.unreadable(image, e);
        }
    }
}
