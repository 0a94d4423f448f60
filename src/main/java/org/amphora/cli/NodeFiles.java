// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.amphora.deployment.NodeNeeds;
import org.amphora.fragment.NodeFolder;
import org.amphora.host.Host;
import org.amphora.image.store.Cache;
import org.amphora.launch.NodeFragment;
import org.amphora.problem.Problem;

/// Writes plan fragments into this node's folder.
final class NodeFiles {

    private NodeFiles() {}

    /// Writes one and names it.
    static Path write(Host host, NodeNeeds needs) {
        Path folder = NodeFolder.own(System.getenv());
        String text =
                NodeFragment.text(
                        host,
                        needs.image(),
                        Cache.of(System.getenv()).root(),
                        needs.gpu(),
                        needs.mpi());
        try {
            NodeFolder.put(folder, needs.name(), text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new Problem(
                    "cannot write " + folder.resolve(needs.name()),
                    String.valueOf(e.getMessage()),
                    "run it as root, for all users, or set XDG_RUNTIME_DIR to a directory of yours",
                    e);
        }
        return folder.resolve(needs.name());
    }
}
