// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.amphora.catalog.AppFile;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.VersionId;
import org.amphora.image.Digest;

/// A version in the making: filled in while its source is read, then turned into files of a site.
final class Draft {
    private final String subject;
    private final VersionId id;
    private final List<String> notes = new ArrayList<>();
    private final List<ExposedCommand> commands = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();
    private final Map<String, String> files = new TreeMap<>();
    private String summary = "";
    private String homepage = "";
    private String from = "";
    private String recipe = "";
    private boolean gpu;
    private Optional<Path> image = Optional.empty();

    /// @param subject what reports call it
    Draft(String subject, VersionId id) {
        this.subject = subject;
        this.id = id;
    }

    String subject() {
        return subject;
    }

    VersionId id() {
        return id;
    }

    /// What to know about it.
    void note(String text) {
        notes.add(text);
    }

    void describe(String text, String address) {
        summary = text.strip().replaceAll("\\s+", " ");
        homepage = address;
    }

    void from(String reference) {
        from = reference;
    }

    void image(Path file) {
        image = Optional.of(file);
    }

    /// @param texts by path beside `app.yaml`, the recipe's among them
    void recipe(String name, Map<String, String> texts) {
        recipe = name;
        files.putAll(texts);
    }

    void needsGpu() {
        gpu = true;
    }

    void environment(Map<String, String> variables) {
        environment.putAll(variables);
    }

    /// A command; the first of a name counts.
    void command(String name, List<String> argv) {
        if (commands.stream().noneMatch(command -> command.name().equals(name))) {
            commands.add(new ExposedCommand(name, argv));
        }
    }

    boolean hasCommands() {
        return !commands.isEmpty();
    }

    /// What becomes of it, in one line.
    String story() {
        List<String> parts = new ArrayList<>(List.of(id.toString()));
        parts.add(commands.size() == 1 ? "1 command" : commands.size() + " commands");
        parts.addAll(notes);
        return String.join("; ", parts);
    }

    AppFile.New version(Function<Path, Digest> pool) {
        return new AppFile.New(
                new AppVersion(
                        id,
                        new AppVersion.About(
                                summary.isEmpty() ? id.app() : summary,
                                present(homepage),
                                Optional.empty(),
                                List.of(),
                                Optional.empty()),
                        List.of(),
                        image.map(pool),
                        present(from),
                        present(recipe),
                        commands,
                        environment,
                        new AppVersion.Needs(gpu, false, Map.of()),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of()),
                files);
    }

    private static Optional<String> present(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
}
