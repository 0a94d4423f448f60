// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.elf.Version;
import org.amphora.host.Device;
import org.amphora.host.Gpus.Nvidia;

/// R2.1, R2.6, R2.7, R2.9: no NVIDIA device can be used.
final class NvNodev {

    static final Check CHECK =
            new Check(
                    "NV-NODEV",
                    "R2.1, R2.6, R2.7, R2.9",
                    Severity.BLOCK,
                    "No NVIDIA device can be used",
                    """
                    A GPU is usable when the kernel module is loaded, the device files exist, the
                    resource manager lets this job open them, and, on machines with NVSwitch, the fabric
                    manager runs. A container cannot create missing device files: the set-uid helper of
                    the driver does not work inside.
                    """,
                    "CUDA driver API error codes 35, 100, 802, 999; apptainer gpu.rst; "
                            + "slurm cgroup.conf ConstrainDevices",
                    NvNodev::look);

    private NvNodev() {}

    private static Outcome look(Situation s) {
        if (!s.wantsNvidia()) {
            return Outcome.notApplicable("no NVIDIA GPU is wanted");
        }
        Nvidia nvidia = s.host().gpus().nvidia();
        if (nvidia.kernelDriver().isUnknown()) {
            return Outcome.unknown("whether the driver is loaded: " + nvidia.kernelDriver());
        }
        if (nvidia.kernelDriver().isAbsent()) {
            return noDriver(s, nvidia);
        }
        for (String path : List.of("/dev/nvidiactl", "/dev/nvidia-uvm")) {
            if (nvidia.devices().stream().noneMatch(device -> device.path().equals(path))) {
                return missing(nvidia, path);
            }
        }
        List<Device> cards =
                nvidia.devices().stream()
                        .filter(device -> device.path().matches("/dev/nvidia[0-9]+"))
                        .toList();
        if (cards.isEmpty()) {
            return missing(nvidia, "/dev/nvidia0");
        }
        if (cards.stream()
                .allMatch(card -> card.opens().value().filter(opens -> !opens).isPresent())) {
            return Outcome.found(
                    Severity.BLOCK,
                    "This node has "
                            + cards.size()
                            + " NVIDIA GPU device files, and none may be opened: the job did not ask for a GPU.",
                    cards.stream()
                            .limit(4)
                            .map(
                                    card ->
                                            new Evidence(
                                                    card.path(),
                                                    "mode "
                                                            + card.mode().orElse("unknown")
                                                            + ", open refused"))
                            .toList(),
                    "no CUDA-capable device is detected",
                    new Fix.Command("srun --gpus=1 amphora exec IMAGE …"));
        }
        boolean switched =
                nvidia.devices().stream()
                        .anyMatch(device -> device.path().startsWith("/dev/nvidia-nvswitch"));
        if (switched
                && nvidia.sockets().stream()
                        .noneMatch(socket -> socket.contains("fabricmanager"))) {
            return Outcome.found(
                    Severity.BLOCK,
                    "This node has NVSwitch but no running fabric manager, so CUDA does not start.",
                    List.of(
                            new Evidence("/dev/nvidia-nvswitchctl", "present"),
                            new Evidence("/run/nvidia-fabricmanager/socket", "none")),
                    "Error 802: system not yet initialized",
                    new Fix.Command(
                            "systemctl enable --now nvidia-fabricmanager   # as administrator"));
        }
        return Outcome.passed(
                cards.size() + " GPU device files with driver " + nvidia.kernelDriver().orElse(""));
    }

    private static Outcome noDriver(Situation s, Nvidia nvidia) {
        boolean asked = s.request().gpu() == Request.GpuChoice.NVIDIA;
        String code =
                s.contents().cuda().users().stream()
                        .findFirst()
                        .map(user -> user + " loads libcuda")
                        .orElse(
                                "CUDA "
                                        + s.contents()
                                                .cuda()
                                                .toolkit()
                                                .map(Version::toString)
                                                .orElse(""));
        return Outcome.found(
                asked ? Severity.BLOCK : Severity.WARN,
                asked
                        ? "An NVIDIA GPU is asked for and this node has no NVIDIA driver."
                        : "The image is made for NVIDIA GPUs and this node has none; what needs one will fail.",
                List.of(Evidence.of(nvidia.kernelDriver()), new Evidence("image", code)),
                "libcuda.so.1: cannot open shared object file: No such file or directory",
                new Fix.Command("srun --gpus=1 amphora exec --nv IMAGE …   # on a node with GPUs"));
    }

    private static Outcome missing(Nvidia nvidia, String path) {
        return Outcome.found(
                Severity.BLOCK,
                "The NVIDIA driver is loaded but "
                        + path
                        + " does not exist, and a container cannot create it.",
                List.of(Evidence.of(nvidia.kernelDriver()), new Evidence(path, "none")),
                path.endsWith("uvm")
                        ? "CUDA_ERROR_UNKNOWN: unknown error"
                        : "no CUDA-capable device is detected",
                new Fix.Command(
                        "nvidia-modprobe -u -c=0   # as administrator on the node, or run nvidia-persistenced"));
    }
}
