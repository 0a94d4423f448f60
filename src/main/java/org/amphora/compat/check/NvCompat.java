// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.Cuda;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.Nvidia;

/// R2.3: the CUDA compatibility package is used where it may not be.
final class NvCompat {

    static final Check CHECK =
            new Check(
                    "NV-COMPAT",
                    "R2.3",
                    Severity.INFO,
                    "The CUDA compatibility package is used where it may not be",
                    """
                    An image whose library path leads to `/usr/local/cuda/compat` replaces the node's
                    libcuda by its own. That works on data-centre GPUs and only when the package is
                    newer than the driver; elsewhere CUDA answers 804 or 803. The launch masks it there.
                    """,
                    "CUDA compatibility guide, forward compatibility; "
                            + "nvidia-container-toolkit cudacompat; nvidia-docker#1256, #1515",
                    NvCompat::look);

    private NvCompat() {}

    private static Outcome look(Situation s) {
        if (!s.bringsNvidia()) {
            return Outcome.notApplicable("no NVIDIA driver is brought in");
        }
        Cuda.Compatibility active =
                s.contents().cuda().compatibility().stream()
                        .filter(one -> one.activeBy().isPresent())
                        .findFirst()
                        .orElse(null);
        if (active == null) {
            return Outcome.passed("no compatibility package is in the image's library path");
        }
        Nvidia nvidia = s.host().gpus().nvidia();
        Version driver = nvidia.kernelDriver().value().flatMap(Version::leading).orElse(null);
        if (driver == null) {
            return Outcome.unknown("the driver's version: " + nvidia.kernelDriver());
        }
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(
                Evidence.image(
                        active.path(),
                        "driver "
                                + active.driver()
                                + ", found by "
                                + active.activeBy().orElse("")));
        evidence.add(Evidence.of(nvidia.kernelDriver()));
        Optional<String> masked = Mending.note(s, active.path() + " is masked");
        if (masked.isEmpty()) {
            return Outcome.passed(
                    "compatibility package "
                            + active.driver()
                            + " over driver "
                            + driver
                            + " on a data-centre GPU");
        }
        boolean newer = CompatPackage.isNewer(active, driver);
        return Outcome.found(
                Severity.INFO,
                "The image puts its own libcuda "
                        + active.driver()
                        + " before the node's driver "
                        + driver
                        + (newer
                                ? ", which these cards or this driver do not support."
                                : ", which is as new."),
                evidence,
                newer
                        ? "forward compatibility was attempted on non supported HW"
                        : "system has unsupported display driver / cuda driver combination",
                new Fix.Automatic(masked.get()));
    }
}
