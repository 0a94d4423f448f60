// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Reads the dynamic linker's cache of a host (glibc 2.41 `sysdeps/generic/dl-cache.h`), instead of
/// running `ldconfig -p`.
final class LibraryCache {
    private static final String OLD_MAGIC = "ld.so-1.7.0";
    private static final String NEW_MAGIC = "glibc-ld.so.cache1.1";
    private static final int OLD_HEADER = 16;
    private static final int OLD_ENTRY = 12;
    private static final int NEW_HEADER = 48;
    private static final int NEW_ENTRY = 24;
    private static final int MAXIMUM_SIZE = 64 << 20;

    // FLAG_ELF_LIBC6, and the word size and architecture above it
    private static final int TYPE_MASK = 0xff;
    private static final int LIBC6 = 3;
    private static final int ARCHITECTURE_MASK = 0xff00;

    private final byte[] bytes;
    private final int base;

    /// A library as the linker finds it.
    ///
    /// @param name as programs ask for it, `libcuda.so.1`
    /// @param path where it is
    record Library(String name, String path) {}

    private LibraryCache(byte[] bytes, int base) {
        this.bytes = bytes;
        this.base = base;
    }

    /// The libraries for this machine's own architecture, in the order of preference.
    ///
    /// @throws IOException when the file cannot be read or is no such cache
    static List<Library> read(File file) throws IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return parse(in.readNBytes(MAXIMUM_SIZE), architecture());
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("truncated library cache: " + file, e);
        }
    }

    private static int architecture() {
        return switch (System.getProperty("os.arch", "")) {
            case "amd64" -> 0x0300;
            case "aarch64" -> 0x0a00;
            case "ppc64le" -> 0x0500;
            case "riscv64" -> 0x1000;
            case "s390x" -> 0x0400;
            default -> 0;
        };
    }

    static List<Library> parse(byte[] bytes, int architecture) throws IOException {
        int base = 0;
        if (startsWith(bytes, 0, OLD_MAGIC)) {
            int old = new LibraryCache(bytes, 0).number(12);
            base = (OLD_HEADER + old * OLD_ENTRY + 7) & ~7;
        }
        if (!startsWith(bytes, base, NEW_MAGIC)) {
            throw new IOException("no library cache of a known format");
        }
        return new LibraryCache(bytes, base).libraries(architecture);
    }

    private List<Library> libraries(int architecture) {
        int count = number(base + 20);
        List<Library> libraries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int entry = base + NEW_HEADER + i * NEW_ENTRY;
            int flags = number(entry);
            if ((flags & TYPE_MASK) == LIBC6 && (flags & ARCHITECTURE_MASK) == architecture) {
                libraries.add(
                        new Library(
                                text(base + number(entry + 4)), text(base + number(entry + 8))));
            }
        }
        return libraries;
    }

    private static boolean startsWith(byte[] bytes, int at, String magic) {
        if (at < 0 || at + magic.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if (bytes[at + i] != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// The machine's byte order; all that we name above are little endian but s390x.
    private int number(int at) {
        boolean big = System.getProperty("os.arch", "").equals("s390x");
        int value = 0;
        for (int i = 0; i < 4; i++) {
            value = value << 8 | bytes[at + (big ? i : 3 - i)] & 0xff;
        }
        return value;
    }

    private String text(int from) {
        int end = from;
        while (bytes[end] != 0) {
            end++;
        }
        return new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
    }
}
