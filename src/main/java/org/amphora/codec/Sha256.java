// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// A SHA-256 computation over much data. OpenSSL's libcrypto does it where the machine has it: it
/// is fast from the first byte on, while the JDK's own runs at a tenth of the speed until the
/// second compiler has come to it (`docs/decisions/2026-11-24-bulk-work-in-c.md`). Not thread-safe.
public sealed interface Sha256 permits Sha256.Jdk, CryptoSha256 {

    /// The fastest one that this machine has.
    static Sha256 create() {
        return CryptoSha256.isThere() ? new CryptoSha256() : new Jdk();
    }

    /// Binds the library in the background, which takes 20 ms of a new JVM: for those who know that
    /// there will be much to hash and have to wait for something else first.
    static void prepare() {
        Thread.ofPlatform().daemon().name("prepare sha256").start(CryptoSha256::isThere);
    }

    void update(byte[] bytes, int offset, int length);

    /// The 32 bytes of the digest; nothing can be added after that.
    byte[] finish();

    /// The JDK's own.
    final class Jdk implements Sha256 {
        private final MessageDigest digest;

        Jdk() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("this JDK has no SHA-256", e);
            }
        }

        @Override
        public void update(byte[] bytes, int offset, int length) {
            digest.update(bytes, offset, length);
        }

        @Override
        public byte[] finish() {
            return digest.digest();
        }
    }
}
