// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.problem.Problem;

/// What the user of `submit` calls an image.
final class SubmittedImage {

    private SubmittedImage() {}

    /// Whether it must be fetched; a file of that name comes first.
    static boolean isReference(String image) {
        return image.contains(":") && !Files.exists(Path.of(image));
    }

    /// The absolute path of a file or directory; a reference as it is.
    static String path(String image) {
        if (isReference(image)) {
            return image;
        }
        Path path = Path.of(image).toAbsolutePath().normalize();
        if (!Files.isReadable(path)) {
            throw new Problem(
                    "cannot submit image " + image,
                    "there is no file or directory " + path + " that you may read",
                    "give the path of a SIF file or directory, or a reference such as"
                            + " docker://debian:12");
        }
        return path.toString();
    }
}
