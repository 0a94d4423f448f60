// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.cluster.Cluster;
import org.amphora.cluster.Job;
import org.amphora.image.store.FileDigest;
import org.amphora.problem.Problem;
import picocli.CommandLine.Option;

/// Whether the nodes of a job read the image from the shared file system, or from a copy each.
final class StageOption {

    /// Below, a shared file system serves the few blocks that are read of an image in less time
    /// than it takes to copy all of it.
    private static final int NODES = 8;

    @Option(
            names = "--stage",
            paramLabel = "WHERE",
            description =
                    "Where the nodes have the image: shared, node (a copy on each node's disk), auto"
                            + " (node from 8 nodes on; the default).")
    private Where where = Where.AUTO;

    enum Where {
        AUTO,
        SHARED,
        NODE
    }

    /// The job, with a copy of its image for each node if need be.
    ///
    /// @param image what the command names, a file or directory
    Job staged(Job job, Cluster cluster, Path image, FileDigest digests) {
        boolean file = Files.isRegularFile(image);
        if (where == Where.NODE && !file) {
            throw new Problem(
                    "cannot copy " + image + " to the nodes",
                    "it is no file" + (Files.exists(image) ? "" : ", or not fetched yet"),
                    "use a SIF file (amphora build, amphora pull), or --stage shared");
        }
        boolean wanted =
                switch (where) {
                    case SHARED -> false;
                    case NODE -> true;
                    case AUTO -> file && job.size().allNodes() >= NODES && cluster.canStage();
                };
        if (!wanted) {
            return job;
        }
        Path program =
                Manager.launcher()
                        .resolveSibling("../libexec/amphora/node-image")
                        .toAbsolutePath()
                        .normalize();
        return job.with(
                new Job.Staging(program.toString(), digests.of(image).hex(), image.toString()));
    }
}
