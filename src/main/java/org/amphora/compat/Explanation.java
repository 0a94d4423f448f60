// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.compat.check.Catalogue;
import org.amphora.compat.check.Check;

/// What an error log means: the lines that a check would have predicted, with cause and fix.
public final class Explanation {

    private final List<Recognized> recognized;

    /// One kind of trouble that a log shows.
    ///
    /// @param line number of the first line that has it
    /// @param text that line, without control characters
    /// @param count how many lines have it
    public record Recognized(
            Check check, long line, String text, long count, String cause, String fix) {}

    private Explanation(List<Recognized> recognized) {
        this.recognized = List.copyOf(recognized);
    }

    /// Reads a log to its end; memory does not grow with it. Any bytes will do.
    public static Explanation of(InputStream log) throws IOException {
        List<Symptom> symptoms = Symptoms.all();
        LogScan scan = new LogScan(symptoms);
        scan.read(log);
        List<Recognized> recognized = new ArrayList<>();
        scan.hits()
                .forEach(
                        (symptom, hit) -> {
                            if (hit.count() >= symptom.times()) {
                                recognized.add(recognized(symptom, hit));
                            }
                        });
        recognized.sort(
                Comparator.comparing((Recognized one) -> one.check().severity())
                        .thenComparingLong(Recognized::line));
        return new Explanation(recognized);
    }

    /// Worst first; empty when the log shows nothing that is known.
    public List<Recognized> recognized() {
        return recognized;
    }

    /// For people.
    public String text(Style style) {
        StringBuilder text = new StringBuilder();
        for (Recognized one : recognized) {
            String again = one.count() > 1 ? " (and %d more)".formatted(one.count() - 1) : "";
            text.append("line %d%s: %s%n".formatted(one.line(), again, style.quote(one.text())));
            text.append("  %s  %s%n".formatted(style.id(one.check()), one.check().title()));
            text.append(style.paragraph("cause", one.cause()));
            text.append(style.paragraph("fix", one.fix()));
            text.append(style.paragraph("more", one.check().page())).append('\n');
        }
        if (recognized.isEmpty()) {
            text.append("Nothing in this log is an error that Amphora knows.\n");
        }
        return text.toString();
    }

    /// For programs: a list of objects.
    public List<Map<String, Object>> json() {
        return recognized.stream().map(Explanation::json).toList();
    }

    private static Recognized recognized(Symptom symptom, LogScan.Hit hit) {
        return new Recognized(
                Catalogue.check(symptom.check()),
                hit.line(),
                hit.text(),
                hit.count(),
                symptom.cause(),
                symptom.fix());
    }

    private static Map<String, Object> json(Recognized one) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", one.check().id());
        row.put("severity", one.check().severity().toString());
        row.put("title", one.check().title());
        row.put("line", one.line());
        row.put("text", one.text());
        row.put("count", one.count());
        row.put("cause", one.cause());
        row.put("fix", one.fix());
        row.put("link", one.check().page());
        return row;
    }
}
