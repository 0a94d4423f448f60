// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.elf.FatBinary;
import org.amphora.elf.Version;

/// What of NVIDIA's CUDA is in an image.
///
/// @param toolkits every version found, the one to trust first
/// @param requirements variables `NVIDIA_REQUIRE_…` and others that the image sets for the driver
/// @param deviceCode the code for GPUs, by file
/// @param compatibility libraries that let an older driver serve a newer toolkit
/// @param driverFiles libraries of a driver that the image should not have
/// @param users some of the files that load libcuda
/// @param glvnd path of libGLdispatch; empty when there is none
public record Cuda(
        List<Toolkit> toolkits,
        Map<String, String> requirements,
        List<DeviceCode> deviceCode,
        List<Compatibility> compatibility,
        List<DriverFile> driverFiles,
        List<String> users,
        Optional<String> glvnd) {

    public Cuda {
        toolkits = List.copyOf(toolkits);
        requirements = Ordered.copy(requirements);
        deviceCode = List.copyOf(deviceCode);
        compatibility = List.copyOf(compatibility);
        driverFiles = List.copyOf(driverFiles);
        users = List.copyOf(users);
    }

    /// Whether anything in the image is made for such a GPU.
    public boolean isUsed() {
        return !toolkits.isEmpty() || !deviceCode.isEmpty() || !users.isEmpty();
    }

    public Optional<Version> toolkit() {
        return toolkits.isEmpty() ? Optional.empty() : Optional.of(toolkits.getFirst().version());
    }

    /// A version of the toolkit and what says so.
    ///
    /// @param from a path, or the name of a variable
    public record Toolkit(Version version, String from) {}

    /// GPU code in a program or library.
    public record DeviceCode(String path, FatBinary code) {}

    /// A driver library for forward compatibility.
    ///
    /// @param driver its version
    /// @param note what it says of itself; older ones have none
    /// @param activeBy what makes the linker find it: `LD_LIBRARY_PATH`, a file below `/etc`
    public record Compatibility(
            String path, Version driver, Optional<Note> note, Optional<String> activeBy) {}

    /// The note `.note.cuda.fwd_compatibility`.
    ///
    /// @param drivers the major versions that may be below it
    public record Note(Optional<Version> cuda, List<Integer> drivers, List<String> devices) {
        public Note {
            drivers = List.copyOf(drivers);
            devices = List.copyOf(devices);
        }
    }

    /// A library of the driver.
    public record DriverFile(String path, Version driver) {}
}
