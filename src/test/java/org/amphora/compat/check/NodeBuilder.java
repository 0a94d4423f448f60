// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.host.Host;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A made-up node: what is not set is unknown, as in a description that lacks it.
final class NodeBuilder {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private final ObjectNode tree = MAPPER.createObjectNode();

    NodeBuilder() {
        tree.put("format", Host.FORMAT);
    }

    /// A usual compute node: Debian 12, nothing special, all works.
    static NodeBuilder usual() {
        return new NodeBuilder()
                .known("name", "node01")
                .known("nameResolves", true)
                .known("nameServers", List.of("10.0.0.1"))
                .known("kernel.release", "6.1.0-13-amd64")
                .known("kernel.version", "6.1.0")
                .known("kernel.machine", "x86_64")
                .known("kernel.pageSize", 4096)
                .known("kernel.runs32Bit", true)
                .known("kernel.ptraceScope", 0)
                .known("kernel.seccomp", 0)
                .known("kernel.binfmt", List.of())
                .known("libc.kind", "glibc")
                .known("libc.version", "2.36")
                .known("cpu.model", "AMD EPYC 7763")
                .known("cpu.flags", List.of("sse4_2", "avx2"))
                .known("cpu.level", 3)
                .known("userNamespaces.works", true)
                .known("userNamespaces.groups", List.of(1000))
                .absent("userNamespaces.apparmorRestricts")
                .known("fileSystems.mounts", List.of(mount("/", "ext4"), mount("/home", "nfs4")))
                .list("fileSystems.places", place("temporary", "/tmp", "ext4"))
                .known("fileSystems.sharedMemory", shm(64L << 30))
                .known("fileSystems.fuseDevice", device("/dev/fuse", true))
                .known("fileSystems.squashfuse", "/usr/bin/squashfuse_ll")
                .absent("gpus.nvidia.kernelDriver")
                .absent("gpus.nvidia.userDriver")
                .absent("gpus.amd.module")
                .absent("resourceManager.kind")
                .absent("resourceManager.mpiTypes")
                .absent("resourceManager.munge")
                .absent("fabric.verbsAbi")
                .absent("fabric.libfabric")
                .known(
                        "limits.lockedMemory",
                        Map.of("soft", Long.MAX_VALUE, "hard", Long.MAX_VALUE))
                .known("limits.openFiles", Map.of("soft", 1024, "hard", 524288));
    }

    /// With Slurm 22.05 of Debian 12 and these plugins.
    NodeBuilder slurm(String... types) {
        return known("resourceManager.kind", "slurm")
                .known("resourceManager.mpiTypes", List.of(types))
                .absent("resourceManager.mpiDefault");
    }

    /// With NVIDIA's driver and one A100.
    NodeBuilder nvidia(String driver) {
        return known("gpus.nvidia.kernelDriver", driver)
                .known("gpus.nvidia.userDriver", driver)
                .list("gpus.nvidia.gpus", gpu("NVIDIA A100-SXM4-40GB", "8.0", true))
                .list(
                        "gpus.nvidia.libraries",
                        library("/usr/lib/libcuda.so." + driver, "libcuda.so.1", Map.of()))
                .list(
                        "gpus.nvidia.devices",
                        device("/dev/nvidiactl", true),
                        device("/dev/nvidia-uvm", true),
                        device("/dev/nvidia0", true));
    }

    NodeBuilder known(String path, Object value) {
        return set(path, fact(value, "/facts/" + path));
    }

    NodeBuilder absent(String path) {
        return set(path, fact(null, "/facts/" + path));
    }

    NodeBuilder unknown(String path) {
        Map<String, Object> fact = fact(null, "/facts/" + path);
        fact.put("unknown", "permission denied");
        return set(path, fact);
    }

    NodeBuilder list(String path, Object... values) {
        return set(path, List.of(values));
    }

    NodeBuilder text(String path, String value) {
        return set(path, value);
    }

    Host build() {
        try {
            Path file = Files.createTempFile("node", ".json");
            try {
                Files.writeString(file, tree.toString());
                return Host.read(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, Object> fact(Object value, String source) {
        Map<String, Object> fact = new LinkedHashMap<>();
        fact.put("value", value);
        fact.put("source", source);
        return fact;
    }

    static Map<String, Object> device(String path, boolean opens) {
        return Map.of(
                "path", path,
                "mode", fact("rw-rw----", path),
                "group", fact("render", path),
                "opens", fact(opens, path));
    }

    static Map<String, Object> gpu(String model, String capability, boolean dataCentre) {
        return Map.of(
                "source", "/proc/driver/nvidia/gpus/0000:07:00.0/information",
                "model", fact(model, "information"),
                "computeCapability", fact(capability, "table of PCI numbers"),
                "dataCentre", fact(dataCentre, "table of PCI numbers"));
    }

    static Map<String, Object> mount(String point, String type) {
        return Map.of("point", point, "type", type, "device", type, "options", List.of("rw"));
    }

    static Map<String, Object> place(String name, String path, String type, String... options) {
        return Map.of(
                "name",
                name,
                "path",
                path,
                "type",
                fact(type, "mountinfo"),
                "options",
                List.of(options));
    }

    static Map<String, Object> shm(long bytes) {
        return Map.of("name", "shm", "path", "/dev/shm", "bytes", fact(bytes, "/dev/shm"));
    }

    static Map<String, Object> library(String path, String soname, Map<String, ?> needs) {
        return Map.of(
                "path", path,
                "file", path,
                "soname", soname,
                "needed", List.copyOf(needs.keySet()),
                "versionsNeeded", needs);
    }

    static Map<String, Object> adapter(String name, String driver, String state) {
        return Map.of(
                "name", name,
                "source", "/sys/class/infiniband/" + name,
                "driver", fact(driver, "driver"),
                "abi", fact(1, "abi_version"),
                "ports", List.of(Map.of("number", 1, "state", fact(state, "state"))));
    }

    static Map<String, Object> launcher(String name, String kind, String version) {
        return Map.of(
                "name",
                name,
                "path",
                "/usr/bin/" + name,
                "file",
                "/usr/bin/" + name + "." + kind,
                "kind",
                fact(kind, "/usr/bin/" + name),
                "version",
                fact(version, "/usr/bin/" + name));
    }

    static Map<String, Object> installation(
            String family, String version, String soname, Object... closure) {
        return Map.of(
                "family", family,
                "version", fact(version, "/usr/lib/" + soname),
                "library", library("/usr/lib/" + soname, soname, Map.of()),
                "names", List.of(soname),
                "interfaces", List.of(family.equals("OPEN_MPI") ? "PMIX" : "PMI1"),
                "pluginDirectories", List.of("/usr/lib/openmpi"),
                "functions", List.of("MPI_Init", "MPI_Send", "MPI_Recv", "mpi_init_"),
                "closure", List.of(closure));
    }

    private NodeBuilder set(String path, Object value) {
        String[] parts = path.split("\\.");
        ObjectNode at = tree;
        for (int i = 0; i < parts.length - 1; i++) {
            at = at.get(parts[i]) instanceof ObjectNode known ? known : at.putObject(parts[i]);
        }
        at.set(parts[parts.length - 1], MAPPER.valueToTree(value));
        return this;
    }
}
