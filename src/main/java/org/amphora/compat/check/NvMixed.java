// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.Cuda;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.Nvidia;

/// R2.4: kernel module and driver libraries differ.
final class NvMixed {

    static final Check CHECK =
            new Check(
                    "NV-MIXED",
                    "R2.4",
                    Severity.BLOCK,
                    "Kernel module and driver libraries differ",
                    """
                    The NVIDIA driver has two halves that must have the same version: the kernel module,
                    and libcuda with its companions. They differ after an update without a restart, or
                    when an image carries driver libraries of its own that are found first.
                    """,
                    "strings of libcuda 470 to 550; nvidia-docker#365, #584; "
                            + "libnvidia-container toolkit#171, #394",
                    NvMixed::look);

    private NvMixed() {}

    private static Outcome look(Situation s) {
        if (!s.wantsNvidia()) {
            return Outcome.notApplicable("no NVIDIA GPU is wanted");
        }
        Nvidia nvidia = s.host().gpus().nvidia();
        Version module = nvidia.kernelDriver().value().flatMap(Version::leading).orElse(null);
        Version user = nvidia.userDriver().value().flatMap(Version::leading).orElse(null);
        if (nvidia.kernelDriver().isAbsent()) {
            return Outcome.notApplicable("this node has no NVIDIA driver, see NV-NODEV");
        }
        if (module == null) {
            return Outcome.unknown("the kernel module's version: " + nvidia.kernelDriver());
        }
        if (user == null) {
            return Outcome.unknown("the version of the node's libcuda: " + nvidia.userDriver());
        }
        if (!module.equals(user)) {
            return Outcome.found(
                    Severity.BLOCK,
                    "This node's NVIDIA kernel module is "
                            + module
                            + " but its libcuda is "
                            + user
                            + ": the driver was updated without a restart.",
                    List.of(Evidence.of(nvidia.kernelDriver()), Evidence.of(nvidia.userDriver())),
                    "Failed to initialize NVML: Driver/library version mismatch",
                    new Fix.Advice(
                            "as administrator: reboot the node, or stop all GPU programs and reload the module (modprobe -r nvidia_uvm nvidia_drm nvidia_modeset nvidia; modprobe nvidia)"));
        }
        List<Cuda.DriverFile> other =
                s.contents().cuda().driverFiles().stream()
                        .filter(file -> !file.driver().equals(module))
                        .toList();
        if (other.isEmpty()) {
            return Outcome.passed("module and libcuda are both " + module);
        }
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(nvidia.kernelDriver()));
        other.stream()
                .limit(4)
                .forEach(
                        file ->
                                evidence.add(
                                        Evidence.image(file.path(), "driver " + file.driver())));
        Optional<String> shadowed =
                Mending.note(s, other.getFirst().path() + " gives way to the driver's");
        return Outcome.found(
                shadowed.isPresent() ? Severity.INFO : Severity.WARN,
                "The image carries libraries of driver "
                        + other.getFirst().driver()
                        + ", while this node's kernel module is "
                        + module
                        + ".",
                evidence,
                "NVIDIA: API mismatch: the NVIDIA kernel module has version "
                        + module
                        + ", but this NVIDIA driver component has version "
                        + other.getFirst().driver(),
                shadowed.map(note -> (Fix) new Fix.Automatic(note))
                        .orElseGet(() -> remove(other.getFirst().path())));
    }

    private static Fix remove(String path) {
        return new Fix.Command(
                "rm "
                        + path
                        + "   # in the recipe's %post, with the other libnvidia-* and libcuda files of a driver");
    }
}
