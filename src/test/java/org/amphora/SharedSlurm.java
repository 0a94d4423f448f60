// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/// The Slurm cluster of two nodes that test classes share, each with a `@RegisterExtension` of
/// this: it starts with the first of them and ends with the run. Whoever takes it leaves its
/// daemons running and no job behind.
public final class SharedSlurm implements BeforeAllCallback {

    private @Nullable SlurmCluster cluster;

    /// The root's store closes what it holds at the end of the run.
    @Override
    public void beforeAll(ExtensionContext context) {
        cluster =
                context.getRoot()
                        .getStore(Namespace.create(SharedSlurm.class))
                        .computeIfAbsent(SlurmCluster.class, _ -> start(), SlurmCluster.class);
    }

    private static SlurmCluster start() {
        try {
            return SlurmCluster.start(2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public SlurmCluster cluster() {
        return Objects.requireNonNull(cluster, "asked before any @BeforeAll");
    }
}
