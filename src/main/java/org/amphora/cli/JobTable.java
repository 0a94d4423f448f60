// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.amphora.cluster.Account;
import org.amphora.cluster.SubmittedJobs;
import picocli.CommandLine.Model.CommandSpec;

/// Jobs for people and as JSON.
final class JobTable {

    private JobTable() {}

    static void print(CommandSpec spec, List<SubmittedJobs.Seen> jobs, boolean json) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(jobs.stream().map(JobTable::row).toList()));
        } else {
            out.printf(
                    "%-14s %-10s %-13s %-5s %-20s %s%n",
                    "ID", "MANAGER", "STATE", "EXIT", "SUBMITTED", "IMAGE");
            jobs.forEach(job -> out.println(line(job)));
        }
        out.flush();
    }

    /// One object for a single job, an array for the elements of one.
    static void printOne(CommandSpec spec, List<SubmittedJobs.Seen> jobs, boolean json) {
        if (json && jobs.size() == 1) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(JsonText.of(row(jobs.getFirst())));
            out.flush();
        } else {
            print(spec, jobs, json);
        }
    }

    private static String line(SubmittedJobs.Seen job) {
        String reason = job.status().reason();
        return "%-14s %-10s %-13s %-5s %-20s %s%s"
                .formatted(
                        job.status().id(),
                        job.entry().manager(),
                        job.status().state(),
                        text(job.status().shellStatus()),
                        job.entry().submitted().truncatedTo(ChronoUnit.SECONDS),
                        job.entry().image(),
                        reason.isEmpty() ? "" : "  (" + reason + ")");
    }

    private static String text(OptionalInt number) {
        return number.isPresent() ? Integer.toString(number.getAsInt()) : "-";
    }

    private static Map<String, Object> row(SubmittedJobs.Seen job) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", job.status().id());
        row.put("manager", job.entry().manager());
        row.put("state", job.status().state().name());
        row.put("managerState", job.status().word());
        job.status().exitCode().ifPresent(code -> row.put("exitCode", code));
        job.status().signal().ifPresent(signal -> row.put("signal", signal));
        row.put("reason", job.status().reason());
        row.put("name", job.entry().job().name());
        row.put("image", job.entry().image());
        row.put("command", job.entry().job().command());
        row.put("submitted", job.entry().submitted().toString());
        row.put("output", job.outputFile());
        job.account().ifPresent(account -> addTo(row, account));
        return row;
    }

    private static void addTo(Map<String, Object> row, Account account) {
        account.start().ifPresent(start -> row.put("started", start.toString()));
        account.end().ifPresent(end -> row.put("ended", end.toString()));
        account.cpuTime().ifPresent(time -> row.put("cpuSeconds", time.toMillis() / 1000.0));
        account.peakMemoryInBytes().ifPresent(bytes -> row.put("peakMemoryInBytes", bytes));
        row.put("nodes", account.nodes());
    }
}
