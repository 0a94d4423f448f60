// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// A content digest as OCI writes it: `sha256:` and 64 lower-case hex digits (image-spec v1.1.1
/// `descriptor.md#digests`). The other registered algorithm, sha512, is refused.
public record Digest(String algorithm, String hex) {

    private static final int SHA256_HEX_LENGTH = 64;

    public Digest {
        if (!algorithm.equals("sha256")) {
            throw new IllegalArgumentException("unsupported digest algorithm: " + algorithm);
        }
        if (hex.length() != SHA256_HEX_LENGTH || !isLowerCaseHex(hex)) {
            throw new IllegalArgumentException(
                    "sha256 needs 64 lower-case hex digits, found: " + hex);
        }
    }

    /// The reverse of {@link #toString()}.
    ///
    /// @throws IllegalArgumentException for anything but a sha256 digest
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("digest without algorithm: " + text);
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    /// The digest of these bytes.
    public static Digest of(byte[] content) {
        return ofRaw(sha256().digest(content));
    }

    /// The digest of a text's UTF-8 bytes.
    public static Digest of(String content) {
        return of(content.getBytes(StandardCharsets.UTF_8));
    }

    /// The digest that a finished SHA-256 computation gives; the computation is reset.
    public static Digest finish(MessageDigest sha256) {
        return ofRaw(sha256.digest());
    }

    /// The digest with these 32 bytes.
    public static Digest ofRaw(byte[] sha256) {
        return new Digest("sha256", HexFormat.of().formatHex(sha256));
    }

    /// A new SHA-256 computation.
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// The first twelve digits, for people.
    public String shortHex() {
        return hex.substring(0, 12);
    }

    /// Written out, as is the hash: a record's own are put together at their first use, in 10 ms.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Digest digest
                && hex.equals(digest.hex)
                && algorithm.equals(digest.algorithm);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }

    private static boolean isLowerCaseHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
                return false;
            }
        }
        return true;
    }
}
