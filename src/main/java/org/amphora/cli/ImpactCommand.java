// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.amphora.catalog.VersionId;
import org.amphora.records.Records;
import org.amphora.records.Usage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "impact",
        description = "Show who would miss a version: who used it lately, and jobs that run now.")
final class ImpactCommand implements Runnable {
    static final int DAYS = 90;

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "" + DAYS,
            description = "How far to look back (${DEFAULT-VALUE}).")
    private int days;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Parameters(
            paramLabel = "NAME/VERSION",
            converter = ChannelCommands.Id.class,
            description = "As samtools/1.19.")
    private VersionId id;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        try (Records records = SiteRecords.open(site)) {
            Impact impact = Impact.of(records.usage(), id, since(days));
            if (json) {
                out.println(JsonText.of(row(impact)));
            } else {
                impact.lines().forEach(out::println);
            }
        }
        out.flush();
    }

    static Instant since(int days) {
        return Instant.now().minus(Duration.ofDays(days));
    }

    private static Map<String, Object> row(Impact impact) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("version", impact.id().toString());
        row.put("since", impact.since().toString());
        row.put("users", impact.users().stream().map(ImpactCommand::row).toList());
        row.put("jobs", impact.jobs().stream().map(ImpactCommand::row).toList());
        return row;
    }

    private static Map<String, Object> row(Usage.User user) {
        return Map.of(
                "user",
                user.person(),
                "group",
                user.team(),
                "launches",
                user.launches(),
                "last",
                user.last().toString());
    }

    private static Map<String, Object> row(Impact.RunningJob job) {
        return Map.of(
                "job",
                job.job().job(),
                "user",
                job.job().person(),
                "state",
                job.state().name(),
                "since",
                job.job().started().toString());
    }
}
