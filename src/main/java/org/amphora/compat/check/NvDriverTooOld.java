// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.Cuda;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.Nvidia;

/// R2.2: the driver is older than the image's CUDA needs.
final class NvDriverTooOld {

    static final Check CHECK =
            new Check(
                    "NV-DRIVER-TOO-OLD",
                    "R2.2",
                    Severity.BLOCK,
                    "The driver is older than the image's CUDA needs",
                    """
                    Each CUDA toolkit comes with a driver. Within a major version an older driver serves
                    too, down to a minimum (525 for 12.x, 450 for 11.x). Below that only the forward
                    compatibility package helps, on data-centre GPUs.
                    """,
                    "CUDA 13.4 release notes, tables 2 and 3; CUDA compatibility guide, "
                            + "forward compatibility",
                    NvDriverTooOld::look);

    private NvDriverTooOld() {}

    private static Outcome look(Situation s) {
        if (!s.wantsNvidia()) {
            return Outcome.notApplicable("no NVIDIA GPU is wanted");
        }
        Nvidia nvidia = s.host().gpus().nvidia();
        if (nvidia.kernelDriver().isAbsent()) {
            return Outcome.notApplicable("this node has no NVIDIA driver, see NV-NODEV");
        }
        Version driver = nvidia.kernelDriver().value().flatMap(Version::leading).orElse(null);
        Cuda.Toolkit toolkit = s.contents().cuda().toolkits().stream().findFirst().orElse(null);
        if (driver == null) {
            return Outcome.unknown("the driver's version: " + nvidia.kernelDriver());
        }
        if (toolkit == null) {
            return Outcome.unknown(
                    "the image's CUDA version: it has no CUDA runtime library and no CUDA_VERSION");
        }
        Version shipped = CudaTable.driverOf(toolkit.version()).orElse(null);
        if (shipped == null) {
            return Outcome.unknown(
                    "which driver CUDA "
                            + toolkit.version()
                            + " needs; the table goes to "
                            + CudaTable.newest());
        }
        Version least = CudaTable.leastDriver(toolkit.version()).orElse(shipped);
        if (driver.isAtLeast(shipped)) {
            return Outcome.passed(
                    "driver "
                            + driver
                            + " is at least "
                            + shipped
                            + " of CUDA "
                            + toolkit.version());
        }
        if (driver.isAtLeast(least)) {
            return Outcome.passed(
                    "driver "
                            + driver
                            + " serves all of CUDA "
                            + toolkit.version().major()
                            + " (from "
                            + least
                            + "), except for newer PTX");
        }
        return tooOld(s, driver, toolkit, least);
    }

    private static Outcome tooOld(
            Situation s, Version driver, Cuda.Toolkit toolkit, Version least) {
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(s.host().gpus().nvidia().kernelDriver()));
        evidence.add(Evidence.image(toolkit.from(), "CUDA " + toolkit.version()));
        evidence.add(
                new Evidence(
                        "CUDA release notes",
                        "CUDA "
                                + toolkit.version().major()
                                + "."
                                + toolkit.version().minor()
                                + " needs driver "
                                + least));
        Cuda.Compatibility usable = CompatPackage.usable(s, driver).orElse(null);
        if (usable != null && usable.activeBy().isPresent()) {
            return Outcome.passed(
                    "driver "
                            + driver
                            + " with the image's compatibility package "
                            + usable.driver());
        }
        String sentence =
                "CUDA "
                        + toolkit.version()
                        + " in the image needs NVIDIA driver "
                        + least
                        + " or newer; this node has "
                        + driver
                        + ".";
        String error = "CUDA driver version is insufficient for CUDA runtime version";
        if (usable != null) {
            String directory = usable.path().substring(0, usable.path().lastIndexOf('/'));
            evidence.add(Evidence.image(usable.path(), "compatibility package " + usable.driver()));
            Optional<String> used = Mending.note(s, usable.path() + " serves it");
            return Outcome.found(
                    used.isPresent() ? Severity.INFO : Severity.BLOCK,
                    sentence,
                    evidence,
                    error,
                    used.map(note -> (Fix) new Fix.Automatic(note))
                            .orElse(
                                    new Fix.Command(
                                            "amphora exec --env LD_LIBRARY_PATH="
                                                    + directory
                                                    + " IMAGE …")));
        }
        String newest =
                CudaTable.newestFor(driver)
                        .map(version -> "CUDA " + version + " or older")
                        .orElse("an older CUDA");
        return Outcome.found(
                Severity.BLOCK,
                sentence,
                evidence,
                error,
                new Fix.Advice(
                        "take a variant of the image with "
                                + newest
                                + (CompatPackage.isSupported(toolkit.version(), driver)
                                                && CompatPackage.onDataCentre(s)
                                        ? ", or install the package "
                                                + CompatPackage.packageName(toolkit.version())
                                                + " in it"
                                        : "")));
    }
}
