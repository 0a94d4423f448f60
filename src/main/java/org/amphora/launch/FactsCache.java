// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.amphora.image.store.Remembered;
import org.jspecify.annotations.Nullable;

/// Remembers the facts of image files in `CACHE/launch`, so that a launch need not open them.
final class FactsCache {
    private final Remembered remembered;

    /// @param cache the cache folder of Amphora, which need not exist
    FactsCache(File cache) {
        remembered = new Remembered(cache, "launch");
    }

    /// The facts of an image file or a directory.
    ///
    /// @param image absolute path, a byte string
    ImageFacts facts(String image) {
        File file = Bytes.file(image);
        if (file.isDirectory()) {
            return FactsReader.ofDirectory(file);
        }
        Path path = file.toPath();
        byte[] entry = remembered.find(image, path).orElse(null);
        ImageFacts known = entry == null ? null : parse(entry);
        if (known != null) {
            return known;
        }
        byte[] identity = Remembered.identity(image, path);
        ImageFacts facts = FactsReader.ofFile(path);
        if (identity != null) {
            remembered.keep(image, identity, facts.write().getBytes(StandardCharsets.ISO_8859_1));
        }
        return facts;
    }

    private static @Nullable ImageFacts parse(byte[] entry) {
        try {
            return ImageFacts.read(new String(entry, StandardCharsets.ISO_8859_1), 0);
        } catch (IllegalArgumentException e) {
            // Damaged, or of another version: the image is read again.
            return null;
        }
    }
}
