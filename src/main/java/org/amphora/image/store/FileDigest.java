// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.amphora.image.BackgroundDigest;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;

/// Digests of image files, remembered as long as a file stays as it is.
public final class FileDigest {

    private static final int BUFFER = 1 << 20;

    private final Remembered remembered;

    public FileDigest(Cache cache) {
        this.remembered = new Remembered(cache.root().toFile(), "digests");
    }

    /// The sha256 of a file.
    ///
    /// @throws Problem when it cannot be read
    public Digest of(Path image) {
        String name = image.toAbsolutePath().toString();
        Optional<byte[]> known = remembered.find(name, image);
        if (known.isPresent()) {
            return Digest.parse(new String(known.get(), StandardCharsets.US_ASCII));
        }
        byte[] identity = Remembered.identity(name, image);
        Digest digest = compute(image);
        if (identity != null) {
            remembered.keep(name, identity, digest.toString().getBytes(StandardCharsets.US_ASCII));
        }
        return digest;
    }

    /// The sha256 of a file, read whole whatever is remembered: for who does not trust it.
    ///
    /// @throws Problem when it cannot be read
    public static Digest compute(Path image) {
        try (InputStream in = Files.newInputStream(image);
                BackgroundDigest sha256 = new BackgroundDigest()) {
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                sha256.update(buffer, 0, count);
            }
            return sha256.finish();
        } catch (IOException e) {
            throw Storage.unreadable(image, e);
        }
    }
}
