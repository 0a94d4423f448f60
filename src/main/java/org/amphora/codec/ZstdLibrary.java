// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import static org.amphora.codec.Linking.INT;
import static org.amphora.codec.Linking.POINTER;
import static org.amphora.codec.Linking.SIZE;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.amphora.problem.Problem;

/// The functions of libzstd that are used (`zstd.h` of 1.5.7). The library is the one inside the
/// aircompressor jar, never the machine's own: what is compressed must not depend on the machine
/// (`docs/decisions/2026-11-23-one-zstd.md`).
///
/// The jar's own binding is not used: it binds everything there is through reflection, which costs
/// 0.8 s of processor time in a new JVM. Each group here is bound when it is first used.
@SuppressWarnings("restricted")
final class ZstdLibrary {

    private static final String VERSION = "1.5.7";

    private static final SymbolLookup SYMBOLS = load();

    static {
        String version;
        try {
            var text = (MemorySegment) function("ZSTD_versionString", POINTER, false).invokeExact();
            version = text.reinterpret(16).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call the zstd library", e);
        }
        if (!version.equals(VERSION)) {
            throw new IllegalStateException("zstd library of version " + version);
        }
    }

    /// Compression of blocks.
    static final class Compress {
        static final MethodHandle CREATE = function("ZSTD_createCCtx", POINTER, false);
        static final MethodHandle FREE = function("ZSTD_freeCCtx", SIZE, false, POINTER);
        static final MethodHandle CALL =
                function(
                        "ZSTD_compressCCtx",
                        SIZE,
                        true,
                        POINTER,
                        POINTER,
                        SIZE,
                        POINTER,
                        SIZE,
                        INT);

        private Compress() {}
    }

    /// Decompression of blocks.
    static final class Decompress {
        static final MethodHandle CALL =
                function("ZSTD_decompress", SIZE, true, POINTER, SIZE, POINTER, SIZE);

        private Decompress() {}
    }

    /// Decompression of streams.
    static final class Stream {
        static final MethodHandle CREATE = function("ZSTD_createDCtx", POINTER, false);
        static final MethodHandle FREE = function("ZSTD_freeDCtx", SIZE, false, POINTER);
        static final MethodHandle CALL =
                function(
                        "ZSTD_decompressStream_simpleArgs",
                        SIZE,
                        true,
                        POINTER,
                        POINTER,
                        SIZE,
                        POINTER,
                        POINTER,
                        SIZE,
                        POINTER);

        private Stream() {}
    }

    private ZstdLibrary() {}

    /// Loads the library unless it is.
    ///
    /// @throws Problem when that fails
    static void require() {
        // Initializes the class.
    }

    /// Whether a result is an error code: those are the last values of `size_t`.
    static boolean isError(long result) {
        return result < 0 && result > -1000;
    }

    private static MethodHandle function(
            String name, ValueLayout result, boolean onHeap, MemoryLayout... parameters) {
        return Linking.function(SYMBOLS, name, result, onHeap, parameters);
    }

    private static SymbolLookup load() {
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String name =
                "/aircompressor/linux-"
                        + (machine.equals("x86_64") ? "amd64" : machine)
                        + "/libzstd.so";
        String directory = temporaryDirectory();
        Path installed = Path.of(System.getProperty("amphora.home", ""), "lib", "libzstd.so");
        if (installed.isAbsolute() && Files.exists(installed)) {
            return SymbolLookup.libraryLookup(installed, Arena.global());
        }
        try (InputStream in = ZstdLibrary.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new Problem(
                        "cannot use zstd",
                        "there is no zstd library for processors of kind " + machine,
                        "use an x86-64, aarch64 or ppc64le machine");
            }
            Path file = Files.createTempFile(Path.of(directory), "amphora-", "-libzstd.so");
            try {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                return SymbolLookup.libraryLookup(file, Arena.global());
            } finally {
                Files.delete(file);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new Problem(
                    "cannot use zstd",
                    "its library did not load from " + directory + ": " + e.getMessage(),
                    "set AMPHORA_TMPDIR to a directory that you may write and that is not mounted"
                            + " noexec",
                    e);
        }
    }

    private static String temporaryDirectory() {
        for (String name : new String[] {"AMPHORA_TMPDIR", "TMPDIR"}) {
            String value = System.getenv(name);
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return System.getProperty("java.io.tmpdir", "/tmp");
    }
}
