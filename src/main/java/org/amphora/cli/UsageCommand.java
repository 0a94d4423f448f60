// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.records.Records;
import org.amphora.records.Usage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "usage", description = "Show how much was launched, by how many, for how long.")
final class UsageCommand implements Runnable {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(names = "--app", paramLabel = "NAME", description = "Only this application.")
    private @Nullable String app;

    @Option(names = "--version", paramLabel = "VERSION", description = "Only this version.")
    private @Nullable String version;

    @Option(names = "--user", paramLabel = "LOGIN", description = "Only launches of this user.")
    private @Nullable String user;

    @Option(names = "--group", paramLabel = "NAME", description = "Only users of this group.")
    private @Nullable String group;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = Since.class,
            description = "Only since a date, 2026-01-31, or for so long: 30d, 12w, 6m, 1y.")
    private Instant since = Instant.EPOCH;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Override
    public void run() {
        List<Usage.Row> rows;
        try (Records records = SiteRecords.open(site)) {
            rows =
                    records.usage()
                            .rows(
                                    new Usage.Query(
                                            Optional.ofNullable(app),
                                            Optional.ofNullable(version),
                                            Optional.ofNullable(user),
                                            Optional.ofNullable(group),
                                            since));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(rows.stream().map(UsageCommand::row).toList()));
        } else {
            out.printf(
                    "%-28s %10s %6s %12s  %s%n",
                    "VERSION", "LAUNCHES", "USERS", "NODE HOURS", "LAST");
            for (Usage.Row row : rows) {
                out.printf(
                        "%-28s %10d %6d %12.1f  %s%n",
                        name(row),
                        row.launches(),
                        row.people(),
                        row.nodeHours(),
                        row.last().toString().substring(0, 10));
            }
        }
        out.flush();
    }

    private static String name(Usage.Row row) {
        return row.application().isEmpty()
                ? "(not in the catalog)"
                : row.application() + "/" + row.version();
    }

    private static Map<String, Object> row(Usage.Row usage) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("app", usage.application());
        row.put("version", usage.version());
        row.put("launches", usage.launches());
        row.put("users", usage.people());
        row.put("nodeHours", usage.nodeHours());
        row.put("last", usage.last().toString());
        return row;
    }
}
