// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.amphora.problem.Problem;

/// Collects what is found in a source.
final class Findings {

    private final List<Draft> drafts = new ArrayList<>();
    private final List<Migration.Item> items = new ArrayList<>();
    private final Map<String, List<String>> reasons = new LinkedHashMap<>();
    private final Map<String, String> texts = new LinkedHashMap<>();

    void take(Draft draft) {
        drafts.add(draft);
    }

    void leave(String subject, String reason) {
        items.add(new Migration.Item(subject, Migration.Outcome.LEFT, reason));
    }

    /// Puts something aside together with the text that it comes from.
    ///
    /// @param name of the text, unique in the source
    void quarantine(String name, String text, String subject, String reason) {
        items.add(new Migration.Item(subject, Migration.Outcome.QUARANTINED, reason));
        texts.put(name, text);
        reasons.computeIfAbsent(name, _ -> new ArrayList<>()).add(subject + ": " + reason);
    }

    List<Draft> drafts() {
        return drafts;
    }

    /// Those that are not taken.
    List<Migration.Item> items() {
        return items;
    }

    boolean isEmpty() {
        return items.isEmpty() && drafts.isEmpty();
    }

    /// What was put aside, each text with the reasons before it as comments.
    Map<String, String> quarantine(Migration.Kind kind) {
        Map<String, String> files = new LinkedHashMap<>();
        texts.forEach(
                (name, text) -> {
                    StringBuilder all = new StringBuilder();
                    reasons.getOrDefault(name, List.of())
                            .forEach(reason -> all.append("# ").append(reason).append('\n'));
                    String directory = kind.name().toLowerCase(Locale.ROOT);
                    files.put("quarantine/" + directory + "/" + name, all + text);
                });
        return files;
    }

    /// The text of a file; empty when it is none.
    static String text(Path file) {
        try {
            return Files.size(file) > Migration.LARGEST_TEXT ? "" : Files.readString(file);
        } catch (CharacterCodingException e) {
            return "";
        } catch (IOException e) {
            throw new Problem(
                    "cannot import " + file, e.toString(), "check that you may read it", e);
        }
    }
}
