// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Puts the parts of a {@link Host} together.
final class Probe {

    private Probe() {}

    static Host host(Tree tree) {
        Kernel kernel = KernelProbe.kernel(tree);
        Libraries libraries = new Libraries(tree, kernel.machine().orElse("x86_64"));
        Fact<String> name = tree.line("/proc/sys/kernel/hostname");
        Fact<Map<String, String>> environment = EnvironmentProbe.probe(tree);
        ResourceManager manager = ResourceManagerProbe.probe(tree, environment.orElse(Map.of()));
        return new Host(
                Host.FORMAT,
                name,
                resolves(tree, name),
                nameServers(tree),
                kernel,
                LibcProbe.libc(tree, libraries, kernel.machine().orElse("")),
                CpuProbe.cpu(tree),
                UserNamespacesProbe.probe(tree),
                FileSystemsProbe.probe(tree),
                GpuProbe.probe(tree, libraries),
                MpiProbe.probe(tree, libraries, manager),
                FabricProbe.probe(tree, libraries),
                LimitsProbe.limits(tree),
                manager,
                environment);
    }

    private static Fact<Boolean> resolves(Tree tree, Fact<String> name) {
        return tree.text("/etc/hosts")
                .map(
                        text ->
                                text.lines()
                                        .map(line -> line.split("#", 2)[0].strip().split("\\s+"))
                                        .anyMatch(
                                                words ->
                                                        List.of(words).contains(name.orElse("?"))));
    }

    private static Fact<List<String>> nameServers(Tree tree) {
        return tree.text("/etc/resolv.conf")
                .map(
                        text -> {
                            List<String> servers = new ArrayList<>();
                            for (String line : text.split("\n")) {
                                String[] words = line.strip().split("\\s+");
                                if (words.length > 1 && words[0].equals("nameserver")) {
                                    servers.add(words[1]);
                                }
                            }
                            return servers;
                        });
    }
}
