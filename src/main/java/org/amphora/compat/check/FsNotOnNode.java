// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.host.Fact;
import org.amphora.host.FileSystems;
import org.amphora.host.FileSystems.Mount;

/// R5.14: a path is not mounted on the node.
final class FsNotOnNode {

    static final Check CHECK =
            new Check(
                    "FS-NOT-ON-NODE",
                    "R5.14",
                    Severity.BLOCK,
                    "A path is not mounted on the node",
                    """
                    A login node and a compute node do not always mount the same file systems. The image
                    and each path that is bound must be on both.
                    """,
                    "findmnt(8); WARNING of the launch for a missing bind",
                    FsNotOnNode::look);

    private FsNotOnNode() {}

    private static Outcome look(Situation s) {
        for (String path : s.request().binds()) {
            if (s.request().caller().absent().contains(path)) {
                return absent(path);
            }
        }
        List<Mount> here = s.request().caller().mounts();
        if (here.isEmpty()) {
            return Outcome.passed("the image and all that is bound are on this node");
        }
        Fact<List<Mount>> there = s.host().fileSystems().mounts();
        if (there.value().isEmpty()) {
            return Outcome.unknown("what the node mounts: " + there);
        }
        List<String> paths = new ArrayList<>(s.request().binds());
        paths.addFirst(s.contents().source().path());
        for (String path : paths) {
            Mount mount = FileSystemTable.holding(here, path).orElse(null);
            boolean same =
                    mount != null
                            && there.orElse(List.of()).stream()
                                    .anyMatch(one -> one.point().equals(mount.point()));
            if (mount != null && FileSystems.isShared(mount.type()) && !same) {
                return missing(path, mount, s.host().name().orElse("the node"));
            }
        }
        return Outcome.passed(
                "the shared file systems of the image and of all binds are mounted there too");
    }

    private static Outcome absent(String path) {
        return Outcome.found(
                Severity.BLOCK,
                path + " is to be bound and does not exist on this node.",
                List.of(new Evidence(path, "no such file or directory")),
                "error: cannot bind " + path,
                new Fix.Command("ls -d " + path + "   # name a path that is there"));
    }

    private static Outcome missing(String path, Mount mount, String node) {
        return Outcome.found(
                Severity.BLOCK,
                path
                        + " lies on "
                        + mount.point()
                        + " ("
                        + mount.type()
                        + "), which "
                        + node
                        + " does not mount.",
                List.of(
                        new Evidence(
                                "here " + mount.point(), mount.type() + " from " + mount.device()),
                        new Evidence("there " + mount.point(), "not mounted")),
                "could not open image " + path + ": no such file or directory",
                new Fix.Command(
                        "srun -n1 findmnt -T "
                                + path
                                + "   # shows what the node has; copy it to a file system that is there"));
    }
}
