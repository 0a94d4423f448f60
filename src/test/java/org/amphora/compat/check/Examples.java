// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import org.amphora.contents.Contents;
import org.amphora.host.Host;

/// Situations for tests of what is made from outcomes.
public final class Examples {

    private Examples() {}

    /// MPICH of Debian 12 with a CUDA program.
    public static Contents image() {
        return ImageBuilder.bookworm().mpich("4.0.2", "ofi").cuda("12.4.1").build();
    }

    /// A node with Slurm and without a GPU.
    public static Host plainNode() {
        return NodeBuilder.usual().slurm("pmi2", "pmix", "pmix_v4").build();
    }

    /// A node with a GPU whose driver is old.
    public static Host gpuNode() {
        return NodeBuilder.usual()
                .slurm("pmi2", "pmix", "pmix_v4")
                .known("name", "gpu01")
                .nvidia("470.57.02")
                .build();
    }

    /// A node of which nothing could be read.
    public static Host unknownNode() {
        return new NodeBuilder().build();
    }
}
