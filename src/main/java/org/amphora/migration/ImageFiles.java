// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.VersionId;
import org.amphora.packages.PackagedCommand;
import org.amphora.packages.PackagedCommands;
import org.amphora.problem.Problem;

/// Image files with modulefiles: what a modulefile of Lmod or Environment Modules says becomes the
/// version, what it starts in the image becomes the commands. Without one the file's name tells the
/// version and the records of the image's package managers tell the commands.
final class ImageFiles {

    private final Path source;
    private final Findings found;

    ImageFiles(Path source, Findings found) {
        this.source = source;
        this.found = found;
    }

    static boolean isImage(String file) {
        return file.endsWith(".sif") || file.endsWith(".simg") || file.endsWith(".sqfs");
    }

    void read(List<Path> files) {
        Map<Path, Boolean> images = new LinkedHashMap<>();
        List<ModuleText> modules = new ArrayList<>();
        for (Path file : files) {
            if (isImage(String.valueOf(file.getFileName()))) {
                images.put(file, false);
            } else {
                ModuleText.of(source, file).ifPresent(modules::add);
            }
        }
        for (ModuleText module : modules) {
            List<Path> named = images.keySet().stream().filter(module::names).toList();
            if (named.size() == 1 && module.id().isPresent()) {
                images.put(named.getFirst(), true);
                take(module, module.id().get(), named.getFirst());
            } else {
                found.leave(
                        module.subject(),
                        module.id().isEmpty()
                                ? "it stands under no name and version"
                                : "it names " + named.size() + " of the images that are here");
            }
        }
        images.forEach(
                (image, taken) -> {
                    if (!taken) {
                        takeByName(image);
                    }
                });
    }

    private void take(ModuleText module, VersionId id, Path image) {
        Draft draft = new Draft(module.subject(), id);
        draft.image(image);
        draft.describe(
                module.whatis("Description").orElse(id.app()), module.whatis("URL").orElse(""));
        draft.environment(module.environment());
        module.commands(image).forEach(draft::command);
        if (module.isComputed()) {
            draft.note("what the modulefile computes is not taken over: compare the two");
        }
        complete(draft, image);
    }

    private void takeByName(Path image) {
        String subject = source.relativize(image).toString();
        String stem = String.valueOf(image.getFileName()).replaceFirst("\\.[a-z]+$", "");
        Matcher parts = Definitions.NAME_AND_VERSION.matcher(stem);
        Optional<VersionId> id =
                parts.matches() ? VersionId.of(parts.group(1), parts.group(2)) : Optional.empty();
        if (id.isEmpty()) {
            found.leave(subject, "no modulefile names it, and its name says no version");
            return;
        }
        Draft draft = new Draft(subject, id.get());
        draft.image(image);
        complete(draft, image);
    }

    private void complete(Draft draft, Path image) {
        try {
            if (!draft.hasCommands()) {
                PackagedCommands.of(image).stream()
                        .filter(PackagedCommand::isWanted)
                        .filter(command -> ExposedCommand.isName(command.name()))
                        .forEach(command -> draft.command(command.name(), List.of(command.path())));
                draft.note("commands as its package managers record them");
            }
            found.take(draft);
        } catch (Problem e) {
            found.leave(draft.subject(), e.why());
        }
    }

    /// Whether it is a file that may be read as a text.
    static boolean isSmall(Path file) {
        try {
            return Files.size(file) <= Migration.LARGEST_TEXT;
        } catch (IOException e) {
            return false;
        }
    }
}
