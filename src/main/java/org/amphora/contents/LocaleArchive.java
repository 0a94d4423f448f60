// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.image.tree.ImageTree;

/// The names in `/usr/lib/locale/locale-archive` (glibc `locale/locarchive.h`).
final class LocaleArchive {
    private static final String PATH = "/usr/lib/locale/locale-archive";
    private static final int MAGIC = 0xde020109;
    private static final int HEADER = 56;
    private static final int MAXIMUM_NAMES = 20_000;
    private static final int MAXIMUM_TEXT = 4 << 20;

    private LocaleArchive() {}

    /// Empty when there is none or it is not understood, which is noted.
    static Optional<Set<String>> names(Survey survey) {
        Optional<ImageTree.File> file = survey.tree().find(PATH);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(names(file.get()));
        } catch (IOException e) {
            survey.unknown(PATH, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /// A hash table of u32 hash, offset of the name, offset of the record; beside it the names.
    private static Set<String> names(ImageTree.File file) throws IOException {
        ByteBuffer head = read(file, 0, HEADER);
        if (head.getInt(0) != MAGIC) {
            throw new IOException("it is no archive of locales of this byte order");
        }
        long table = Integer.toUnsignedLong(head.getInt(8));
        long size = Integer.toUnsignedLong(head.getInt(16));
        long texts = Integer.toUnsignedLong(head.getInt(20));
        long textSize = Integer.toUnsignedLong(head.getInt(24));
        if (size > MAXIMUM_NAMES || textSize > MAXIMUM_TEXT) {
            throw new IOException("it has " + size + " entries");
        }
        ByteBuffer entries = read(file, table, (int) size * 12);
        byte[] names = read(file, texts, (int) textSize).array();
        Set<String> found = new TreeSet<>();
        for (int i = 0; i < size; i++) {
            long at = Integer.toUnsignedLong(entries.getInt(i * 12 + 4)) - texts;
            if (entries.getInt(i * 12 + 8) != 0 && at >= 0 && at < names.length) {
                int end = (int) at;
                while (end < names.length && names[end] != 0) {
                    end++;
                }
                found.add(new String(names, (int) at, end - (int) at, StandardCharsets.ISO_8859_1));
            }
        }
        return found;
    }

    private static ByteBuffer read(ImageTree.File file, long at, int length) throws IOException {
        if (at < 0 || length < 0 || at > file.size() - length) {
            throw new IOException("its tables do not lie in the file");
        }
        byte[] bytes = new byte[length];
        file.fill(at, bytes);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
