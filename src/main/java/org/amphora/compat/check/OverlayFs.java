// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;
import org.amphora.host.FileSystems.Mount;

/// R5.3: the writable layer lies on an unsuitable file system.
final class OverlayFs {

    static final Check CHECK =
            new Check(
                    "OVERLAY-FS",
                    "R5.3",
                    Severity.BLOCK,
                    "The writable layer lies on an unsuitable file system",
                    """
                    The kernel's overlay needs features of the file system that holds the changes, which
                    network file systems do not have.
                    """,
                    "Linux Documentation/filesystems/overlayfs.rst; apptainer admin guide, "
                            + "requirements; apptainer/apptainer#2657",
                    OverlayFs::look);

    private OverlayFs() {}

    private static Outcome look(Situation s) {
        String directory = s.request().overlay();
        if (directory.isEmpty()) {
            return Outcome.notApplicable("no writable layer in a directory was asked for");
        }
        Fact<List<Mount>> mounts = s.host().fileSystems().mounts();
        if (mounts.value().isEmpty()) {
            return Outcome.unknown("on which file system " + directory + " lies: " + mounts);
        }
        Mount mount = FileSystemTable.holding(mounts.orElse(List.of()), directory).orElse(null);
        if (mount == null) {
            return Outcome.unknown("on which file system " + directory + " lies");
        }
        if (FileSystemTable.holdsChanges(mount.type())) {
            return Outcome.passed(directory + " lies on " + mount.type());
        }
        return Outcome.found(
                Severity.BLOCK,
                directory
                        + " lies on "
                        + mount.type()
                        + ", which cannot hold the changes of an overlay.",
                List.of(new Evidence(mount.point(), mount.type() + " from " + mount.device())),
                "filesystem on '" + directory + "' not supported as upperdir",
                new Fix.Command(
                        "amphora exec --overlay /tmp/$USER-overlay IMAGE …   # on a local disk; or --writable-tmpfs"));
    }
}
