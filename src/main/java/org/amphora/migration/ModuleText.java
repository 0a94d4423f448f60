// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.VersionId;
import org.amphora.problem.Problem;

/// A modulefile in Lua or Tcl, read as text and never run. Understood is what is written out:
/// `whatis`, `setenv`, aliases and functions that start a container, and the scripts of directories
/// that it puts on PATH.
///
/// @param subject its path in the source
record ModuleText(String subject, Path file, String text, Optional<VersionId> id) {
    private static final Pattern WHATIS =
            Pattern.compile("(?m)^\\s*(?:module-)?whatis\\W+(\\w+)\\s*:\\s*(.*?)[\"'}\\])\\s]*$");
    private static final Pattern SETENV =
            Pattern.compile(
                    "(?m)^\\s*setenv[\\s(]+[\"']?(\\w+)[\"']?[\\s,]+[\"'{]?([^\"'{}$\\[\\]()\\s]+)[\"'}]?\\)?\\s*$");
    private static final Pattern PATH_DIRECTORY =
            Pattern.compile(
                    "(?m)^\\s*prepend[-_]path[\\s(]+[\"']?PATH[\"']?[\\s,]+[\"'{]?(/[^\"'{}$\\s)]+)");
    private static final Pattern ALIAS =
            Pattern.compile(
                    "(?m)^\\s*set[-_](?:alias|shell_function|function)[\\s(]+[\"']?([\\w.+@-]+)[\"']?[\\s,]+(.*)$");

    /// `singularity exec OPTIONS IMAGE PROGRAM ARGUMENT…`, up to where the caller's arguments go.
    private static final Pattern EXEC =
            Pattern.compile(
                    "(?:apptainer|singularity)\\b[^\\n]*?\\bexec\\b[^\\n]*?\\.(?:sif|simg|sqfs)[\"']?\\s+([A-Za-z0-9_./=:,@%+ -]+)");

    private static final Pattern COMPUTED =
            Pattern.compile(
                    "(?m)^\\s*(?:if|for|foreach|while|local|set|execute|source|source-sh|load|module|depends[-_]on)\\b");

    /// The modulefile that a file is; empty when it is none.
    static Optional<ModuleText> of(Path source, Path file) {
        String called = String.valueOf(file.getFileName());
        if (called.startsWith(".") || !ImageFiles.isSmall(file)) {
            return Optional.empty();
        }
        String text = Findings.text(file);
        if (!called.endsWith(".lua") && !text.startsWith("#%Module")) {
            return Optional.empty();
        }
        Path relative = source.relativize(file);
        String version = called.replaceFirst("\\.(lua|tcl)$", "");
        int names = relative.getNameCount();
        // shpc writes NAME/VERSION/module.lua.
        int at = version.equals("module") ? names - 2 : names - 1;
        String number =
                version.equals("module") && at >= 0 ? relative.getName(at).toString() : version;
        Optional<VersionId> id =
                at >= 1
                        ? VersionId.of(relative.getName(at - 1).toString(), number)
                        : Optional.empty();
        return Optional.of(new ModuleText(relative.toString(), file, text, id));
    }

    /// Whether it starts this image, by itself or by the scripts that it puts on PATH.
    boolean names(Path image) {
        String called = String.valueOf(image.getFileName());
        return text.contains(called)
                || scripts().values().stream().anyMatch(s -> s.contains(called));
    }

    Optional<String> whatis(String word) {
        Matcher line = WHATIS.matcher(text);
        while (line.find()) {
            if (line.group(1).equalsIgnoreCase(word)) {
                return Optional.of(line.group(2));
            }
        }
        return Optional.empty();
    }

    /// The variables that it sets to a plain text, without those of the runtime.
    Map<String, String> environment() {
        Map<String, String> variables = new LinkedHashMap<>();
        Matcher line = SETENV.matcher(text);
        while (line.find()) {
            if (!line.group(1).matches("(SINGULARITY|APPTAINER|SHPC).*")) {
                variables.put(line.group(1), line.group(2));
            }
        }
        return variables;
    }

    /// What it starts in the image, by the name that users type.
    SequencedMap<String, List<String>> commands(Path image) {
        SequencedMap<String, List<String>> commands = new LinkedHashMap<>();
        Matcher alias = ALIAS.matcher(text);
        while (alias.find()) {
            add(commands, alias.group(1), alias.group(2), image);
        }
        scripts().forEach((name, script) -> add(commands, name, script, image));
        return commands;
    }

    /// Whether it does something that depends on more than its text.
    boolean isComputed() {
        return COMPUTED.matcher(text).find();
    }

    private static void add(
            Map<String, List<String>> commands, String name, String text, Path image) {
        Matcher exec = EXEC.matcher(text);
        boolean started = text.contains(String.valueOf(image.getFileName())) && exec.find();
        if (started && ExposedCommand.isName(name) && !exec.group(1).isBlank()) {
            commands.put(name, List.of(exec.group(1).strip().split(" +")));
        }
    }

    private Map<String, String> scripts() {
        Map<String, String> scripts = new LinkedHashMap<>();
        Matcher line = PATH_DIRECTORY.matcher(text);
        while (line.find()) {
            Path directory = Path.of(line.group(1));
            if (Files.isDirectory(directory)) {
                try (Stream<Path> files = Files.list(directory)) {
                    files.filter(Files::isExecutable)
                            .filter(Files::isRegularFile)
                            .filter(ImageFiles::isSmall)
                            .sorted()
                            .forEach(
                                    script ->
                                            scripts.put(
                                                    script.getFileName().toString(),
                                                    Findings.text(script)));
                } catch (IOException e) {
                    throw new Problem(
                            "cannot import " + subject,
                            e.toString(),
                            "check that you may read " + directory,
                            e);
                }
            }
        }
        return scripts;
    }
}
