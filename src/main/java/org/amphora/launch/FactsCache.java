// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Remembers the facts of image files, so that a launch need not open them: one small file for each
/// in `CACHE/launch`. An entry counts only while path, device, inode, size, modification and change
/// time of the image are the same. A cache that cannot be written or read costs time, nothing else.
final class FactsCache {
    private static final int MAXIMUM_SIZE = 4 << 20;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final File folder;

    /// @param cache the cache folder of Amphora, which need not exist
    FactsCache(File cache) {
        folder = new File(cache, "launch");
    }

    /// The facts of an image file or a directory.
    ///
    /// @param image absolute path, a byte string
    ImageFacts facts(String image) {
        File file = Bytes.file(image);
        if (file.isDirectory()) {
            return FactsReader.ofDirectory(file);
        }
        String identity = identity(image, file.toPath());
        File entry = new File(folder, name(image));
        ImageFacts known = identity == null ? null : load(entry, identity);
        if (known != null) {
            return known;
        }
        ImageFacts facts = FactsReader.ofFile(file.toPath());
        if (identity != null) {
            store(entry, identity + facts.write());
        }
        return facts;
    }

    private static @Nullable String identity(String image, Path path) {
        try {
            Map<String, Object> facts =
                    Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime,ctime");
            return image.replace('\n', ' ')
                    + '\n'
                    + facts.get("dev")
                    + ' '
                    + facts.get("ino")
                    + ' '
                    + facts.get("size")
                    + ' '
                    + nanoseconds(facts.get("lastModifiedTime"))
                    + ' '
                    + nanoseconds(facts.get("ctime"))
                    + '\n';
        } catch (IOException e) {
            // The reader names the failure better.
            return null;
        }
    }

    private static String nanoseconds(@Nullable Object time) {
        if (!(time instanceof FileTime fileTime)) {
            return "-";
        }
        var instant = fileTime.toInstant();
        return instant.getEpochSecond() + "." + instant.getNano();
    }

    private static @Nullable ImageFacts load(File entry, String identity) {
        try (FileInputStream in = new FileInputStream(entry)) {
            String text = new String(in.readNBytes(MAXIMUM_SIZE), StandardCharsets.ISO_8859_1);
            return text.startsWith(identity) ? ImageFacts.read(text, identity.length()) : null;
        } catch (IOException | IllegalArgumentException e) {
            // Missing, unreadable or damaged: the image is read again.
            return null;
        }
    }

    private static void store(File entry, String text) {
        File folder = entry.getParentFile();
        try {
            Files.createDirectories(folder.toPath());
            Path temporary = Files.createTempFile(folder.toPath(), entry.getName(), ".tmp");
            try {
                Files.write(temporary, text.getBytes(StandardCharsets.ISO_8859_1));
                Files.move(
                        temporary,
                        entry.toPath(),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // An unwritable cache is allowed; the next launch computes again.
            return;
        }
    }

    /// FNV-1a: a name, not a proof; the path stands in the entry. A message digest would load the
    /// security providers.
    private static String name(String image) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < image.length(); i++) {
            hash = (hash ^ image.charAt(i)) * FNV_PRIME;
        }
        return Long.toHexString(hash);
    }
}
