// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.contents.Contents;
import org.amphora.deployment.NodeNeeds;
import org.amphora.fragment.Fragment;
import org.amphora.fragment.NodeFolder;
import org.amphora.host.Host;
import org.amphora.image.store.Cache;
import org.amphora.launch.NodeFragment;
import org.amphora.problem.Problem;

/// Writes plan fragments into this node's folder.
final class NodeFiles {

    private static final String GPU = "gpu" + Fragment.ENDING;

    private NodeFiles() {}

    /// Writes the one for commands that are deployed, and names it.
    static Path write(Host host, NodeNeeds needs) {
        Contents image = Contents.of(needs.image(), Cache.of(System.getenv()).root());
        return put(
                needs.name(),
                NodeFragment.text(host, image, needs.image().toString(), needs.gpu(), needs.mpi()));
    }

    /// Writes the one that fits every image with glibc, the GPU driver, and names it.
    static Path writeGpu(Host host) {
        try {
            Path nothing = Files.createTempDirectory("amphora-");
            try {
                return put(
                        GPU,
                        NodeFragment.text(host, Contents.of(nothing), "any image", true, false));
            } finally {
                Files.delete(nothing);
            }
        } catch (IOException e) {
            throw problem(GPU, e);
        }
    }

    private static Path put(String name, String text) {
        Path folder = NodeFolder.own(System.getenv());
        try {
            NodeFolder.put(folder, name, text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw problem(name, e);
        }
        return folder.resolve(name);
    }

    private static Problem problem(String name, IOException e) {
        return new Problem(
                "cannot write the fragment " + name,
                String.valueOf(e.getMessage()),
                "run it as root, for all users, or set XDG_RUNTIME_DIR to a directory of yours",
                e);
    }
}
