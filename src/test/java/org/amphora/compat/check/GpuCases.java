// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.amphora.compat.check.ImageBuilder.bookworm;
import static org.amphora.compat.check.NodeBuilder.device;
import static org.amphora.compat.check.NodeBuilder.fact;
import static org.amphora.compat.check.NodeBuilder.gpu;
import static org.amphora.compat.check.NodeBuilder.usual;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.amphora.compat.check.Request.GpuChoice;

/// NVIDIA and AMD.
final class GpuCases {

    private GpuCases() {}

    private static ImageBuilder cuda(String version) {
        return bookworm().cuda(version);
    }

    private static NodeBuilder amd(boolean opens) {
        return usual().known("gpus.amd.module", true)
                .list("gpus.amd.devices", device("/dev/kfd", opens))
                .list(
                        "gpus.amd.gpus",
                        Map.of("source", "nodes/1", "gfx", fact("gfx90a", "nodes/1")));
    }

    static Stream<Case> all() {
        Request none = Request.of("tool").with(GpuChoice.NONE);
        return Stream.of(
                Case.of(
                        "NV-GLVND",
                        "graphics without libglvnd",
                        cuda("12.4").variable("NVIDIA_DRIVER_CAPABILITIES", "compute,graphics"),
                        usual().nvidia("550.54.14"),
                        "WARN"),
                Case.of(
                        "NV-GLVND",
                        "compute only",
                        cuda("12.4"),
                        usual().nvidia("550.54.14"),
                        "passed"),
                Case.of(
                        "NV-DRIVER-TOO-OLD",
                        "CUDA 12.4 on 470",
                        cuda("12.4.1"),
                        usual().nvidia("470.57.02"),
                        "BLOCK"),
                Case.of(
                        "NV-DRIVER-TOO-OLD",
                        "CUDA 12.4 on 535: minor versions are compatible",
                        cuda("12.4.1"),
                        usual().nvidia("535.161.07"),
                        "passed"),
                Case.of(
                        "NV-DRIVER-TOO-OLD",
                        "CUDA 10.2 has no such compatibility",
                        cuda("10.2"),
                        usual().nvidia("418.39"),
                        "BLOCK"),
                Case.of(
                        "NV-DRIVER-TOO-OLD",
                        "with a package in the library path",
                        cuda("12.4").compatibility("550.54.14", true),
                        usual().nvidia("470.57.02"),
                        "passed"),
                Case.of(
                        "NV-DRIVER-TOO-OLD",
                        "with a package that is not in the path",
                        cuda("12.4").compatibility("550.54.14", false),
                        usual().nvidia("470.57.02"),
                        "BLOCK"),
                Case.of(
                        "NV-DRIVER-TOO-OLD",
                        "a toolkit of the future",
                        cuda("17.0"),
                        usual().nvidia("470.57.02"),
                        "unknown"),
                Case.of("NV-DRIVER-TOO-OLD", "no CUDA", bookworm(), usual(), "not applicable"),
                Case.of(
                        "NV-MIXED",
                        "updated without a restart",
                        cuda("12.4"),
                        usual().nvidia("535.161.07").known("gpus.nvidia.userDriver", "550.54.14"),
                        "BLOCK"),
                Case.of(
                        "NV-MIXED",
                        "driver libraries in the image",
                        cuda("12.4").driverFile("470.57.02"),
                        usual().nvidia("550.54.14"),
                        "WARN"),
                Case.of(
                        "NV-MIXED",
                        "one version",
                        cuda("12.4"),
                        usual().nvidia("550.54.14"),
                        "passed"),
                Case.of(
                        "NV-COMPAT",
                        "package on a desktop card",
                        cuda("12.4").compatibility("550.54.14", true),
                        usual().nvidia("535.161.07")
                                .list("gpus.nvidia.gpus", gpu("GeForce RTX 3090", "8.6", false)),
                        "BLOCK"),
                Case.of(
                        "NV-COMPAT",
                        "package as old as the driver",
                        cuda("12.4").compatibility("550.54.14", true),
                        usual().nvidia("550.54.14"),
                        "BLOCK"),
                Case.of(
                        "NV-COMPAT",
                        "package on a data-centre card",
                        cuda("12.4").compatibility("550.54.14", true),
                        usual().nvidia("535.161.07"),
                        "passed"),
                Case.of(
                        "NV-ARCH",
                        "code for Volta on Ampere",
                        cuda("12.4").code("/opt/app", "sm_70"),
                        usual().nvidia("550.54.14"),
                        "BLOCK"),
                Case.of(
                        "NV-ARCH",
                        "one of two files lacks it",
                        cuda("12.4").code("/opt/app", "sm_80").code("/opt/lib.so", "sm_70"),
                        usual().nvidia("550.54.14"),
                        "WARN"),
                Case.of(
                        "NV-ARCH",
                        "portable code of an older chip",
                        cuda("12.4").code("/opt/app", "compute_70"),
                        usual().nvidia("550.54.14"),
                        "passed"),
                Case.of(
                        "NV-PTX-222",
                        "portable code only, older driver",
                        cuda("12.4").code("/opt/app", "compute_70"),
                        usual().nvidia("535.161.07"),
                        "BLOCK"),
                Case.of(
                        "NV-PTX-222",
                        "machine code is there",
                        cuda("12.4").code("/opt/app", "sm_80", "compute_80"),
                        usual().nvidia("535.161.07"),
                        "passed"),
                Case.of("NV-NODEV", "CUDA image on a CPU node", cuda("12.4"), usual(), "WARN"),
                Case.of(
                        "NV-NODEV",
                        "asked for on a CPU node",
                        cuda("12.4"),
                        usual(),
                        Request.of("tool").with(GpuChoice.NVIDIA),
                        "BLOCK"),
                Case.of(
                        "NV-NODEV",
                        "the job has no GPU",
                        cuda("12.4"),
                        usual().nvidia("550.54.14")
                                .list(
                                        "gpus.nvidia.devices",
                                        device("/dev/nvidiactl", true),
                                        device("/dev/nvidia-uvm", true),
                                        device("/dev/nvidia0", false)),
                        "BLOCK"),
                Case.of(
                        "NV-NODEV",
                        "no unified memory device",
                        cuda("12.4"),
                        usual().nvidia("550.54.14")
                                .list("gpus.nvidia.devices", device("/dev/nvidiactl", true)),
                        "BLOCK"),
                Case.of(
                        "NV-NODEV",
                        "NVSwitch without fabric manager",
                        cuda("12.4"),
                        usual().nvidia("550.54.14")
                                .list(
                                        "gpus.nvidia.devices",
                                        device("/dev/nvidiactl", true),
                                        device("/dev/nvidia-uvm", true),
                                        device("/dev/nvidia0", true),
                                        device("/dev/nvidia-nvswitchctl", true)),
                        "BLOCK"),
                Case.of(
                        "NV-NODEV",
                        "all there",
                        cuda("12.4"),
                        usual().nvidia("550.54.14"),
                        "passed"),
                Case.of("NV-NODEV", "not wanted", cuda("12.4"), usual(), none, "not applicable"),
                Case.of(
                        "NV-LEGACY-REQUIRE",
                        "stated and not met",
                        cuda("12.4").requirement("NVIDIA_REQUIRE_CUDA", "cuda>=12.4"),
                        usual().nvidia("535.161.07"),
                        "WARN"),
                Case.of(
                        "NV-LEGACY-REQUIRE",
                        "an alternative holds",
                        cuda("12.4")
                                .requirement(
                                        "NVIDIA_REQUIRE_CUDA",
                                        "cuda>=12.4 brand=tesla,driver>=535,driver<536"),
                        usual().nvidia("535.161.07"),
                        "passed"),
                Case.of(
                        "CDI-STALE",
                        "paths of the last driver",
                        bookworm(),
                        usual().nvidia("550.54.14")
                                .list(
                                        "gpus.nvidia.specifications",
                                        Map.of(
                                                "path", "/etc/cdi/nvidia.yaml",
                                                "text", fact("cdiVersion: 0.5.0", "x"),
                                                "missing", List.of("/usr/lib/libcuda.so.535"))),
                        "WARN"),
                Case.of(
                        "CDI-STALE",
                        "all paths exist",
                        bookworm(),
                        usual().nvidia("550.54.14")
                                .list(
                                        "gpus.nvidia.specifications",
                                        Map.of(
                                                "path",
                                                "/etc/cdi/nvidia.yaml",
                                                "text",
                                                fact("cdiVersion: 0.5.0", "x"))),
                        "passed"),
                Case.of(
                        "ROCM-KFD",
                        "not in the group",
                        bookworm().rocm("6.2"),
                        amd(false),
                        "BLOCK"),
                Case.of("ROCM-KFD", "no AMD GPU", bookworm().rocm("6.2"), usual(), "WARN"),
                Case.of("ROCM-KFD", "may open it", bookworm().rocm("6.2"), amd(true), "passed"),
                Case.of(
                        "ROCM-KMD-RANGE",
                        "ROCm 7 on a driver of 6.0",
                        bookworm().rocm("7.0.1"),
                        amd(true).known("gpus.amd.moduleVersion", "6.0.5"),
                        "WARN"),
                Case.of(
                        "ROCM-KMD-RANGE",
                        "ROCm 6.2 on a driver of 6.0",
                        bookworm().rocm("6.2.4"),
                        amd(true).known("gpus.amd.moduleVersion", "6.0.5"),
                        "passed"),
                Case.of(
                        "GFX-MISSING",
                        "code for another chip",
                        bookworm().rocm("6.2", "gfx1100"),
                        amd(true),
                        "BLOCK"),
                Case.of(
                        "GFX-MISSING",
                        "code for this chip with a feature",
                        bookworm().rocm("6.2", "gfx90a:xnack-"),
                        amd(true),
                        "passed"));
    }
}
