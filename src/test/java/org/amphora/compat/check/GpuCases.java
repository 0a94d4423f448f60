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

    private static final String CDI =
            """
            cdiVersion: 0.6.0
            kind: nvidia.com/gpu
            devices: [{name: all, containerEdits: {}}]
            """;

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

    private static Case driver(
            String id, String name, ImageBuilder image, String driver, String expected) {
        return Case.of(id, name, image, usual().nvidia(driver), expected);
    }

    /// @param devices those with a dash in front cannot be opened
    private static Case devices(String name, String expected, String... devices) {
        Object[] list =
                Stream.of(devices)
                        .map(one -> device(one.replaceFirst("^-", ""), !one.startsWith("-")))
                        .toArray();
        return Case.of(
                "NV-NODEV",
                name,
                cuda("12.4"),
                usual().nvidia("550.54.14").list("gpus.nvidia.devices", list),
                expected);
    }

    private static Case description(String name, String text, String expected, String... missing) {
        Map<String, Object> file =
                Map.of(
                        "path", "/etc/cdi/nvidia.yaml",
                        "text", fact(text, "/etc/cdi/nvidia.yaml"),
                        "missing", List.of(missing));
        return Case.of(
                "CDI-STALE",
                name,
                bookworm(),
                usual().nvidia("550.54.14").list("gpus.nvidia.specifications", file),
                expected);
    }

    static Stream<Case> all() {
        Request none = Request.of("tool").with(GpuChoice.NONE);
        return Stream.of(
                driver(
                        "NV-GLVND",
                        "graphics without libglvnd",
                        cuda("12.4").variable("NVIDIA_DRIVER_CAPABILITIES", "compute,graphics"),
                        "550.54.14",
                        "WARN"),
                driver("NV-GLVND", "compute only", cuda("12.4"), "550.54.14", "passed"),
                driver(
                        "NV-DRIVER-TOO-OLD",
                        "CUDA 12.4 on 470",
                        cuda("12.4.1"),
                        "470.57.02",
                        "BLOCK"),
                driver(
                        "NV-DRIVER-TOO-OLD",
                        "CUDA 12.4 on 535: minor versions are compatible",
                        cuda("12.4.1"),
                        "535.161.07",
                        "passed"),
                driver(
                        "NV-DRIVER-TOO-OLD",
                        "CUDA 10.2 has no such compatibility",
                        cuda("10.2"),
                        "418.39",
                        "BLOCK"),
                driver(
                        "NV-DRIVER-TOO-OLD",
                        "with a package in the library path",
                        cuda("12.4").compatibility("550.54.14", true),
                        "470.57.02",
                        "passed"),
                driver(
                        "NV-DRIVER-TOO-OLD",
                        "with a package that is not in the path",
                        cuda("12.4").compatibility("550.54.14", false),
                        "470.57.02",
                        "INFO"),
                driver(
                        "NV-DRIVER-TOO-OLD",
                        "a toolkit of the future",
                        cuda("17.0"),
                        "470.57.02",
                        "unknown"),
                Case.of("NV-DRIVER-TOO-OLD", "no CUDA", bookworm(), usual(), "not applicable"),
                Case.of(
                        "NV-MIXED",
                        "updated without a restart",
                        cuda("12.4"),
                        usual().nvidia("535.161.07").known("gpus.nvidia.userDriver", "550.54.14"),
                        "BLOCK"),
                driver(
                        "NV-MIXED",
                        "driver libraries in the image",
                        cuda("12.4").driverFile("470.57.02"),
                        "550.54.14",
                        "INFO"),
                driver("NV-MIXED", "one version", cuda("12.4"), "550.54.14", "passed"),
                Case.of(
                        "NV-COMPAT",
                        "package on a desktop card",
                        cuda("12.4").compatibility("550.54.14", true),
                        usual().nvidia("535.161.07")
                                .list("gpus.nvidia.gpus", gpu("GeForce RTX 3090", "8.6", false)),
                        "INFO"),
                driver(
                        "NV-COMPAT",
                        "package as old as the driver",
                        cuda("12.4").compatibility("550.54.14", true),
                        "550.54.14",
                        "INFO"),
                driver(
                        "NV-COMPAT",
                        "package on a data-centre card",
                        cuda("12.4").compatibility("550.54.14", true),
                        "535.161.07",
                        "passed"),
                driver(
                        "NV-ARCH",
                        "code for Volta on Ampere",
                        cuda("12.4").code("/opt/app", "sm_70"),
                        "550.54.14",
                        "BLOCK"),
                driver(
                        "NV-ARCH",
                        "one of two files lacks it",
                        cuda("12.4").code("/opt/app", "sm_80").code("/opt/lib.so", "sm_70"),
                        "550.54.14",
                        "WARN"),
                driver(
                        "NV-ARCH",
                        "portable code of an older chip",
                        cuda("12.4").code("/opt/app", "compute_70"),
                        "550.54.14",
                        "passed"),
                driver(
                        "NV-PTX-222",
                        "portable code only, older driver",
                        cuda("12.4").code("/opt/app", "compute_70"),
                        "535.161.07",
                        "BLOCK"),
                driver(
                        "NV-PTX-222",
                        "machine code is there",
                        cuda("12.4").code("/opt/app", "sm_80", "compute_80"),
                        "535.161.07",
                        "passed"),
                Case.of("NV-NODEV", "CUDA image on a CPU node", cuda("12.4"), usual(), "WARN"),
                Case.of(
                        "NV-NODEV",
                        "asked for on a CPU node",
                        cuda("12.4"),
                        usual(),
                        Request.of("tool").with(GpuChoice.NVIDIA),
                        "BLOCK"),
                devices(
                        "the job has no GPU",
                        "BLOCK",
                        "/dev/nvidiactl",
                        "/dev/nvidia-uvm",
                        "-/dev/nvidia0"),
                devices("no unified memory device", "BLOCK", "/dev/nvidiactl"),
                devices(
                        "NVSwitch without fabric manager",
                        "BLOCK",
                        "/dev/nvidiactl",
                        "/dev/nvidia-uvm",
                        "/dev/nvidia0",
                        "/dev/nvidia-nvswitchctl"),
                driver("NV-NODEV", "all there", cuda("12.4"), "550.54.14", "passed"),
                Case.of("NV-NODEV", "not wanted", cuda("12.4"), usual(), none, "not applicable"),
                driver(
                        "NV-LEGACY-REQUIRE",
                        "stated and not met",
                        cuda("12.4").requirement("NVIDIA_REQUIRE_CUDA", "cuda>=12.4"),
                        "535.161.07",
                        "WARN"),
                driver(
                        "NV-LEGACY-REQUIRE",
                        "an alternative holds",
                        cuda("12.4")
                                .requirement(
                                        "NVIDIA_REQUIRE_CUDA",
                                        "cuda>=12.4 brand=tesla,driver>=535,driver<536"),
                        "535.161.07",
                        "passed"),
                description("paths of the last driver", CDI, "WARN", "/usr/lib/libcuda.so.535"),
                description("not valid", CDI + "extra: 1", "WARN"),
                description("all paths exist", CDI, "passed"),
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
