// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.Cuda;
import org.amphora.host.Gpus.NvidiaGpu;

/// R2.5: the image has no code for this GPU.
final class NvArch {

    static final Check CHECK =
            new Check(
                    "NV-ARCH",
                    "R2.5",
                    Severity.BLOCK,
                    "The image has no code for this GPU",
                    """
                    A program holds machine code (SASS) for some GPU generations and perhaps portable
                    code (PTX). Machine code runs on GPUs of the same major version and the same or a
                    higher minor one; PTX runs on all newer ones.
                    """,
                    "CUDA C++ programming guide, binary and PTX compatibility; fatbin "
                            + "entries as cuobjdump lists them",
                    NvArch::look);

    private NvArch() {}

    private static Outcome look(Situation s) {
        if (!s.wantsNvidia()) {
            return Outcome.notApplicable("no NVIDIA GPU is wanted");
        }
        List<Cuda.DeviceCode> files =
                s.contents().cuda().deviceCode().stream()
                        .filter(file -> !file.code().codes().isEmpty())
                        .toList();
        if (files.isEmpty()) {
            return Outcome.notApplicable("no program of the image carries GPU code");
        }
        List<NvidiaGpu> gpus = s.host().gpus().nvidia().gpus();
        if (gpus.isEmpty()) {
            return Outcome.notApplicable("this node shows no NVIDIA GPU");
        }
        for (NvidiaGpu gpu : gpus) {
            Optional<Integer> capability = GpuCode.capability(gpu);
            if (capability.isEmpty()) {
                return Outcome.unknown(
                        "the compute capability of "
                                + gpu.model().orElse("the GPU")
                                + ": "
                                + gpu.computeCapability());
            }
            List<Cuda.DeviceCode> without =
                    files.stream()
                            .filter(file -> !GpuCode.runs(file.code(), capability.get()))
                            .toList();
            if (!without.isEmpty()) {
                return missing(gpu, without, files.size());
            }
        }
        return Outcome.passed(
                "all "
                        + files.size()
                        + " files with GPU code have some for "
                        + Evidence.some(
                                gpus.stream()
                                        .map(gpu -> "sm_" + GpuCode.capability(gpu).orElse(0))
                                        .distinct()
                                        .toList()));
    }

    private static Outcome missing(NvidiaGpu gpu, List<Cuda.DeviceCode> without, int all) {
        if (without.stream().anyMatch(file -> !file.code().complete())) {
            return Outcome.unknown(
                    "all GPU code of "
                            + without.getFirst().path()
                            + ": it holds more than was looked at");
        }
        int capability = GpuCode.capability(gpu).orElse(0);
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(gpu.model()));
        evidence.add(Evidence.of(gpu.computeCapability()));
        without.stream()
                .limit(4)
                .forEach(
                        file ->
                                evidence.add(
                                        Evidence.image(
                                                file.path(), Evidence.some(file.code().codes()))));
        boolean none = without.size() == all;
        return Outcome.found(
                none ? Severity.BLOCK : Severity.WARN,
                (none
                                ? "Nothing in the image"
                                : without.size()
                                        + " of "
                                        + all
                                        + " files with GPU code do not have any that")
                        + (none ? " has code that" : "")
                        + " runs on "
                        + gpu.model().orElse("this GPU")
                        + " (sm_"
                        + capability
                        + ").",
                evidence,
                "no kernel image is available for execution on the device",
                new Fix.Advice(
                        "rebuild with -gencode arch=compute_"
                                + capability
                                + ",code=sm_"
                                + capability
                                + " (PyTorch extensions: TORCH_CUDA_ARCH_LIST="
                                + capability / 10
                                + "."
                                + capability % 10
                                + "), or take a newer image"));
    }
}
