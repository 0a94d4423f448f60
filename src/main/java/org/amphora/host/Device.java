// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

/// A device file.
///
/// @param path `/dev/kfd`
/// @param mode permission bits, as `ls` shows them: `rw-rw----`
/// @param group the name of its group, or the number
/// @param opens whether the one who probed could open it for reading and writing. A device cgroup
///     (Slurm's `ConstrainDevices`) refuses what the mode allows, so only trying tells; unknown in
///     a tree that was made by hand
public record Device(String path, Fact<String> mode, Fact<String> group, Fact<Boolean> opens) {

    public Device {
        path = Given.text(path);
        mode = Fact.given(mode);
        group = Fact.given(group);
        opens = Fact.given(opens);
    }
}
