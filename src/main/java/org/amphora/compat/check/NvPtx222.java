// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.Cuda;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.NvidiaGpu;

/// R2.2: portable GPU code is newer than the driver.
final class NvPtx222 {

    static final Check CHECK =
            new Check(
                    "NV-PTX-222",
                    "R2.2",
                    Severity.BLOCK,
                    "Portable GPU code is newer than the driver",
                    """
                    With an older driver of the same major version CUDA programs run as long as they
                    have machine code for the GPU. Portable code (PTX) must be compiled by the driver,
                    which does not understand what a newer toolkit wrote.
                    """,
                    "CUDA compatibility guide, minor version compatibility limitations; "
                            + "NVIDIA/nvbandwidth#61, qulacs#627",
                    NvPtx222::look);

    private NvPtx222() {}

    private static Outcome look(Situation s) {
        if (!s.bringsNvidia()) {
            return Outcome.notApplicable("no NVIDIA driver is brought in");
        }
        Version driver =
                s.host()
                        .gpus()
                        .nvidia()
                        .kernelDriver()
                        .value()
                        .flatMap(Version::leading)
                        .orElse(null);
        Version toolkit = s.contents().cuda().toolkit().orElse(null);
        if (s.contents().cuda().deviceCode().isEmpty()) {
            return Outcome.notApplicable("no program of the image carries GPU code");
        }
        if (driver == null || toolkit == null) {
            return Outcome.unknown(
                    driver == null
                            ? "the driver's version: " + s.host().gpus().nvidia().kernelDriver()
                            : "the image's CUDA version");
        }
        Version shipped = CudaTable.driverOf(toolkit).orElse(null);
        if (shipped == null) {
            return Outcome.unknown(
                    "which driver CUDA "
                            + toolkit
                            + " needs; the table goes to "
                            + CudaTable.newest());
        }
        if (driver.isAtLeast(shipped)) {
            return Outcome.passed("driver " + driver + " compiles PTX of CUDA " + toolkit);
        }
        for (NvidiaGpu gpu : s.host().gpus().nvidia().gpus()) {
            Optional<Integer> capability = GpuCode.capability(gpu);
            if (capability.isEmpty()) {
                return Outcome.unknown(
                        "the compute capability of "
                                + gpu.model().orElse("the GPU")
                                + ": "
                                + gpu.computeCapability());
            }
            List<Cuda.DeviceCode> portable =
                    s.contents().cuda().deviceCode().stream()
                            .filter(file -> GpuCode.onlyByPtx(file.code(), capability.get()))
                            .toList();
            if (!portable.isEmpty()) {
                return finding(s, gpu, portable, driver, toolkit, shipped);
            }
        }
        return Outcome.passed(
                "machine code for the GPUs of this node is there, so the driver has nothing to compile");
    }

    private static Outcome finding(
            Situation s,
            NvidiaGpu gpu,
            List<Cuda.DeviceCode> portable,
            Version driver,
            Version toolkit,
            Version shipped) {
        boolean none = portable.size() == s.contents().cuda().deviceCode().size();
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(s.host().gpus().nvidia().kernelDriver()));
        evidence.add(Evidence.of(gpu.computeCapability()));
        portable.stream()
                .limit(4)
                .forEach(
                        file ->
                                evidence.add(
                                        Evidence.image(
                                                file.path(), Evidence.some(file.code().codes()))));
        return Outcome.found(
                none ? Severity.BLOCK : Severity.WARN,
                portable.getFirst().path()
                        + " has only portable code for "
                        + gpu.model().orElse("this GPU")
                        + ", written by CUDA "
                        + toolkit
                        + "; compiling it takes driver "
                        + shipped
                        + ", this node has "
                        + driver
                        + ".",
                evidence,
                "the provided PTX was compiled with an unsupported toolchain",
                new Fix.Advice(
                        "rebuild with machine code for sm_"
                                + GpuCode.capability(gpu).orElse(0)
                                + ", take an image with "
                                + CudaTable.newestFor(driver)
                                        .map(version -> "CUDA " + version)
                                        .orElse("an older CUDA")
                                + " or older, or update the driver"));
    }
}
