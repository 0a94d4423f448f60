// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Cuda;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.NvidiaGpu;

/// The forward compatibility packages of CUDA: a newer libcuda over an older kernel module.
final class CompatPackage {

    /// Driver branches that a package supports (CUDA compatibility guide of 13.4, table 3). Other
    /// branches are past their end of life.
    private static final List<Row> BRANCHES =
            List.of(
                    new Row("13.0", "13.99", List.of(535, 570, 580, 590, 595, 610)),
                    new Row("12.9", "12.9", List.of(535, 570)),
                    new Row("12.2", "12.8", List.of(535)));

    private record Row(String from, String to, List<Integer> branches) {}

    private CompatPackage() {}

    /// The package in the image that serves on this node, if there is one.
    static Optional<Cuda.Compatibility> usable(Situation s, Version driver) {
        return onDataCentre(s)
                ? s.contents().cuda().compatibility().stream()
                        .filter(one -> isNewer(one, driver))
                        .findFirst()
                : Optional.empty();
    }

    /// As nvidia-container-toolkit decides (cudacompat): by the package's note; without one the
    /// major version must be greater.
    static boolean isNewer(Cuda.Compatibility one, Version driver) {
        return one.note()
                .map(
                        note ->
                                note.drivers().contains(driver.major())
                                        && one.driver().compareTo(driver) > 0)
                .orElse(one.driver().major() > driver.major());
    }

    /// Whether all GPUs of the node are of the kind that supports these packages.
    static boolean onDataCentre(Situation s) {
        List<NvidiaGpu> gpus = s.host().gpus().nvidia().gpus();
        return !gpus.isEmpty() && gpus.stream().allMatch(gpu -> gpu.dataCentre().orElse(false));
    }

    /// Whether there is a package for that toolkit that works over that driver.
    static boolean isSupported(Version toolkit, Version driver) {
        Version release = Version.parse(toolkit.major() + "." + toolkit.minor());
        return BRANCHES.stream()
                .filter(row -> release.isAtLeast(Version.parse(row.from())))
                .filter(row -> Version.parse(row.to()).isAtLeast(release))
                .anyMatch(row -> row.branches().contains(driver.major()));
    }

    static String packageName(Version toolkit) {
        return "cuda-compat-" + toolkit.major() + "-" + toolkit.minor();
    }
}
