// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// All facts of one node, the door of this package. What the node does not have is absent or an
/// empty list; what could not be read is a {@link Fact} that says why.
///
/// @param format of this description, `amphora-host 1`
/// @param name host name
/// @param nameResolves whether /etc/hosts knows that name
/// @param nameServers of /etc/resolv.conf
/// @param environment variables of the one who probed that matter to containers (ranks, jobs,
///     loader, languages), and no others
public record Host(
        String format,
        Fact<String> name,
        Fact<Boolean> nameResolves,
        Fact<List<String>> nameServers,
        Kernel kernel,
        Libc libc,
        Cpu cpu,
        UserNamespaces userNamespaces,
        FileSystems fileSystems,
        Gpus gpus,
        Mpi mpi,
        Fabric fabric,
        Limits limits,
        ResourceManager resourceManager,
        Fact<Map<String, String>> environment) {

    /// What {@link #format} is for a description made by this version.
    public static final String FORMAT = "amphora-host 1";

    public Host {
        format = Given.text(format);
        name = Fact.given(name);
        nameResolves = Fact.given(nameResolves);
        nameServers = Fact.given(nameServers);
        environment = Fact.given(environment);
    }

    /// Looks at a node.
    ///
    /// @param root its root directory: `/` for this node, or a captured or made-up tree
    public static Host probe(Path root) {
        return Probe.host(new Tree(root));
    }

    /// Reads a node from a capture, from the JSON file that `amphora host --json` prints, or from a
    /// tree of a node's files.
    ///
    /// @throws org.amphora.problem.Problem when there is nothing like that
    public static Host read(Path path) {
        if (!Files.isDirectory(path)) {
            return HostJson.read(path);
        }
        Path description = path.resolve(HostJson.NAME);
        return Files.exists(description) ? HostJson.read(description) : probe(path);
    }

    /// Keeps this node in a directory, which is made: what {@link #read} gives back on another
    /// machine.
    ///
    /// @throws org.amphora.problem.Problem when it cannot be written, or holds a node already
    public void capture(Path directory) {
        HostJson.capture(this, directory);
    }

    /// For people, on one screen; `?` stands for what could not be read.
    public String summary() {
        return HostSummary.of(this);
    }

    /// As indented JSON, complete, without a final line end.
    public String toJson() {
        return HostJson.write(this);
    }
}
