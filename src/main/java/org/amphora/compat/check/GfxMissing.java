// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.contents.OtherGpu;
import org.amphora.host.Gpus.AmdGpu;

/// R3.3: the image has no code for this AMD GPU.
final class GfxMissing {

    static final Check CHECK =
            new Check(
                    "GFX-MISSING",
                    "R3.3",
                    Severity.BLOCK,
                    "The image has no code for this AMD GPU",
                    """
                    AMD programs hold code objects for exact chips (gfx90a, gfx942); there is no
                    portable form as with PTX.
                    """,
                    "LLVM AMDGPU usage, processors and code object target ids",
                    GfxMissing::look);

    private GfxMissing() {}

    private static Outcome look(Situation s) {
        if (!s.wantsAmd()) {
            return Outcome.notApplicable("no AMD GPU is wanted");
        }
        List<OtherGpu.DeviceCode> files =
                s.contents().otherGpu().rocm().map(OtherGpu.Rocm::deviceCode).orElse(List.of());
        List<AmdGpu> gpus = s.host().gpus().amd().gpus();
        if (files.isEmpty() || gpus.isEmpty()) {
            return Outcome.notApplicable(
                    files.isEmpty()
                            ? "no program of the image carries code for AMD GPUs"
                            : "this node shows no AMD GPU");
        }
        for (AmdGpu gpu : gpus) {
            if (gpu.gfx().value().isEmpty()) {
                return Outcome.unknown("which chip the GPU is: " + gpu.gfx());
            }
            String gfx = gpu.gfx().orElse("");
            List<OtherGpu.DeviceCode> without =
                    files.stream().filter(file -> !has(file, gfx)).toList();
            if (without.stream().anyMatch(file -> !file.complete())) {
                return Outcome.unknown(
                        "all GPU code of "
                                + without.getFirst().path()
                                + ": it holds more than was looked at");
            }
            if (!without.isEmpty()) {
                return finding(gpu, without, files.size());
            }
        }
        return Outcome.passed(
                "all "
                        + files.size()
                        + " files with GPU code have some for "
                        + gpus.getFirst().gfx().orElse(""));
    }

    /// `gfx90a:xnack-` is for gfx90a; `gfx11-generic` may be for this chip.
    private static boolean has(OtherGpu.DeviceCode file, String gfx) {
        return file.targets().stream()
                .anyMatch(
                        target ->
                                target.equals(gfx)
                                        || target.startsWith(gfx + ":")
                                        || target.contains("generic"));
    }

    private static Outcome finding(AmdGpu gpu, List<OtherGpu.DeviceCode> without, int all) {
        String gfx = gpu.gfx().orElse("");
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(gpu.gfx()));
        without.stream()
                .limit(4)
                .forEach(
                        file ->
                                evidence.add(
                                        Evidence.image(
                                                file.path(), Evidence.some(file.targets()))));
        return Outcome.found(
                without.size() == all ? Severity.BLOCK : Severity.WARN,
                without.size()
                        + " of "
                        + all
                        + " files with GPU code have none for "
                        + gfx
                        + ", this node's chip.",
                evidence,
                "hipErrorNoBinaryForGpu: Unable to find code object for all current devices!",
                new Fix.Advice(
                        "rebuild with --offload-arch="
                                + gfx
                                + "; a related chip may do with HSA_OVERRIDE_GFX_VERSION, untested"));
    }
}
