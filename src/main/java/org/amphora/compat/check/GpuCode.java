// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Optional;
import org.amphora.elf.FatBinary;
import org.amphora.elf.Version;
import org.amphora.host.Gpus.NvidiaGpu;

/// Which GPU code runs on which GPU (CUDA C++ programming guide, binary and PTX compatibility).
final class GpuCode {

    private GpuCode() {}

    /// 80 for 8.0.
    static Optional<Integer> capability(NvidiaGpu gpu) {
        return gpu.computeCapability()
                .value()
                .flatMap(Version::leading)
                .map(version -> version.major() * 10 + version.minor());
    }

    static boolean runs(FatBinary code, int capability) {
        return hasMachineCode(code, capability) || hasPortableCode(code, capability);
    }

    /// Whether the driver would have to compile.
    static boolean onlyByPtx(FatBinary code, int capability) {
        return !hasMachineCode(code, capability) && hasPortableCode(code, capability);
    }

    private static boolean hasMachineCode(FatBinary code, int capability) {
        return code.codes().stream()
                .anyMatch(
                        one ->
                                !one.portable()
                                        && one.capability() / 10 == capability / 10
                                        && one.capability() <= capability);
    }

    private static boolean hasPortableCode(FatBinary code, int capability) {
        return code.codes().stream()
                .anyMatch(one -> one.portable() && one.capability() <= capability);
    }
}
