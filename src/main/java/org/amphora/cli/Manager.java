// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.Iterator;
import org.amphora.cluster.Cluster;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The option that names a resource manager.
final class Manager {

    @Option(
            names = "--manager",
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description =
                    "${COMPLETION-CANDIDATES}. Without: $AMPHORA_CLUSTER_MANAGER, else the one whose"
                            + " commands are on the PATH.")
    private @Nullable String name;

    Cluster cluster() {
        return name == null
                ? Cluster.detect(System.getenv(), launcher())
                : Cluster.named(name, System.getenv(), launcher());
    }

    /// The one that a job was submitted to.
    static Cluster named(String manager) {
        return Cluster.named(manager, System.getenv(), launcher());
    }

    /// The installed `amphora` program.
    static Path launcher() {
        return Path.of(System.getProperty("amphora.launcher", "amphora"));
    }

    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Cluster.names().iterator();
        }
    }
}
