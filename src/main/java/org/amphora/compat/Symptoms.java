// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// The table of symptoms, `symptoms.txt`; the file says how it is written.
final class Symptoms {

    private Symptoms() {}

    static List<Symptom> all() {
        try (InputStream table = Symptoms.class.getResourceAsStream("symptoms.txt")) {
            Objects.requireNonNull(table, "symptoms.txt");
            return parse(new String(table.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Symptom> parse(String table) {
        List<Symptom> symptoms = new ArrayList<>();
        for (String stanza : table.replace("\n  ", " ").split("\n\n+")) {
            List<String> lines =
                    stanza.lines()
                            .filter(line -> !line.isBlank() && line.charAt(0) != '#')
                            .toList();
            if (!lines.isEmpty()) {
                symptoms.add(symptom(lines));
            }
        }
        return List.copyOf(symptoms);
    }

    private static Symptom symptom(List<String> lines) {
        return new Symptom(
                one(lines, "check"),
                values(lines, "text").stream().map(LinePattern::parse).toList(),
                values(lines, "example"),
                values(lines, "times").stream().mapToInt(Integer::parseInt).findFirst().orElse(1),
                one(lines, "cause"),
                one(lines, "fix"));
    }

    private static String one(List<String> lines, String key) {
        List<String> values = values(lines, key);
        if (values.size() != 1) {
            throw new IllegalArgumentException(
                    values.size() + " times `" + key + "` in the stanza of " + lines.getFirst());
        }
        return values.getFirst();
    }

    private static List<String> values(List<String> lines, String key) {
        return lines.stream()
                .filter(line -> line.startsWith(key + " "))
                .map(line -> line.substring(key.length() + 1))
                .toList();
    }
}
