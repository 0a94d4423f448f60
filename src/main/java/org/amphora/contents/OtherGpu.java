// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.elf.Version;

/// What of AMD's ROCm and of Intel's Level Zero is in an image.
public record OtherGpu(Optional<Rocm> rocm, Optional<LevelZero> levelZero) {

    /// ROCm.
    ///
    /// @param version of `/opt/rocm*/.info/version`
    /// @param libraries SONAMEs such as `libamdhip64.so.6`, `libhsa-runtime64.so.1`
    /// @param deviceCode the targets of the code for GPUs, by file
    public record Rocm(
            Optional<Version> version, List<String> libraries, List<DeviceCode> deviceCode) {
        public Rocm {
            libraries = List.copyOf(libraries);
            deviceCode = List.copyOf(deviceCode);
        }
    }

    /// GPU code in a program or library.
    ///
    /// @param targets `gfx90a`, `gfx942`
    /// @param complete whether all of it could be read
    public record DeviceCode(String path, Set<String> targets, boolean complete) {
        public DeviceCode {
            targets = Ordered.copy(targets);
        }
    }

    /// Level Zero.
    ///
    /// @param loader path of libze_loader
    /// @param driver path of libze_intel_gpu
    public record LevelZero(Optional<String> loader, Optional<String> driver) {}
}
