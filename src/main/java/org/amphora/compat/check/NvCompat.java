// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.contents.Cuda;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.Nvidia;
import org.amphora.host.Gpus.NvidiaGpu;

/// R2.3: the CUDA compatibility package is used where it may not be.
final class NvCompat {

    static final Check CHECK =
            new Check(
                    "NV-COMPAT",
                    "R2.3",
                    Severity.BLOCK,
                    "The CUDA compatibility package is used where it may not be",
                    """
                    An image whose library path leads to `/usr/local/cuda/compat` replaces the node's
                    libcuda by its own. That works on data-centre GPUs and only when the package is
                    newer than the driver; elsewhere CUDA answers 804 or 803.
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
        String directory = active.path().substring(0, active.path().lastIndexOf('/'));
        Fix fix =
                new Fix.Command(
                        "amphora exec --env LD_LIBRARY_PATH= IMAGE …   # or without " + directory);
        if (!CompatPackage.isNewer(active, driver)) {
            return Outcome.found(
                    Severity.BLOCK,
                    "The image puts its own libcuda "
                            + active.driver()
                            + " before the node's driver "
                            + driver
                            + ", which is as new.",
                    evidence,
                    "system has unsupported display driver / cuda driver combination",
                    fix);
        }
        for (NvidiaGpu gpu : nvidia.gpus()) {
            if (gpu.dataCentre().value().filter(yes -> !yes).isPresent()) {
                evidence.add(Evidence.of(gpu.model()));
                return Outcome.found(
                        Severity.BLOCK,
                        "The image puts a compatibility package before the driver, which "
                                + gpu.model().orElse("this GPU")
                                + " does not support.",
                        evidence,
                        "forward compatibility was attempted on non supported HW",
                        fix);
            }
        }
        return CompatPackage.onDataCentre(s)
                ? Outcome.passed(
                        "compatibility package "
                                + active.driver()
                                + " over driver "
                                + driver
                                + " on a data-centre GPU")
                : Outcome.unknown("whether this node's GPU supports compatibility packages");
    }
}
