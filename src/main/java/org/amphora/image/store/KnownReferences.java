// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Supplier;
import org.amphora.image.Digest;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.progress.Progress;

/// What each reference was when it was last fetched: for those who asked at the same time, and for
/// the day on which its registry does not answer. A cache that cannot be written forgets.
final class KnownReferences {

    private final Cache cache;
    private final Platform platform;

    KnownReferences(Cache cache, Platform platform) {
        this.cache = cache;
        this.platform = platform;
    }

    /// Lets one of all processes that want a reference at the same time ask its registry; the
    /// others wait and take what it got. Nobody's clock matters.
    ///
    /// @param asking asks, and keeps the answer
    Path once(Reference reference, Progress progress, Supplier<Path> asking) {
        String before = state(reference);
        String note = "another process is fetching " + reference;
        try (FileLocks.Held _ = lock(reference, note, progress)) {
            Optional<Path> meanwhile =
                    state(reference).equals(before) ? Optional.empty() : find(reference);
            return meanwhile.orElseGet(asking);
        } catch (IOException e) {
            // A cache of somebody else, perhaps; what is in it may be enough.
            return asking.get();
        }
    }

    private FileLocks.Held lock(Reference reference, String note, Progress progress)
            throws IOException {
        Path locks = Files.createDirectories(cache.root().resolve("locks"));
        long position = Cache.position(name(reference));
        return FileLocks.await(locks.resolve("reference"), position, note, progress);
    }

    /// Changes with each answer that is kept.
    private String state(Reference reference) {
        try {
            return Files.readAttributes(entry(reference), "unix:ino,lastModifiedTime").toString();
        } catch (IOException e) {
            return "";
        }
    }

    /// @param key of the image in the cache
    void keep(Reference reference, Digest key) {
        try {
            Path folder = Files.createDirectories(cache.root().resolve("references"));
            Path beside = Files.createTempFile(folder, ".new", "");
            Files.writeString(beside, key.toString());
            Files.move(beside, entry(reference), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // The image itself is there.
            return;
        }
    }

    /// The image in the cache, unless it was removed.
    Optional<Path> find(Reference reference) {
        return read(entry(reference)).flatMap(key -> cache.find(Cache.Kind.IMAGE, key));
    }

    private static Optional<Digest> read(Path entry) {
        try {
            return Optional.of(Digest.parse(Files.readString(entry)));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Path entry(Reference reference) {
        return cache.root().resolve("references").resolve(name(reference).hex());
    }

    private Digest name(Reference reference) {
        return Digest.of(reference + "\n" + platform);
    }
}
