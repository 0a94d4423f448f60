// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.util.ArrayList;
import java.util.List;
import org.amphora.host.Fabric;
import org.amphora.host.Gpus;
import org.amphora.host.Host;
import org.amphora.host.Limits;
import org.amphora.host.ResourceManager;

/// What parallel and delivered applications find here: GPUs, fabrics, scheduler, modules.
final class ClusterFindings {

    /// What registering the buffers of a few ranks takes at least.
    private static final long LOCKED_MEMORY = 64L << 20;

    private ClusterFindings() {}

    static List<Finding> of(Host host) {
        List<Finding> findings = new ArrayList<>();
        if (host.gpus().nvidia().isPresent()) {
            findings.add(nvidia(host.gpus().nvidia()));
        }
        if (!host.fabric().adapters().isEmpty()) {
            findings.add(fabric(host.fabric(), host.limits()));
        }
        findings.add(scheduler(host.resourceManager()));
        findings.add(modules(host.resourceManager()));
        return findings;
    }

    private static Finding nvidia(Gpus.Nvidia seen) {
        String kernel = seen.kernelDriver().orElse("");
        String user = seen.userDriver().orElse("");
        if (kernel.isEmpty()) {
            return Finding.bad(
                    "nvidia",
                    "there are devices, but " + seen.kernelDriver(),
                    "load the driver: nvidia-modprobe, or reboot");
        }
        if (user.isEmpty()) {
            return Finding.bad(
                    "nvidia",
                    "driver " + kernel + " without its libcuda",
                    "install the driver's libraries of version " + kernel);
        }
        if (!kernel.equals(user)) {
            return Finding.bad(
                    "nvidia",
                    "loaded driver " + kernel + ", libraries " + user,
                    "reboot, or reload the driver: it was upgraded under way");
        }
        if (seen.devices().stream().noneMatch(device -> device.path().equals("/dev/nvidia-uvm"))) {
            return Finding.warn(
                    "nvidia",
                    "/dev/nvidia-uvm is missing; CUDA answers \"unknown error\" (999)",
                    "nvidia-modprobe -u -c=0 at boot, or start nvidia-persistenced");
        }
        return Finding.ok("nvidia", seen.gpus().size() + " GPUs, driver " + kernel);
    }

    private static Finding fabric(Fabric seen, Limits limits) {
        List<String> active = seen.active().stream().map(Fabric.Adapter::name).toList();
        if (active.isEmpty()) {
            return Finding.warn(
                    "fabric",
                    seen.adapters().size() + " adapters, no port is active",
                    "look at the cable and the subnet manager; /sys/class/infiniband/*/ports/*");
        }
        long locked = limits.lockedMemory().map(Limits.Limit::soft).orElse(Long.MAX_VALUE);
        return locked < LOCKED_MEMORY
                ? Finding.warn(
                        "fabric",
                        String.join(", ", active)
                                + " active, but only "
                                + (locked >> 10)
                                + " KiB may be locked",
                        "ulimit -l unlimited; for jobs LimitMEMLOCK=infinity in slurmd's unit")
                : Finding.ok("fabric", String.join(", ", active) + " active");
    }

    private static Finding scheduler(ResourceManager seen) {
        if (!seen.kind().isKnown()) {
            return seen.kind().isAbsent()
                    ? Finding.ok("scheduler", "none; jobs run on this machine")
                    : Finding.warn(
                            "scheduler", seen.kind().toString(), "look for its client commands");
        }
        List<String> types = seen.mpiTypes().orElse(List.of());
        return Finding.ok(
                "scheduler",
                seen.kind().orElse("")
                        + (types.isEmpty() ? "" : ", srun --mpi=" + String.join("|", types)));
    }

    private static Finding modules(ResourceManager seen) {
        return seen.moduleTool().isKnown()
                ? Finding.ok("modules", seen.moduleTool().orElse(""))
                : Finding.warn(
                        "modules",
                        seen.moduleTool().isAbsent()
                                ? "neither Lmod nor Environment Modules"
                                : seen.moduleTool().toString(),
                        "install lmod or environment-modules, to offer applications as modules");
    }
}
