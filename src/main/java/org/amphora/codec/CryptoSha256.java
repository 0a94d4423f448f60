// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import static org.amphora.codec.Linking.INT;
import static org.amphora.codec.Linking.POINTER;
import static org.amphora.codec.Linking.SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// SHA-256 by the functions of `openssl/sha.h`, the same in every release since 0.9.8.
final class CryptoSha256 implements Sha256 {

    /// From the newest to that of RHEL 8.
    private static final String[] LIBRARIES = {"libcrypto.so.3", "libcrypto.so.1.1"};

    /// `sizeof(SHA256_CTX)` is 112.
    private static final int CONTEXT = 128;

    private static final @Nullable Functions FUNCTIONS = load();

    private record Functions(MethodHandle begin, MethodHandle update, MethodHandle end) {}

    private final Functions functions;
    private final MemorySegment context =
            MemorySegment.ofBuffer(ByteBuffer.allocateDirect(CONTEXT));

    CryptoSha256() {
        functions = java.util.Objects.requireNonNull(FUNCTIONS);
        try {
            check((int) functions.begin.invokeExact(context));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static boolean isThere() {
        return FUNCTIONS != null;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        MemorySegment data = MemorySegment.ofArray(bytes).asSlice(offset, length);
        try {
            check((int) functions.update.invokeExact(context, data, (long) length));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public byte[] finish() {
        byte[] digest = new byte[32];
        try {
            check((int) functions.end.invokeExact(MemorySegment.ofArray(digest), context));
        } catch (Throwable e) {
            throw failed(e);
        }
        return digest;
    }

    private static void check(int result) {
        if (result != 1) {
            throw new IllegalStateException("result " + result);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("cannot call libcrypto", e);
    }

    private static @Nullable Functions load() {
        for (String name : LIBRARIES) {
            Optional<SymbolLookup> library = Linking.library(name);
            if (library.isPresent()) {
                return bind(library.get());
            }
        }
        return null;
    }

    private static @Nullable Functions bind(SymbolLookup library) {
        try {
            return new Functions(
                    Linking.function(library, "SHA256_Init", INT, false, POINTER),
                    Linking.function(library, "SHA256_Update", INT, true, POINTER, POINTER, SIZE),
                    Linking.function(library, "SHA256_Final", INT, true, POINTER, POINTER));
        } catch (IllegalStateException e) {
            return null;
        }
    }
}
