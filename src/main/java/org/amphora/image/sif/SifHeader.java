// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import java.util.UUID;

/// The global header (apptainer/sif `pkg/sif/sif.go`, `header`): 128 bytes at the begin of the
/// file. Sizes and offsets are in bytes, times in seconds since 1970.
///
/// @param launchScript the first line of the file, e.g. `#!/usr/bin/env run-singularity`
/// @param architecture of the primary partition; `UNKNOWN` when there is none
/// @param dataSize of all objects with the padding between them
public record SifHeader(
        String launchScript,
        String version,
        Architecture architecture,
        UUID uuid,
        long created,
        long modified,
        long descriptorsFree,
        long descriptorsTotal,
        long descriptorsOffset,
        long descriptorsSize,
        long dataOffset,
        long dataSize) {

    /// The launch script of every image: what the kernel starts for `./image.sif`.
    public static final String LAUNCH_SCRIPT = "#!/usr/bin/env run-singularity\n";

    static final String VERSION = "01";
    static final int SIZE = 128;
    static final int LAUNCH_SCRIPT_SIZE = 32;
    static final int MAGIC_OFFSET = 32;
    static final int MAGIC_SIZE = 10;
    static final int VERSION_OFFSET = MAGIC_OFFSET + MAGIC_SIZE;
    static final int VERSION_SIZE = 3;
    static final int ARCHITECTURE_OFFSET = VERSION_OFFSET + VERSION_SIZE;
    static final int UUID_OFFSET = ARCHITECTURE_OFFSET + Architecture.FIELD_SIZE;
    static final int NUMBERS_OFFSET = UUID_OFFSET + 16;

    static byte[] magic() {
        return new byte[] {'S', 'I', 'F', '_', 'M', 'A', 'G', 'I', 'C', 0};
    }
}
