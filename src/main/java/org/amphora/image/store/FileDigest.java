// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.amphora.codec.Sha256;
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
        try (InputStream in = Files.newInputStream(image)) {
            Sha256 sha256 = Sha256.create();
            byte[] buffer = new byte[BUFFER];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
            Digest digest = Digest.ofRaw(sha256.finish());
            if (identity != null) {
                remembered.keep(
                        name, identity, digest.toString().getBytes(StandardCharsets.US_ASCII));
            }
            return digest;
        } catch (IOException e) {
            throw new Problem(
                    "cannot read image " + image,
                    String.valueOf(e.getMessage()),
                    "check that it exists and that you may read it",
                    e);
        }
    }
}
