// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import io.airlift.compress.v3.zstd.ZstdNativeCompressor;
import org.amphora.problem.Problem;

/// The one compressor of what we write: libzstd 1.5.7 at level 3, as it ships inside the
/// aircompressor jar. There is no fallback to another implementation, because other bytes would
/// come out (`docs/decisions/2026-11-23-one-zstd.md`). Thread-safe.
final class Zstd {

    static final int LEVEL = 3;

    private final ZstdNativeCompressor compressor;

    /// @throws Problem when the library cannot be loaded
    Zstd() {
        if (!ZstdNativeCompressor.isEnabled()) {
            throw new Problem(
                    "cannot compress with zstd",
                    "the zstd library inside the program did not load from "
                            + System.getProperty(
                                    "aircompressor.tmpdir", System.getProperty("java.io.tmpdir")),
                    "set AMPHORA_TMPDIR to a directory whose file system is not mounted noexec;"
                            + " the processor must be x86-64, aarch64 or ppc64le");
        }
        compressor = new ZstdNativeCompressor(LEVEL);
    }

    int maxCompressedLength(int length) {
        return compressor.maxCompressedLength(length);
    }

    /// Returns the compressed length, or `length` when compression does not make it shorter and the
    /// bytes are to be stored as they are.
    int compress(byte[] in, int length, byte[] out) {
        return Math.min(length, compressor.compress(in, 0, length, out, 0, out.length));
    }
}
