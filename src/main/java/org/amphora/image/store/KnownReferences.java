// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.amphora.image.Digest;
import org.amphora.image.Platform;
import org.amphora.image.Reference;

/// What each reference was when it was last fetched, for the day on which its registry does not
/// answer. A cache that cannot be written forgets.
final class KnownReferences {

    private final Cache cache;
    private final Platform platform;

    KnownReferences(Cache cache, Platform platform) {
        this.cache = cache;
        this.platform = platform;
    }

    /// @param key of the image in the cache
    void keep(Reference reference, Digest key) {
        Path entry = entry(reference);
        if (read(entry).equals(Optional.of(key))) {
            return;
        }
        try {
            Path folder = Files.createDirectories(cache.root().resolve("references"));
            Path beside = Files.createTempFile(folder, ".new", "");
            Files.writeString(beside, key.toString());
            Files.move(beside, entry, StandardCopyOption.ATOMIC_MOVE);
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
        String name = Digest.of(reference + "\n" + platform).hex();
        return cache.root().resolve("references").resolve(name);
    }
}
