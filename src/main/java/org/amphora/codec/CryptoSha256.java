// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import static org.amphora.codec.Linking.INT;
import static org.amphora.codec.Linking.POINTER;
import static org.amphora.codec.Linking.SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// SHA-256 by `SHA256_Update` of `openssl/sha.h`. Its state is a structure of that header, the same
/// in every release since 0.9.8: the beginning and the end, which are little work, need no function
/// that would have to be bound too.
final class CryptoSha256 implements Sha256 {

    /// From the newest to that of RHEL 8.
    private static final String[] LIBRARIES = {"libcrypto.so.3", "libcrypto.so.1.1"};

    /// `sizeof(SHA256_CTX) / sizeof(SHA_LONG)`; the eight words of the hash stand first.
    private static final int STATE_WORDS = 28;

    private static final int BLOCK = 64;

    /// FIPS 180-4 section 5.3.3.
    private static final int[] INITIAL_HASH = {
        0x6a09e667,
        0xbb67ae85,
        0x3c6ef372,
        0xa54ff53a,
        0x510e527f,
        0x9b05688c,
        0x1f83d9ab,
        0x5be0cd19
    };

    /// FIPS 180-4, example of one block.
    private static final String DIGEST_OF_ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private static final @Nullable MethodHandle UPDATE = load();

    private final MethodHandle update;
    private final int[] state = Arrays.copyOf(INITIAL_HASH, STATE_WORDS);
    private long length;

    CryptoSha256() {
        this(Objects.requireNonNull(UPDATE));
    }

    private CryptoSha256(MethodHandle update) {
        this.update = update;
    }

    static boolean isThere() {
        return UPDATE != null;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        MemorySegment data = MemorySegment.ofArray(bytes).asSlice(offset, length);
        int result;
        try {
            result = (int) update.invokeExact(MemorySegment.ofArray(state), data, (long) length);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call libcrypto", e);
        }
        if (result != 1) {
            throw new IllegalStateException("libcrypto returns " + result);
        }
        this.length += length;
    }

    /// The padding of FIPS 180-4 section 5.1.1: a one, zeros, the length in bits.
    @Override
    public byte[] finish() {
        int used = (int) (length % BLOCK);
        int blocks = used + 1 + Long.BYTES > BLOCK ? 2 : 1;
        ByteBuffer padding = ByteBuffer.allocate(blocks * BLOCK - used);
        padding.put((byte) 0x80);
        padding.putLong(padding.capacity() - Long.BYTES, length * Byte.SIZE);
        update(padding.array(), 0, padding.capacity());
        ByteBuffer digest = ByteBuffer.allocate(INITIAL_HASH.length * Integer.BYTES);
        digest.asIntBuffer().put(state, 0, INITIAL_HASH.length);
        return digest.array();
    }

    private static @Nullable MethodHandle load() {
        for (String name : LIBRARIES) {
            Optional<SymbolLookup> library = Linking.library(name);
            if (library.isPresent()) {
                return bind(library.get());
            }
        }
        return null;
    }

    private static @Nullable MethodHandle bind(SymbolLookup library) {
        try {
            MethodHandle update =
                    Linking.function(library, "SHA256_Update", INT, true, POINTER, POINTER, SIZE);
            return isRight(update) ? update : null;
        } catch (IllegalStateException e) {
            return null;
        }
    }

    /// Whether the structure of this library is that of the others.
    private static boolean isRight(MethodHandle update) {
        var sha256 = new CryptoSha256(update);
        sha256.update("abc".getBytes(StandardCharsets.US_ASCII), 0, 3);
        return HexFormat.of().formatHex(sha256.finish()).equals(DIGEST_OF_ABC);
    }
}
