// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.image.Reference;

/// What a definition file says of itself, without building it.
///
/// @param localBase the image file that it starts from, when it is one
/// @param sources what `%files` copies from the host, as written
/// @param help the text of `%help`
/// @param runscript the text of `%runscript`
public record Outline(
        Optional<Path> localBase,
        Map<String, String> labels,
        List<String> sources,
        String help,
        String runscript) {

    public Outline {
        labels = Map.copyOf(labels);
        sources = List.copyOf(sources);
    }

    /// Reads a definition file.
    ///
    /// @throws org.amphora.problem.Problem when it cannot be built as it is
    public static Outline read(Path file) {
        Definition definition = Definition.read(file, BuildArguments.NONE);
        Optional<Path> local =
                Base.of(definition) instanceof Base.Image(Reference reference)
                                && reference instanceof Reference.Local(Path path)
                        ? Optional.of(path)
                        : Optional.empty();
        return new Outline(
                local,
                definition.labels(),
                definition.files().stream().map(Definition.Copy::source).toList(),
                definition.script(Section.HELP).map(Script::text).orElse(""),
                definition.script(Section.RUNSCRIPT).map(Script::text).orElse(""));
    }
}
