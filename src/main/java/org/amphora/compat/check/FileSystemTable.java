// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.amphora.host.FileSystems.Mount;

/// File systems by the type that /proc/self/mountinfo shows.
final class FileSystemTable {

    /// Shared between nodes. None of them holds the changes of the kernel's overlay
    /// (Documentation/filesystems/overlayfs.rst, "upper filesystem"; apptainer admin guide).
    private static final List<String> SHARED =
            List.of(
                    "nfs",
                    "lustre",
                    "gpfs",
                    "beegfs",
                    "panfs",
                    "ceph",
                    "glusterfs",
                    "wekafs",
                    "pvfs2",
                    "orangefs",
                    "cifs",
                    "smb3",
                    "afs",
                    "9p",
                    "fuse.ceph",
                    "fuse.glusterfs",
                    "fuse.sshfs");

    private FileSystemTable() {}

    static boolean isShared(String type) {
        return SHARED.stream().anyMatch(type::startsWith);
    }

    /// Whether the kernel's overlay can write there; FUSE, overlay itself and read-only ones
    /// cannot.
    static boolean holdsChanges(String type) {
        return !isShared(type)
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
