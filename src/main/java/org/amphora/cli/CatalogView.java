// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Channels;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.Overview;
import org.amphora.compat.Style;

/// The catalog as rows for people and for `--json`.
final class CatalogView {

    private final Catalog catalog;

    CatalogView(Catalog catalog) {
        this.catalog = catalog;
    }

    private static Map<String, Object> row(Overview.Entry entry) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", entry.name());
        row.put("stable", entry.stable().orElse(null));
        row.put("candidate", entry.candidate().orElse(null));
        row.put("versions", entry.versions());
        row.put("summary", entry.summary());
        return row;
    }

    /// Prints applications, one a line.
    static void print(PrintWriter out, List<Overview.Entry> entries, boolean json) {
        if (json) {
            out.println(JsonText.of(entries.stream().map(CatalogView::row).toList()));
        } else {
            Style style = Terminal.style();
            entries.forEach(entry -> out.println(line(entry, style)));
        }
        out.flush();
    }

    private static String line(Overview.Entry entry, Style style) {
        return style.title(padded(entry.name(), 24))
                + " "
                + style.good(padded(entry.stable().orElse("-"), 16))
                + " "
                + entry.summary();
    }

    /// As `%-Ns`, which takes a young JVM fifty times as long for a thousand lines.
    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    /// All that is known of an application.
    Map<String, Object> app(String app) {
        Channels channels = catalog.channels(app);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", app);
        row.put("stable", channels.stable().orElse(null));
        row.put("candidate", channels.candidate().orElse(null));
        row.put("versions", catalog.versions(app).stream().map(this::version).toList());
        return row;
    }

    /// All that is known of one version.
    private Map<String, Object> version(AppVersion app) {
        Channels channels = catalog.channels(app.id().app());
        Map<String, Object> row = new LinkedHashMap<>();
        String number = app.id().version();
        row.put("version", number);
        row.put("status", channels.status(number).toString());
        row.put("summary", app.about().summary());
        app.about().homepage().ifPresent(text -> row.put("homepage", text));
        app.about().licence().ifPresent(text -> row.put("licence", text));
        app.about().cite().ifPresent(text -> row.put("cite", text));
        row.put("image", app.image().map(Object::toString).orElse(null));
        app.from().ifPresent(from -> row.put("from", from));
        row.put("commands", app.commands().stream().map(ExposedCommand::name).toList());
        row.put("runs", app.runs());
        row.put("maintainers", app.maintainers());
        Channels.Deprecation old = channels.deprecated().get(number);
        if (old != null) {
            row.put("deprecatedAfter", old.after().map(Object::toString).orElse(null));
            row.put("message", old.message());
        }
        String reason = channels.withdrawn().get(number);
        if (reason != null) {
            row.put("reason", reason);
        }
        return row;
    }

    /// What `show` prints.
    List<String> lines(String app, Style style) {
        AppVersion face = catalog.face(app);
        List<String> lines = new ArrayList<>();
        lines.add(style.title(app) + " - " + face.about().summary());
        face.about().homepage().ifPresent(text -> lines.add("homepage    " + text));
        face.about().licence().ifPresent(text -> lines.add("licence     " + text));
        face.about().cite().ifPresent(text -> lines.add("cite        " + text));
        add(lines, "commands    ", face.commands().stream().map(ExposedCommand::name).toList());
        add(lines, "only for    ", face.runs());
        add(lines, "maintainers ", face.maintainers());
        lines.add("");
        Channels channels = catalog.channels(app);
        for (AppVersion version : catalog.versions(app).reversed()) {
            String number = version.id().version();
            String note = channels.withdrawn().getOrDefault(number, "");
            Channels.Deprecation old = channels.deprecated().get(number);
            if (old != null && note.isEmpty()) {
                note =
                        old.after().map(day -> "refused from " + day + ": ").orElse("")
                                + old.message();
            }
            lines.add(
                    "%-20s %s %s  %s"
                            .formatted(
                                    number,
                                    painted(channels.status(number), style),
                                    version.image().map(d -> d.shortHex()).orElse("no image yet"),
                                    note)
                            .stripTrailing());
        }
        return lines;
    }

    private static String painted(Channels.Status status, Style style) {
        String text = "%-10s".formatted(status);
        return switch (status) {
            case STABLE -> style.good(text);
            case DEPRECATED -> style.doubtful(text);
            case WITHDRAWN -> style.bad(text);
            case NEW, CANDIDATE -> style.quote(text);
            case EARLIER -> text;
        };
    }

    private static void add(List<String> lines, String label, List<String> items) {
        if (!items.isEmpty()) {
            lines.add(label + String.join(", ", items));
        }
    }
}
