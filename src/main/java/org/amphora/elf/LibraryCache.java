// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Reads the dynamic linker's cache, `/etc/ld.so.cache` (glibc 2.41 `sysdeps/generic/dl-cache.h`),
/// instead of running `ldconfig -p`.
public final class LibraryCache {
    private static final String OLD_MAGIC = "ld.so-1.7.0";
    private static final String NEW_MAGIC = "glibc-ld.so.cache1.1";
    private static final int OLD_HEADER = 16;
    private static final int OLD_ENTRY = 12;
    private static final int NEW_HEADER = 48;
    private static final int NEW_ENTRY = 24;
    private static final int MAXIMUM_LIBRARIES = 1 << 17;
    private static final int MAXIMUM_TEXT = 4096;
    private static final int MAXIMUM_TEXTS = 64 << 20;

    // FLAG_ELF_LIBC6, and the word size and architecture above it
    private static final int TYPE_MASK = 0xff;
    private static final int LIBC6 = 3;
    private static final int ARCHITECTURE_MASK = 0xff00;

    /// A file that is bigger is no such cache.
    public static final int MAXIMUM_SIZE = 64 << 20;

    private final Fields fields;
    private final long base;
    private int texts;

    /// A library as the linker finds it.
    ///
    /// @param name as programs ask for it, `libcuda.so.1`
    /// @param path where it is
    public record Library(String name, String path) {}

    private LibraryCache(Fields fields, long base) {
        this.fields = fields;
        this.base = base;
    }

    /// The libraries for this machine's own architecture, in the order of preference.
    ///
    /// @throws IOException when the file cannot be read or is no such cache
    public static List<Library> read(File file) throws IOException {
        String machine = System.getProperty("os.arch", "");
        try (FileInputStream in = new FileInputStream(file)) {
            return parse(
                    in.readNBytes(MAXIMUM_SIZE), machine.equals("aarch64") ? "arm64" : machine);
        }
    }

    /// The libraries for an architecture, in the order of preference.
    ///
    /// @param architecture as OCI names it, `amd64`
    /// @return nothing for an architecture that the format does not tell apart
    /// @throws ElfException when the bytes are no such cache, or truncated
    public static List<Library> parse(byte[] bytes, String architecture) throws ElfException {
        Fields fields = new Fields.Layout(true, architecture.equals("s390x")).over(bytes);
        long base = 0;
        if (startsWith(bytes, 0, OLD_MAGIC)) {
            need(fields, OLD_HEADER);
            base = (OLD_HEADER + fields.unsignedInteger(12) * OLD_ENTRY + 7) & ~7L;
        }
        if (!startsWith(bytes, base, NEW_MAGIC)) {
            throw new ElfException("it is no library cache of a known format");
        }
        return new LibraryCache(fields, base).libraries(code(architecture));
    }

    private static int code(String architecture) {
        return switch (architecture) {
            case "amd64" -> 0x0300;
            case "arm64" -> 0x0a00;
            case "ppc64le" -> 0x0500;
            case "riscv64" -> 0x1000;
            case "s390x" -> 0x0400;
            default -> 0;
        };
    }

    private List<Library> libraries(int architecture) throws ElfException {
        need(fields, base + NEW_HEADER);
        long count = fields.unsignedInteger((int) base + 20);
        need(fields, base + NEW_HEADER + count * NEW_ENTRY);
        if (count > MAXIMUM_LIBRARIES) {
            throw new ElfException("its library cache has " + count + " entries");
        }
        List<Library> libraries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int entry = (int) base + NEW_HEADER + i * NEW_ENTRY;
            int flags = (int) fields.unsignedInteger(entry);
            if ((flags & TYPE_MASK) == LIBC6 && (flags & ARCHITECTURE_MASK) == architecture) {
                libraries.add(
                        new Library(
                                text(fields.unsignedInteger(entry + 4)),
                                text(fields.unsignedInteger(entry + 8))));
            }
        }
        return List.copyOf(libraries);
    }

    private static void need(Fields fields, long end) throws ElfException {
        if (end < 0 || end > fields.length()) {
            throw new ElfException(
                    "the library cache is truncated: it should have "
                            + end
                            + " bytes at least and has "
                            + fields.length());
        }
    }

    private static boolean startsWith(byte[] bytes, long at, String magic) {
        if (at < 0 || at + magic.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if (bytes[(int) at + i] != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String text(long offset) throws ElfException {
        long from = base + offset;
        need(fields, from + 1);
        int limit = (int) Math.min(fields.length(), from + MAXIMUM_TEXT);
        String text = fields.text((int) from, limit);
        if (from + text.length() >= limit) {
            throw new ElfException("a name in the library cache at byte " + from + " has no end");
        }
        texts += text.length();
        if (texts > MAXIMUM_TEXTS) {
            throw new ElfException("the names in the library cache are too long");
        }
        return text;
    }
}
