// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;
import org.amphora.problem.Problem;

/// Reads definition files as apptainer `pkg/build/types/parser/deffile.go` does, but with the line
/// in each error, and stricter where it ignores what the author meant (a third word in `%files`).
final class DefinitionParser {

    private static final Set<String> HEADERS =
            Set.of(
                    "bootstrap",
                    "from",
                    "includecmd",
                    "mirrorurl",
                    "updateurl",
                    "osversion",
                    "include",
                    "library",
                    "registry",
                    "namespace",
                    "stage",
                    "product",
                    "user",
                    "regcode",
                    "productpgp",
                    "registerurl",
                    "modules",
                    "fingerprints",
                    "confurl",
                    "setopt",
                    "target",
                    "frontend",
                    "filename",
                    "buildargs");

    private static final Pattern OTHER_URL = Pattern.compile("otherurl\\d+");
    private static final Pattern STAGE = Pattern.compile("(?i)^bootstrap:.*");

    private final String name;
    private final List<String> lines;

    private final SequencedMap<String, String> header = new LinkedHashMap<>();
    private final Map<Section, Script> scripts = new EnumMap<>(Section.class);
    private final List<Definition.Copy> files = new ArrayList<>();
    private final SequencedMap<String, String> labels = new LinkedHashMap<>();

    private DefinitionParser(String name, String text) {
        this.name = name;
        this.lines = text.lines().toList();
    }

