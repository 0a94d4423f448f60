// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.Optional;

/// Points at a blob (image-spec v1.1.1 `descriptor.md`).
///
/// @param mediaType as the manifest has it; empty text when the medium has none (docker archives)
/// @param size in bytes; -1 when the medium does not tell (docker archives)
/// @param platform set in the entries of an index only
public record Descriptor(String mediaType, Digest digest, long size, Optional<Platform> platform) {

    public Descriptor(String mediaType, Digest digest, long size) {
        this(mediaType, digest, size, Optional.empty());
    }
}
