// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.amphora.problem.Problem;

/// Puts the parts of a {@link Host} together.
final class Probe {

    private Probe() {}

    static Host host(Tree tree) {
        Kernel kernel = KernelProbe.kernel(tree);
        Libraries libraries = new Libraries(tree, kernel.machine().orElse("x86_64"));
        // It waits for a program, so the rest goes on meanwhile.
        FutureTask<UserNamespaces> namespaces =
                new FutureTask<>(() -> UserNamespacesProbe.probe(tree));
        Thread.ofPlatform().start(namespaces);
        Fact<String> name = tree.line("/proc/sys/kernel/hostname");
        Fact<Map<String, String>> environment = EnvironmentProbe.probe(tree);
        ResourceManager manager = ResourceManagerProbe.probe(tree, environment.orElse(Map.of()));
        Libc libc = LibcProbe.libc(tree, libraries, kernel.machine().orElse(""));
        Gpus gpus = GpuProbe.probe(tree, libraries);
        Mpi mpi = MpiProbe.probe(tree, libraries, manager);
        Fabric fabric = FabricProbe.probe(tree, libraries);
        libraries.keep();
        return new Host(
                Host.FORMAT,
                name,
                resolves(tree, name),
                nameServers(tree),
                kernel,
                libc,
                CpuProbe.cpu(tree),
                tried(namespaces),
                FileSystemsProbe.probe(tree),
                gpus,
                mpi,
                fabric,
                LimitsProbe.limits(tree),
                manager,
                environment);
    }

    private static <T> T tried(FutureTask<T> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(
                    "cannot look at this node", "it was interrupted", "start the command again", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a probe failed", e.getCause());
        }
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
