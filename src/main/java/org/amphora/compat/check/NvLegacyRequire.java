// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.elf.Version;

/// 2.2: the image states a driver that this node does not have.
final class NvLegacyRequire {

    static final Check CHECK =
            new Check(
                    "NV-LEGACY-REQUIRE",
                    "2.2",
                    Severity.WARN,
                    "The image states a driver that this node does not have",
                    """
                    Images say in `NVIDIA_REQUIRE_CUDA` and similar variables what they were made for:
                    terms separated by commas must all hold, groups separated by spaces are
                    alternatives. Other runtimes refuse to start when none holds; Amphora starts and
                    tells.
                    """,
                    "nvidia-container-toolkit internal/requirements and "
                            + "internal/config/image/cuda_image.go",
                    NvLegacyRequire::look);

    private NvLegacyRequire() {}

    private static Outcome look(Situation s) {
        if (!s.bringsNvidia()) {
            return Outcome.notApplicable("no NVIDIA driver is brought in");
        }
        Map<String, String> all = s.contents().cuda().requirements();
        if (all.keySet().stream().noneMatch(name -> name.startsWith("NVIDIA_REQUIRE_"))) {
            return Outcome.notApplicable("the image states no requirement");
        }
        if (s.request().variable("NVIDIA_DISABLE_REQUIRE").equals("true")
                || all.getOrDefault("NVIDIA_DISABLE_REQUIRE", "").equals("true")) {
            return Outcome.notApplicable("NVIDIA_DISABLE_REQUIRE is set");
        }
        Version driver =
                s.host()
                        .gpus()
                        .nvidia()
                        .kernelDriver()
                        .value()
                        .flatMap(Version::leading)
                        .orElse(null);
        if (driver == null) {
            return Outcome.unknown(
                    "the driver's version: " + s.host().gpus().nvidia().kernelDriver());
        }
        NvidiaRequirement.Node node =
                new NvidiaRequirement.Node(driver, CudaTable.newestFor(driver), capability(s));
        for (Map.Entry<String, String> one : all.entrySet()) {
            if (one.getKey().startsWith("NVIDIA_REQUIRE_")
                    && !NvidiaRequirement.holds(one.getValue(), node)) {
                return Outcome.found(
                        Severity.WARN,
                        "The image states "
                                + one.getKey()
                                + "="
                                + one.getValue()
                                + ", which driver "
                                + driver
                                + " does not meet.",
                        List.of(
                                new Evidence("image environment " + one.getKey(), one.getValue()),
                                Evidence.of(s.host().gpus().nvidia().kernelDriver())),
                        "requirement error: unsatisfied condition: " + one.getValue(),
                        new Fix.Advice(
                                "take a variant of the image for this driver; when NV-DRIVER-TOO-OLD and NV-ARCH pass it runs all the same"));
            }
        }
        return Outcome.passed("driver " + driver + " meets what the image states");
    }

    private static Optional<Version> capability(Situation s) {
        return s.host().gpus().nvidia().gpus().stream()
                .findFirst()
                .flatMap(gpu -> gpu.computeCapability().value())
                .flatMap(Version::leading);
    }
}
