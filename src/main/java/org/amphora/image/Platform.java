// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.Locale;
import java.util.Optional;

/// Operating system and processor that an image was made for, in Go's names as OCI uses them
/// (image-spec v1.1.1 `image-index.md`, `platform`).
///
/// @param variant e.g. `v7` for `arm`
public record Platform(String os, String architecture, Optional<String> variant) {

    /// The rank of an index entry that names no platform: behind all that fit.
    static final int UNNAMED = Integer.MAX_VALUE - 1;

    /// A Linux platform without variant.
    public static Platform linux(String architecture) {
        return new Platform("linux", architecture, Optional.empty());
    }

    /// The platform of this machine.
    public static Platform current() {
        return linux(goName(System.getProperty("os.arch", "unknown")));
    }

    /// Reads `os/architecture[/variant]`, or an architecture alone, in Go's names or the kernel's.
    ///
    /// @throws IllegalArgumentException for anything else
    public static Platform parse(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length > 3 || text.isBlank()) {
            throw new IllegalArgumentException("not os/architecture[/variant]: " + text);
        }
        if (parts.length == 1) {
            return linux(goName(parts[0]));
        }
        return new Platform(
                parts[0],
                goName(parts[1]),
                parts.length == 3 ? Optional.of(parts[2]) : Optional.empty());
    }

    /// Whether an image of the other platform runs on this one, variants aside.
    public boolean accepts(Platform offered) {
        return os.equals(offered.os) && architecture.equals(offered.architecture);
    }

    /// How well an offered platform suits this one: 0 is best, `Integer.MAX_VALUE` not at all. A
    /// processor runs what was made for its lower variants; `arm64` is `v8`, `amd64` is `v1`.
    int rank(Platform offered) {
        if (!accepts(offered)) {
            return Integer.MAX_VALUE;
        }
        if (variant.equals(offered.variant)) {
            return 0;
        }
        int have = level(variant);
        int need = level(offered.variant);
        return need > have ? Integer.MAX_VALUE : 1 + have - need;
    }

    private int level(Optional<String> named) {
        String digits = named.map(v -> v.startsWith("v") ? v.substring(1) : v).orElse("");
        try {
            // 8.1 is above 8.
            return (int) (10 * Double.parseDouble(digits));
        } catch (NumberFormatException e) {
            return switch (architecture) {
                case "arm" -> 70;
                case "arm64" -> 80;
                default -> 10;
            };
        }
    }

    private static String goName(String machine) {
        return switch (machine.toLowerCase(Locale.ROOT)) {
            case "x86_64", "amd64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            case "loongarch64" -> "loong64";
            default -> machine.toLowerCase(Locale.ROOT);
        };
    }

    @Override
    public String toString() {
        return os + "/" + architecture + variant.map(v -> "/" + v).orElse("");
    }
}
