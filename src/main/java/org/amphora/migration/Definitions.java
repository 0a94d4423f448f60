// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.VersionId;
import org.amphora.problem.Problem;
import org.amphora.recipe.Outline;

/// Definition files: `NAME-VERSION.def`, `NAME/VERSION/x.def`, `NAME/Singularity.VERSION`, or a
/// label that says the version. The text files that they copy go along.
final class Definitions {
    /// As in `samtools-1.20`: the version begins with a digit.
    static final Pattern NAME_AND_VERSION = Pattern.compile("(.+?)[-_@:]v?(\\d[\\w.+-]*)");

    private static final Pattern EXEC =
            Pattern.compile("(?m)^\\s*exec\\s+([A-Za-z0-9_./+-]+)\\s+\"?\\$@\"?\\s*$");

    private final Path source;
    private final Optional<VersionId> name;
    private final Findings found;

    Definitions(Path source, Optional<VersionId> name, Findings found) {
        this.source = source;
        this.name = name;
        this.found = found;
    }

    static boolean isDefinition(String file) {
        return file.endsWith(".def")
                || file.equals("Singularity")
                || file.startsWith("Singularity.");
    }

    void read(List<Path> files) {
        files.stream()
                .filter(file -> isDefinition(String.valueOf(file.getFileName())))
                .forEach(this::read);
    }

    private void read(Path file) {
        Path start = Files.isDirectory(source) ? source : directory(file);
        String subject = start.relativize(file).toString();
        String text = Findings.text(file);
        try {
            Outline outline = Outline.read(file);
            if (outline.localBase().isPresent()) {
                throw aside("it starts from a file of this machine: " + outline.localBase().get());
            }
            VersionId id =
                    name.or(() -> id(start, file, outline))
                            .orElseThrow(
                                    () -> aside("neither its name nor a label says its version"));
            Map<String, String> texts = new LinkedHashMap<>();
            texts.put(file.getFileName().toString(), text);
            outline.sources().forEach(path -> texts.putAll(copied(file, path)));
            Draft draft = new Draft(subject, id);
            draft.describe(
                    outline.help()
                            .lines()
                            .map(String::strip)
                            .filter(l -> !l.isEmpty())
                            .findFirst()
                            .orElse(""),
                    "");
            draft.recipe(file.getFileName().toString(), texts);
            Matcher exec = EXEC.matcher(outline.runscript());
            if (exec.find()) {
                String program = exec.group(1);
                String command = program.substring(program.lastIndexOf('/') + 1);
                if (ExposedCommand.isName(command)) {
                    draft.command(command, List.of(program));
                }
            }
            if (!draft.hasCommands()) {
                draft.note("name its commands when it is built: amphora commands IMAGE");
            }
            found.take(draft);
        } catch (Problem e) {
            found.quarantine(subject, text, subject, e.why());
        }
    }

    private Map<String, String> copied(Path file, String path) {
        Path copy = directory(file).resolve(path).normalize();
        if (Path.of(path).isAbsolute() || !copy.startsWith(directory(file))) {
            throw aside("%files copies from outside its directory: " + path);
        }
        String text = Files.isRegularFile(copy) ? Findings.text(copy) : "";
        if (text.isEmpty()) {
            throw aside("%files copies what is no text file beside it: " + path);
        }
        return Map.of(path, text);
    }

    private static Optional<VersionId> id(Path start, Path file, Outline outline) {
        String called = String.valueOf(file.getFileName());
        String above =
                directory(file).equals(start) ? "" : String.valueOf(directory(file).getFileName());
        if (called.startsWith("Singularity.")) {
            return VersionId.of(above, called.substring("Singularity.".length()));
        }
        String stem = called.replaceFirst("\\.def$", "");
        Matcher parts = NAME_AND_VERSION.matcher(stem);
        if (parts.matches()) {
            return VersionId.of(parts.group(1), parts.group(2));
        }
        Path relative = start.relativize(file);
        if (relative.getNameCount() >= 3 && Character.isDigit(above.charAt(0))) {
            return VersionId.of(relative.getName(relative.getNameCount() - 3).toString(), above);
        }
        return outline.labels().entrySet().stream()
                .filter(
                        label ->
                                label.getKey()
                                        .toLowerCase(java.util.Locale.ROOT)
                                        .endsWith("version"))
                .findFirst()
                .flatMap(
                        label ->
                                VersionId.of(
                                        stem.equals("Singularity") ? above : stem,
                                        label.getValue().strip()));
    }

    private static Path directory(Path file) {
        return Optional.ofNullable(file.getParent()).orElse(file);
    }

    private static Problem aside(String why) {
        return new Problem("cannot import it", why, "mend it, or add it by hand");
    }
}
