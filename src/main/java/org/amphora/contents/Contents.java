// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;

/// The facts of one image that decide whether and how well it runs on a node. They are read from
/// its files; nothing of it is run or mounted.
///
/// Paths are those inside of the image, with a leading slash, links followed unless it says
/// otherwise. A list that is empty means that there is none; what could not be found out stands in
/// `unknown` with the reason, and the fact it belongs to is then empty as well.
///
/// @param source what was read
/// @param machine what its programs are made for
/// @param distribution from `/etc/os-release`
/// @param unknown what is not known, and why
public record Contents(
        Source source,
        Machine machine,
        Optional<Distribution> distribution,
        Libc libc,
        Binaries binaries,
        EntryPoint entryPoint,
        Environment environment,
        Mpi mpi,
        Fabric fabric,
        Cuda cuda,
        OtherGpu otherGpu,
        Userland userland,
        List<Unknown> unknown) {

    public Contents {
        unknown = List.copyOf(unknown);
    }

    /// Where the facts come from.
    ///
    /// @param path of the image on this machine
    /// @param kind `sif`, `squashfs` or `directory`
    /// @param files how many names it has
    public record Source(String path, String kind, long files) {}

    /// A fact that could not be found out.
    ///
    /// @param subject a path in the image or the name of a fact
    /// @param why a clause without end, `the symbol table should be 48 bytes …`
    public record Unknown(String subject, String why) {}

    /// Whether a fact or a file is among those not understood.
    public boolean isUnknown(String subject) {
        return unknown.stream().anyMatch(entry -> entry.subject().equals(subject));
    }
}
