// SPDX-License-Identifier: Apache-2.0
package org.amphora.cdi;

import java.util.List;
import java.util.Optional;

/// A description of devices for containers, after the rules of the Container Device Interface
/// (cncf-tags/container-device-interface SPEC.md, versions 0.3.0 to 1.1.0). A value: what hooks
/// would do is for the reader to do himself.
///
/// @param version `0.6.0`
/// @param kind `nvidia.com/gpu`
/// @param edits for whoever gets any of the devices
public record CdiSpecification(String version, String kind, List<Device> devices, Edits edits) {

    public CdiSpecification {
        devices = List.copyOf(devices);
    }

    /// Reads one. A field that the rules do not know makes it invalid, as they demand.
    ///
    /// @param path its name ends in `.json` or `.yaml`
    /// @throws IllegalArgumentException with the reason, when it is none
    public static CdiSpecification parse(String path, String text) {
        return CdiReader.read(path, text);
    }

    /// The device of that name.
    public Optional<Device> device(String name) {
        return devices.stream().filter(device -> device.name().equals(name)).findFirst();
    }

    /// What one device takes.
    ///
    /// @param name `0`, `all`, `GPU-…`
    public record Device(String name, Edits edits) {}

    /// Changes to a container.
    ///
    /// @param environment `NAME=VALUE`
    public record Edits(
            List<String> environment, List<Node> nodes, List<Mount> mounts, List<Hook> hooks) {
        public Edits {
            environment = List.copyOf(environment);
            nodes = List.copyOf(nodes);
            mounts = List.copyOf(mounts);
            hooks = List.copyOf(hooks);
        }
    }

    /// A device file.
    ///
    /// @param path inside
    /// @param hostPath on the node; the same unless it says otherwise
    public record Node(String path, String hostPath) {}

    /// A file or directory of the node.
    public record Mount(String hostPath, String containerPath) {}

    /// A program that other runtimes run.
    public record Hook(String path, List<String> arguments) {
        public Hook {
            arguments = List.copyOf(arguments);
        }
    }
}
