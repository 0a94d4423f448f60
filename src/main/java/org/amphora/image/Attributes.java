// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.SortedMap;

/// What an image keeps of a file beside its content. Owner and group are not kept: everything in
/// an image belongs to root.
///
/// @param mode the permission bits with set-uid, set-gid and sticky, `07777` at most
/// @param mtime modification time in whole seconds since 1970, clamped to what SquashFS can say (0
///     to 2^32-1)
/// @param xattrs extended attributes by full name (`security.capability`)
public record Attributes(int mode, long mtime, SortedMap<String, byte[]> xattrs) {

    /// Attributes of what a layer implies but does not list, such as a missing parent directory.
    public static final Attributes IMPLIED_DIRECTORY =
            new Attributes(0755, 0, java.util.Collections.emptySortedMap());

    public Attributes {
        if ((mode & ~07777) != 0) {
            throw new IllegalArgumentException(
                    "mode has type bits: " + Integer.toOctalString(mode));
        }
        if (mtime < 0 || mtime > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("mtime out of range: " + mtime);
        }
    }
}
