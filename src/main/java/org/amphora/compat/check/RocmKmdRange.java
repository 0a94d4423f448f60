// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.OtherGpu;
import org.amphora.elf.Version;
import org.amphora.host.Fact;

/// R3.1: this ROCm was not tested with this driver.
final class RocmKmdRange {

    static final Check CHECK =
            new Check(
                    "ROCM-KMD-RANGE",
                    "R3.1",
                    Severity.WARN,
                    "This ROCm was not tested with this driver",
                    """
                    AMD tests each driver release with the ROCm releases two before and two after it.
                    """,
                    "ROCm 6.4 and 7.2 compatibility matrix, user and kernel-space support",
                    RocmKmdRange::look);

    private RocmKmdRange() {}

    private static Outcome look(Situation s) {
        if (!s.wantsAmd()) {
            return Outcome.notApplicable("no AMD GPU is wanted");
        }
        Fact<String> module = s.host().gpus().amd().moduleVersion();
        if (module.isAbsent()) {
            return Outcome.notApplicable(
                    "this node uses the kernel's own amdgpu, which has no release number");
        }
        Version driver = module.value().flatMap(Version::leading).orElse(null);
        Version rocm = s.contents().otherGpu().rocm().flatMap(OtherGpu.Rocm::version).orElse(null);
        if (driver == null || rocm == null) {
            return Outcome.unknown(
                    driver == null
                            ? "the driver's version: " + module
                            : "the image's ROCm version");
        }
        RocmTable.Range range = RocmTable.testedWith(driver).orElse(null);
        if (range == null) {
            return Outcome.unknown("which ROCm releases driver " + driver + " was tested with");
        }
        if (range.contains(rocm)) {
            return Outcome.passed("ROCm " + rocm + " lies in " + range + " of driver " + driver);
        }
        return Outcome.found(
                Severity.WARN,
                "ROCm "
                        + rocm
                        + " in the image was not tested with amdgpu driver "
                        + driver
                        + ", which goes with ROCm "
                        + range
                        + ".",
                List.of(Evidence.of(module), Evidence.image("/opt/rocm/.info/version", rocm)),
                new Fix.Advice("take a variant of the image with ROCm " + range));
    }
}
