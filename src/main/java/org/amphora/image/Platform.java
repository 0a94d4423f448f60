// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.Locale;
import java.util.Optional;

/// Operating system and processor that an image was made for, in Go's names as OCI uses them
/// (image-spec v1.1.1 `image-index.md`, `platform`).
///
/// @param variant e.g. `v7` for `arm`
public record Platform(String os, String architecture, Optional<String> variant) {

    /// A Linux platform without variant.
    public static Platform linux(String architecture) {
        return new Platform("linux", architecture, Optional.empty());
    }

    /// The platform of this machine.
    public static Platform current() {
        String machine = System.getProperty("os.arch", "unknown").toLowerCase(Locale.ROOT);
        return linux(
                switch (machine) {
                    case "x86_64", "amd64" -> "amd64";
                    case "aarch64" -> "arm64";
                    case "loongarch64" -> "loong64";
                    default -> machine;
                });
    }

    @Override
    public String toString() {
        return os + "/" + architecture + variant.map(v -> "/" + v).orElse("");
    }
}
