// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.amphora.deployment.NodeNeeds;
import org.amphora.host.Host;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "host",
        description = "Show what this node is: kernel, libc, GPUs, MPI, fabrics, limits.")
final class HostCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Option(
            names = {"-j", "--json"},
            description = "Every fact, as JSON.")
    private boolean json;

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "Read another node: a capture, a JSON file, or a tree of its files.")
    private @Nullable Path root;

    @Option(
            names = "--capture",
            paramLabel = "DIR",
            description = "Keep this node in a directory, for amphora check --host on another one.")
    private @Nullable Path capture;

    @Option(
            names = "--write",
            description = "Compile what this node brings into plan fragments; print their paths.")
    private boolean write;

    @Option(
            names = "--for",
            paramLabel = "ROOT",
            description = "With --write: also for the commands deployed below ROOT.")
    private List<Path> deployed = List.of();

    @Override
    public void run() {
        Host host = root == null ? Host.probe(Path.of("/")) : Host.read(root);
        PrintWriter out = spec.commandLine().getOut();
        if (write) {
            out.println(NodeFiles.writeGpu(host));
            for (Path tree : deployed) {
                NodeNeeds.in(tree).forEach(needs -> out.println(NodeFiles.write(host, needs)));
            }
        } else if (capture != null) {
            host.capture(capture);
        } else {
            out.println(json ? host.toJson() : host.summary());
        }
        out.flush();
    }
}
