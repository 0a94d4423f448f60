// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/// What a captured tree holds beside copies of files: the outcome of everything that was tried, by
/// a key, one a line, and of files that could not be read.
///
/// ```
/// amphora-capture 1
/// userns	=works
/// unreadable:/etc/munge	?permission denied
/// ```
///
/// The first character of the value tells known (`=`), absent (`-`) or unknown (`?`).
final class CaptureFile {

    static final String NAME = "amphora.capture";
    private static final String HEADER = "amphora-capture ";
    private static final String VERSION = HEADER + "1";
    private static final long LARGEST = 16 << 20;

    private final Map<String, Fact<String>> outcomes;
    private final String trouble;

    private CaptureFile(Map<String, Fact<String>> outcomes, String trouble) {
        this.outcomes = outcomes;
        this.trouble = trouble;
    }

    /// Reads the one in a tree; a tree without it, or with one that cannot be understood, tells of
    /// every outcome why it is unknown.
    static CaptureFile in(Path root) {
        Path file = root.resolve(NAME);
        try {
            if (!Files.isRegularFile(file)) {
                throw new NoSuchFileException(NAME);
            }
            if (Files.size(file) > LARGEST) {
                return new CaptureFile(Map.of(), NAME + " is larger than 16 MiB");
            }
            return parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return new CaptureFile(Map.of(), "the tree has no " + NAME + " that tells");
        } catch (IOException e) {
            return new CaptureFile(Map.of(), NAME + " cannot be read");
        }
    }

    static CaptureFile parse(String text) {
        String[] lines = text.split("\n", -1);
        if (!lines[0].equals(VERSION)) {
            return new CaptureFile(
                    Map.of(),
                    lines[0].startsWith(HEADER)
                            ? NAME + " is of another version, " + shown(lines[0])
                            : NAME + " does not begin with " + VERSION);
        }
        Map<String, Fact<String>> outcomes = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int tab = lines[i].indexOf('\t');
            if (tab > 0 && tab + 1 < lines[i].length()) {
                String key = lines[i].substring(0, tab);
                String value = unescaped(lines[i].substring(tab + 2));
                switch (lines[i].charAt(tab + 1)) {
                    case '=' -> outcomes.put(key, Fact.known(value, key));
                    case '-' -> outcomes.put(key, Fact.absent(key));
                    default -> outcomes.put(key, Fact.unknown(key, value));
                }
            }
        }
        return new CaptureFile(outcomes, NAME + " does not tell");
    }

    /// The outcome under a key, with `source` as its source.
    Fact<String> outcome(String key, String source) {
        Fact<String> found = outcomes.get(key);
        if (found == null) {
            return Fact.unknown(source, trouble);
        }
        return new Fact<>(found.value(), source, found.unknown());
    }

    /// Whether there is one.
    boolean has(String key) {
        return outcomes.containsKey(key);
    }

    static String text(Map<String, Fact<String>> outcomes) {
        StringBuilder text = new StringBuilder(VERSION).append('\n');
        for (Map.Entry<String, Fact<String>> entry : outcomes.entrySet()) {
            Fact<String> fact = entry.getValue();
            text.append(entry.getKey()).append('\t');
            if (fact.isKnown()) {
                text.append('=').append(escaped(fact.orElse("")));
            } else if (fact.isUnknown()) {
                text.append('?').append(escaped(fact.unknown().orElse("")));
            } else {
                text.append('-');
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String shown(String line) {
        return line.length() > 60 ? line.substring(0, 60) + "…" : line;
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n");
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                plain.append(text.charAt(i) == 'n' ? '\n' : text.charAt(i));
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
