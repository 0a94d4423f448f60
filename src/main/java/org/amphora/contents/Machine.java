// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;

/// What the programs of an image are made for.
///
/// @param architecture as OCI names it, of the program that decides (`evidence`): the shell, else
///     the program of the entry point, else what most programs are
/// @param evidence the path of that program; empty when there is none
/// @param label what the image says of itself, in the SIF header or the OCI configuration; it may
///     lie
/// @param others programs and libraries for another architecture, one for each
public record Machine(
        Optional<String> architecture,
        String evidence,
        Optional<String> label,
        List<Other> others) {

    public Machine {
        others = List.copyOf(others);
    }

    /// Files for another architecture.
    ///
    /// @param path one of them
    /// @param count how many there are
    public record Other(String architecture, String path, long count) {}
}
