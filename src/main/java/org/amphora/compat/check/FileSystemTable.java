// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.amphora.host.FileSystems;
import org.amphora.host.FileSystems.Mount;

/// File systems by the type that /proc/self/mountinfo shows.
final class FileSystemTable {

    private FileSystemTable() {}

    /// Whether the kernel's overlay can write there: not on file systems that machines share
    /// (Documentation/filesystems/overlayfs.rst, "upper filesystem"; apptainer admin guide), FUSE,
    /// overlay itself and read-only ones.
    static boolean holdsChanges(String type) {
        return !FileSystems.isShared(type)
                && !type.startsWith("fuse")
                && !List.of("overlay", "squashfs", "iso9660", "vfat", "exfat").contains(type);
    }

    /// The mount that holds a path.
    static Optional<Mount> holding(List<Mount> mounts, String path) {
        return mounts.stream()
                .filter(mount -> Visible.isBelow(path, mount.point()))
                .max(Comparator.comparingInt(mount -> mount.point().length()));
    }
}