    static Definition read(Path file, BuildArguments arguments) {
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new Problem(
                    "cannot read recipe " + file,
                    "it is not UTF-8 text",
                    "name a definition file; iconv converts other encodings",
                    e);
        } catch (IOException e) {
            throw new Problem(
                    "cannot read recipe " + file,
                    Files.exists(file) ? String.valueOf(e) : "no such file",
                    "check the path",
                    e);
        }
        String name = String.valueOf(file.getFileName());
        // The defaults must be known before the rest is substituted; nothing else is checked yet.
        Map<String, String> defaults = BuildArguments.lines(name + " %arguments", defaults(text));
        return parse(name, arguments.substitute(name, text, defaults));
    }

    static Definition parse(String name, String text) {
        DefinitionParser parser = new DefinitionParser(name, text);
        parser.parse();
        return new Definition(
                name, text, parser.header, parser.scripts, parser.files, parser.labels);
    }

    /// A line of a definition file as errors show it.
    static String place(String name, int line, String text) {
        return name + ":" + line + ": " + text.strip();
    }

    private static String defaults(String text) {
        StringBuilder found = new StringBuilder();
        boolean inside = false;
        for (String line : text.lines().toList()) {
            if (isSectionLine(line)) {
                inside = sectionWord(line).equals(Section.ARGUMENTS.word());
            } else if (inside) {
                found.append(line).append('\n');
            }
        }
        return found.toString();
    }

    private void parse() {
        refuseSecondStage();
        int at = 0;
        while (at < lines.size() && !isSectionLine(lines.get(at))) {
            at = headerLine(at);
        }
        while (at < lines.size()) {
            int end = at + 1;
            while (end < lines.size() && !isSectionLine(lines.get(end))) {
                end++;
            }
            section(at, end);
            at = end;
        }
        if (header.isEmpty() && scripts.isEmpty() && files.isEmpty() && labels.isEmpty()) {
            throw new Problem(
                    "cannot read recipe " + name,
                    "empty definition file",
                    "begin it with Bootstrap: and From: lines");
        }
        if (header.getOrDefault("bootstrap", "").isEmpty()) {
            throw new Problem(
                    "cannot read recipe " + name,
                    "no Bootstrap: line before the first section",
                    "begin it with e.g. Bootstrap: docker");
        }
    }

    private void refuseSecondStage() {
        boolean found = false;
        for (int i = 0; i < lines.size(); i++) {
            if (STAGE.matcher(lines.get(i)).matches()) {
                if (found) {
                    throw problem(
                            i,
                            "a second stage begins here, and builds of several stages are not"
                                    + " supported yet",
                            "build the stages one by one: the later with Bootstrap: localimage");
                }
                found = true;
            }
        }
    }

    /// @return the index of the line after it, which is not the next one if it is continued
    private int headerLine(int at) {
        String line = withoutComment(lines.get(at));
        if (line.isEmpty()) {
            return at + 1;
        }
        int colon = line.indexOf(':');
        if (colon < 0) {
            throw problem(at, "no colon in a header line", "write Key: value");
        }
        String key = line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
        if (!HEADERS.contains(key) && !OTHER_URL.matcher(key).matches()) {
            throw problem(
                    at,
                    "invalid header keyword found: " + key,
                    "sections begin with %; the keys are those of the user guide, e.g. Bootstrap,"
                            + " From, OSVersion, MirrorURL, Include");
        }
        StringBuilder value = new StringBuilder(line.substring(colon + 1).strip());
        int next = at + 1;
        while (!value.isEmpty() && value.charAt(value.length() - 1) == '\\') {
            value.setLength(value.length() - 1);
            if (next == lines.size() || isSectionLine(lines.get(next))) {
                throw problem(next - 1, "continued, but the header ends here", "remove the \\");
            }
            value.append(withoutComment(lines.get(next)));
            next++;
        }
        header.put(key, value.toString().strip());
        return next;
    }

    private void section(int at, int end) {
        String line = lines.get(at).strip();
        String word = sectionWord(line);
        String[] halves = line.split("\\s", 2);
        String arguments = halves.length == 2 ? withoutComment(halves[1]) : "";
        if (word.startsWith("app")) {
            throw problem(
                    at,
                    "sections of SCIF applications are not supported yet",
                    "install the application in %post and choose it in %runscript");
        }
        Optional<Section> found = Section.named(word);
        if (found.isEmpty()) {
            throw problem(
                    at,
                    "invalid section(s) specified: " + word,
                    "the sections are " + Section.list());
        }
        Section section = found.get();
        StringBuilder text = new StringBuilder();
        for (int i = at + 1; i < end; i++) {
            text.append(lines.get(i)).append('\n');
        }
        switch (section) {
            case FILES -> files(arguments, at, end);
            case LABELS -> labels.putAll(labels(text.toString()));
            default -> scripts.merge(section, new Script(arguments, text.toString()), Script::and);
        }
    }

    private void files(String arguments, int at, int end) {
        if (!arguments.isEmpty()) {
            throw problem(
                    at,
                    "files of another stage are wanted, and builds of several stages are not"
                            + " supported yet",
                    "write %files alone to copy from this machine");
        }
        for (int i = at + 1; i < end; i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            List<String> words = words(i, line);
            if (words.size() > 2) {
                throw problem(
                        i,
                        words.size() + " words, at most a source and a destination are understood",
                        "one source on a line; quote paths that have spaces");
            }
            files.add(
                    new Definition.Copy(
                            words.getFirst(),
                            words.size() == 2 ? Optional.of(words.get(1)) : Optional.empty(),
                            i + 1));
        }
    }

    /// The words of a line; single or double quotes hold spaces, a word that begins with `#` ends
    /// it.
    private List<String> words(int at, String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else if (c == '#' && !inWord && !words.isEmpty()) {
                return words;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) {
            throw problem(at, "a quote is not closed", "add the missing " + quote);
        }
        if (inWord) {
            words.add(word.toString());
        }
        if (words.stream().anyMatch(String::isEmpty)) {
            throw problem(at, "an empty path", "name a file");
        }
        return words;
    }

    /// Labels of `%labels` and of the file that `%post` may fill: the first word is the key, the
    /// rest of the line the value.
    static SequencedMap<String, String> labels(String text) {
        SequencedMap<String, String> labels = new LinkedHashMap<>();
        for (String line : text.lines().map(String::strip).toList()) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                String[] parts = line.split("\\s+", 2);
                labels.put(parts[0], parts.length == 2 ? parts[1] : "");
            }
        }
        return labels;
    }

    private static boolean isSectionLine(String line) {
        return line.stripLeading().startsWith("%");
    }

    private static String sectionWord(String line) {
        String stripped = line.strip();
        int end = 0;
        while (end < stripped.length() && !Character.isWhitespace(stripped.charAt(end))) {
            end++;
        }
        int from = 0;
        while (from < end && stripped.charAt(from) == '%') {
            from++;
        }
        return stripped.substring(from, end).toLowerCase(Locale.ROOT);
    }

    private static String withoutComment(String line) {
        int comment = line.indexOf('#');
        return (comment < 0 ? line : line.substring(0, comment)).strip();
    }

    private Problem problem(int index, String why, String fix) {
        return new Problem(
                "cannot read recipe " + name,
                why + ": " + place(name, index + 1, lines.get(index)),
                fix);
    }
}
