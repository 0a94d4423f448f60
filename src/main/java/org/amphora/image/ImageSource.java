// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/// Where an OCI or Docker image is read from: a registry, a layout directory or an archive.
/// Thread-safe: several blobs may be open at once.
public interface ImageSource extends AutoCloseable {

    /// Finds the image for a platform, through the index if there is one.
    ///
    /// @throws org.amphora.problem.Problem when it cannot be had, or has no such platform
    SourceImage image(Platform platform);

    /// The manifest that {@link #image} goes by; empty when the medium has none (docker archives).
    Optional<Manifest.Image> manifest(Platform platform);

    /// Opens a blob of that image. The bytes are verified while they stream: the read that meets
    /// the end throws a `Problem` when size or digest differ from the descriptor, so a caller
    /// keeps nothing before it has read to the end. A broken connection is resumed inside.
    InputStream open(Descriptor blob) throws IOException;

    @Override
    void close();
}
