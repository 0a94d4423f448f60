// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.problem.Problem;

/// The values that replace `{{ NAME }}` in a definition file.
///
/// @param values by name
/// @param mustBeUsed whether a value that no template names is an error
public record BuildArguments(SequencedMap<String, String> values, boolean mustBeUsed) {

    public static final BuildArguments NONE = new BuildArguments(new LinkedHashMap<>(), true);

    private static final Pattern TEMPLATE = Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}");

    /// A template after it on the same line is left alone, as Apptainer does.
    private static final Pattern COMMENT = Pattern.compile("#[^!]");

    public BuildArguments {
        values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
    }

    /// The values of a command line.
    ///
    /// @param files with lines `NAME=VALUE`, empty lines and `#` comments; later ones win
    /// @param arguments `NAME=VALUE` each; they win over the file
    public static BuildArguments of(List<Path> files, List<String> arguments, boolean mustBeUsed) {
        SequencedMap<String, String> values = new LinkedHashMap<>();
        for (Path file : files) {
            String text;
            try {
                text = Files.readString(file);
            } catch (IOException e) {
                throw new Problem(
                        "cannot read build arguments from " + file,
                        String.valueOf(e),
                        "name a readable UTF-8 file with lines NAME=VALUE",
                        e);
            }
            values.putAll(lines(file.toString(), text));
        }
        for (String argument : arguments) {
            put(values, "--build-arg", argument);
        }
        return new BuildArguments(values, mustBeUsed);
    }

    /// The pairs of a text with one `NAME=VALUE` on a line.
    ///
    /// @param where what an error names
    static SequencedMap<String, String> lines(String where, String text) {
        SequencedMap<String, String> values = new LinkedHashMap<>();
        for (String line : text.lines().map(String::strip).toList()) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                put(values, where, line);
            }
        }
        return values;
    }

    /// The text with every `{{ NAME }}` replaced.
    ///
    /// @param name of the definition file, for errors
    /// @param defaults what `%arguments` says
    String substitute(String name, String text, Map<String, String> defaults) {
        SortedSet<String> unused = new TreeSet<>(values.keySet());
        StringBuilder result = new StringBuilder();
        Matcher template = TEMPLATE.matcher(text);
        int done = 0;
        while (template.find()) {
            int lineStart = text.lastIndexOf('\n', template.start()) + 1;
            if (COMMENT.matcher(text).region(lineStart, template.start()).find()) {
                continue;
            }
            String key = template.group(1);
            String value = value(key, defaults);
            if (value == null) {
                throw undefined(name, text, template.start(), key);
            }
            unused.remove(key);
            result.append(text, done, template.start());
            result.append(nested(value, defaults, unused));
            done = template.end();
        }
        if (mustBeUsed && !unused.isEmpty()) {
            throw new Problem(
                    "cannot build " + name,
                    "unused build argument: " + String.join(", ", unused),
                    "use {{ " + unused.first() + " }} in it, or --warn-unused-build-args");
        }
        return result.append(text, done, text.length()).toString();
    }

    /// A value may itself name others, one level deep, as a default such as `{{ BASE }}-slim` does.
    private String nested(String value, Map<String, String> defaults, SortedSet<String> unused) {
        return TEMPLATE.matcher(value)
                .replaceAll(
                        inner -> {
                            String found = value(inner.group(1), defaults);
                            unused.remove(inner.group(1));
                            return Matcher.quoteReplacement(found == null ? inner.group() : found);
                        });
    }

    private @org.jspecify.annotations.Nullable String value(
            String key, Map<String, String> defaults) {
        String value = values.get(key);
        return value == null ? defaults.get(key) : value;
    }

    private static Problem undefined(String name, String text, int offset, String key) {
        int line = (int) text.substring(0, offset).chars().filter(c -> c == '\n').count() + 1;
        String said = text.lines().skip(line - 1L).findFirst().orElse("");
        return new Problem(
                "cannot build " + name,
                "build var "
                        + key
                        + " is not defined through either --build-arg (--build-arg-file) or"
                        + " 'arguments' section: "
                        + DefinitionParser.place(name, line, said),
                "--build-arg " + key + "=VALUE");
    }

    private static void put(Map<String, String> values, String where, String pair) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? "" : pair.substring(0, equals).strip();
        String value = equals < 0 ? "" : pair.substring(equals + 1).strip();
        if (key.isEmpty() || value.isEmpty()) {
            throw new Problem(
                    "cannot understand a build argument",
                    where + ": not NAME=VALUE: " + pair,
                    "write NAME=VALUE, the value not empty");
        }
        values.put(key, value);
    }
}
