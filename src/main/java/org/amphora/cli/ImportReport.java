// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.amphora.migration.Migration;

/// What becomes of the things that could be imported.
record ImportReport(Migration.Kind kind, List<Migration.Item> items) {

    String lines() {
        StringBuilder lines = new StringBuilder();
        items.forEach(
                item ->
                        lines.append(
                                "%-12s %s: %s%n"
                                        .formatted(item.outcome(), item.subject(), item.reason())));
        return lines.toString();
    }

    List<Map<String, Object>> rows() {
        return items.stream().map(ImportReport::row).toList();
    }

    String summary(boolean applied) {
        List<String> parts = new ArrayList<>();
        for (Migration.Outcome outcome : Migration.Outcome.values()) {
            parts.add(items.stream().filter(i -> i.outcome() == outcome).count() + " " + outcome);
        }
        return kind.name().toLowerCase(Locale.ROOT)
                + ": "
                + String.join(", ", parts)
                + (applied ? "" : "; nothing is written yet: repeat it with --apply");
    }

    private static Map<String, Object> row(Migration.Item item) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("subject", item.subject());
        row.put("outcome", item.outcome().toString());
        row.put("reason", item.reason());
        return row;
    }
}
