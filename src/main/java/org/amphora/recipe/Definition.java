// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// A definition file: how an image is made. The format is Apptainer's (its user guide, "Definition
/// Files"), one stage.
///
/// @param name what messages call it: the file's name
/// @param text the whole text after substitution of the build arguments, as the image keeps it
/// @param header by key in lower case
/// @param scripts the sections that are programs or text, without `%files` and `%labels`
/// @param files what `%files` copies, in order
/// @param labels what `%labels` says
record Definition(
        String name,
        String text,
        SequencedMap<String, String> header,
        Map<Section, Script> scripts,
        List<Copy> files,
        SequencedMap<String, String> labels) {

    Definition {
        header = Collections.unmodifiableSequencedMap(header);
        scripts = Collections.unmodifiableMap(new EnumMap<>(scripts));
        files = List.copyOf(files);
        labels = Collections.unmodifiableSequencedMap(labels);
    }

    /// One line of `%files`.
    ///
    /// @param source a path of the host, may be a glob
    /// @param destination a path in the image; the source's own when empty
    /// @param line where it stands in the definition file
    record Copy(String source, Optional<String> destination, int line) {}

    /// Reads a file and puts the build arguments in.
    ///
    /// @throws org.amphora.problem.Problem with file, line and text of the first error
    static Definition read(Path file, BuildArguments arguments) {
        return DefinitionParser.read(file, arguments);
    }

    Optional<Script> script(Section section) {
        return Optional.ofNullable(scripts.get(section)).filter(s -> !s.isEmpty());
    }

    /// The value of a header, empty when it is missing or has none.
    Optional<String> header(String key) {
        return Optional.ofNullable(header.get(key)).filter(v -> !v.isEmpty());
    }
}
