// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Map;
import org.amphora.elf.Version;

/// Symbol versions of libfabric and the releases that brought them (fabric(7), ABI changes).
final class FabricTable {

    private static final Map<String, String> RELEASES =
            Map.of(
                    "1.0", "up to 1.4",
                    "1.1", "1.5",
                    "1.2", "1.7",
                    "1.3", "1.9",
                    "1.4", "1.12",
                    "1.5", "1.13",
                    "1.6", "1.14",
                    "1.7", "1.20",
                    "1.8", "2.0",
                    "1.9", "2.5");

    private FabricTable() {}

    /// `libfabric 1.14`.
    static String release(Version symbol) {
        return "libfabric " + RELEASES.getOrDefault(symbol.toString(), "of that version");
    }
}
