// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What was found out about image files, kept so that they need not be read again: one small file
/// for each image in a folder of the cache. An entry counts only while path, device, inode, size,
/// modification and change time of the image are the same. A cache that cannot be written or read
/// costs time, nothing else. Light enough for the launch path; safe beside other processes.
public final class Remembered {
    private static final int MAXIMUM_SIZE = 16 << 20;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final File folder;

    /// A folder of the cache.
    ///
    /// @param cache need not exist
    /// @param folder its name
    public Remembered(File cache, String folder) {
        this.folder = new File(cache, folder);
    }

    /// What is known of an image file.
    ///
    /// @param name of the image for the entry, its path as a byte string
    /// @param image the same as a path
    public Optional<byte[]> find(String name, Path image) {
        byte[] identity = identity(name, image);
        if (identity == null) {
            return Optional.empty();
        }
        try (FileInputStream in = new FileInputStream(entry(name))) {
            byte[] bytes = in.readNBytes(MAXIMUM_SIZE);
            boolean same =
                    bytes.length >= identity.length
                            && Arrays.equals(
                                    bytes, 0, identity.length, identity, 0, identity.length);
            return same
                    ? Optional.of(Arrays.copyOfRange(bytes, identity.length, bytes.length))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// Keeps what is known of an image file, in place of what was known before.
    ///
    /// @param identity as {@link #identity} gave it before the image was read, so that a change
    ///     meanwhile is noticed
    public void keep(String name, byte[] identity, byte[] content) {
        File entry = entry(name);
        try {
            Files.createDirectories(folder.toPath());
            Path temporary = Files.createTempFile(folder.toPath(), entry.getName(), ".tmp");
            try {
                byte[] whole = Arrays.copyOf(identity, identity.length + content.length);
                System.arraycopy(content, 0, whole, identity.length, content.length);
                Files.write(temporary, whole);
                Files.move(
                        temporary,
                        entry.toPath(),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // An unwritable cache is allowed; the next one computes again.
            return;
        }
    }

    /// What an image file is known by; `null` when it cannot be looked at.
    public static byte @Nullable [] identity(String name, Path image) {
        try {
            Map<String, Object> facts =
                    Files.readAttributes(image, "unix:dev,ino,size,lastModifiedTime,ctime");
            String text =
                    name.replace('\n', ' ')
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
            return text.getBytes(StandardCharsets.ISO_8859_1);
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

    /// FNV-1a: a name, not a proof; the path stands in the entry. A message digest would load the
    /// security providers.
    private File entry(String name) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * FNV_PRIME;
        }
        return new File(folder, Long.toHexString(hash));
    }
}
