// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;

/// What runs when no command is given.
///
/// @param path of the runscript, or of the OCI entry point's program; empty when there is none
/// @param words ENTRYPOINT and CMD of the OCI image; empty when there is only a runscript
/// @param scripts the runscript and the program, if those are scripts
public record EntryPoint(String path, List<String> words, List<Script> scripts) {

    public EntryPoint {
        words = List.copyOf(words);
        scripts = List.copyOf(scripts);
    }

    /// A program that is a text.
    ///
    /// @param interpreter the program of its `#!` line as it stands there; empty when it has none
    /// @param exists whether that program is in the image
    /// @param carriageReturn whether the `#!` line ends with one, which Linux takes for part of the
    ///     name
    public record Script(
            String path, Optional<String> interpreter, boolean exists, boolean carriageReturn) {}
}
