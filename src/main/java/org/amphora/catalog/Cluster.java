// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A cluster that the site deploys to.
///
/// @param root where images, commands and modulefiles go: a path that all its nodes see
/// @param binds host paths that every command sees, as `--bind` takes them; skipped on nodes that
///     lack them
/// @param starter path of `amphora-start` on its nodes; that of this installation when empty
/// @param fuseServer path of `squashfuse_ll` on its nodes; looked up here when empty
/// @param fragments plans that commands include when the node has them
/// @param record where launches are recorded, `syslog` or a directory of the nodes; nowhere when
///     empty
/// @param linger seconds that the container of a command stays for the next launch; 0 for not
public record Cluster(
        String name,
        Path root,
        List<String> binds,
        Optional<String> starter,
        Optional<String> fuseServer,
        List<String> fragments,
        Optional<String> record,
        int linger) {

    /// For loops and pipelines, whose commands follow each other at once.
    static final int LINGER = 5;

    public Cluster {
        binds = List.copyOf(binds);
        fragments = List.copyOf(fragments);
    }
}
