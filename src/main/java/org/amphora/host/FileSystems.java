// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;
import java.util.Optional;

/// File systems, and what mounting images takes.
///
/// @param mounts what is mounted, but for the kernel's own pseudo file systems (proc, sysfs, …)
/// @param places the directories that launching uses: `home`, `cache`, `temporary`, `working`
/// @param sharedMemory /dev/shm
/// @param fuseDevice /dev/fuse
/// @param fuse whether the kernel knows FUSE now (/proc/filesystems)
/// @param overlay whether the kernel knows overlay now, or has the module on disk
/// @param squashfuse path of `squashfuse_ll`
/// @param fuseOverlay path of `fuse-overlayfs`
public record FileSystems(
        Fact<List<Mount>> mounts,
        List<Place> places,
        Fact<Place> sharedMemory,
        Fact<Device> fuseDevice,
        Fact<Boolean> fuse,
        Fact<Boolean> overlay,
        Fact<String> squashfuse,
        Fact<String> fuseOverlay) {

    /// Types of file systems that several machines share, by their beginning.
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

    public FileSystems {
        mounts = Fact.given(mounts);
        places = Given.list(places);
        sharedMemory = Fact.given(sharedMemory);
        fuseDevice = Fact.given(fuseDevice);
        fuse = Fact.given(fuse);
        overlay = Fact.given(overlay);
        squashfuse = Fact.given(squashfuse);
        fuseOverlay = Fact.given(fuseOverlay);
    }

    /// One line of /proc/self/mountinfo.
    ///
    /// @param point where it is mounted
    /// @param type `ext4`, `nfs4`, `lustre`, `gpfs`, `fuse.sshfs`
    /// @param device what is mounted
    /// @param options of the mount and of its file system, each once
    public record Mount(String point, String type, String device, List<String> options) {

        public Mount {
            point = Given.text(point);
            type = Given.text(type);
            device = Given.text(device);
            options = Given.list(options);
        }
    }

    /// A directory, with the file system that it lies on.
    ///
    /// @param name `home`, `cache`, `temporary`, `working` or `shm`
    /// @param type of the file system, as in {@link Mount}
    /// @param options of its mount; `noexec` matters
    /// @param bytes how large the file system is
    /// @param freeBytes what the one who probed may still write
    /// @param writable whether the one who probed may write there
    public record Place(
            String name,
            String path,
            Fact<String> type,
            List<String> options,
            Fact<Long> bytes,
            Fact<Long> freeBytes,
            Fact<Boolean> writable) {

        public Place {
            name = Given.text(name);
            path = Given.text(path);
            type = Fact.given(type);
            options = Given.list(options);
            bytes = Fact.given(bytes);
            freeBytes = Fact.given(freeBytes);
            writable = Fact.given(writable);
        }
    }

    /// The mount that a path lies on, by its name alone (links are not followed).
    public Optional<Mount> mountOf(String path) {
        return mounts.value().flatMap(all -> mountOf(all, path));
    }

    /// The place of that name.
    public Optional<Place> place(String name) {
        return places.stream().filter(place -> place.name().equals(name)).findFirst();
    }

    /// Whether several machines see the same files on a file system of that type, as
    /// /proc/self/mountinfo writes it.
    public static boolean isShared(String type) {
        return SHARED.stream().anyMatch(type::startsWith);
    }

    static Optional<Mount> mountOf(List<Mount> mounts, String path) {
        Optional<Mount> best = Optional.empty();
        for (Mount mount : mounts) {
            boolean above =
                    mount.point().equals("/")
                            || path.equals(mount.point())
                            || path.startsWith(mount.point() + "/");
            // Later lines lie above earlier ones of the same point.
            if (above
                    && best.stream().allMatch(b -> mount.point().length() >= b.point().length())) {
                best = Optional.of(mount);
            }
        }
        return best;
    }
}
