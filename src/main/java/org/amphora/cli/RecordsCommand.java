// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.amphora.cluster.Account;
import org.amphora.cluster.Cluster;
import org.amphora.problem.Problem;
import org.amphora.records.JobAccounts;
import org.amphora.records.LaunchImport;
import org.amphora.records.Records;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "records", description = "Look after the records of the site.")
final class RecordsCommand {

    @ParentCommand private Commands parent;

    @Command(
            name = "import",
            description = "Collect launch records from spool directories or the text of a syslog.")
    void importLaunches(
            @Mixin SiteOption site,
            @Option(
                            names = "--syslog",
                            paramLabel = "FILE",
                            description = "A text with records; - for standard input.")
                    @Nullable Path syslog,
            @Parameters(arity = "0..*", paramLabel = "DIR", description = "Spool directories.")
                    @Nullable List<Path> directories) {
        Terminal terminal = parent.terminal();
        try (Records records = SiteRecords.open(site)) {
            LaunchImport work = records.launchImport(SiteRecords.person(), terminal::info);
            LaunchImport.Report report = new LaunchImport.Report(0, 0, 0);
            if (syslog != null) {
                report = lines(work, syslog);
            }
            for (Path directory : directories == null ? List.<Path>of() : directories) {
                report = work.spool(directory);
            }
            terminal.info(
                    "%d launches imported, %d known already, %d rejected"
                            .formatted(report.added(), report.known(), report.rejected()));
        }
    }

    @Command(
            name = "accounts",
            description = "Ask the resource manager how the jobs of launches ended.")
    void accounts(
            @Mixin SiteOption site,
            @Mixin Manager manager,
            @Option(
                            names = "--at-most",
                            paramLabel = "N",
                            defaultValue = "1000",
                            description = "How many jobs, the newest first (${DEFAULT-VALUE}).")
                    int atMost) {
        Cluster cluster = manager.cluster();
        try (Records records = SiteRecords.open(site)) {
            int kept = 0;
            for (String job : records.jobs().missing(atMost)) {
                for (Account account : cluster.accounts(job)) {
                    if (account.end().isPresent()) {
                        records.jobs().keep(row(account));
                        kept++;
                    }
                }
            }
            parent.terminal().info("accounts of " + kept + " jobs joined");
        }
    }

    private static JobAccounts.Job row(Account account) {
        return new JobAccounts.Job(
                account.status().id(),
                account.status().state().name(),
                account.status().exitCode(),
                account.start(),
                account.end(),
                account.cpuTime().stream().mapToLong(Duration::toMillis).findFirst(),
                account.peakMemoryInBytes(),
                String.join(" ", account.nodes()));
    }

    @Command(
            name = "forget",
            description = "Replace names of people that are older than retention-days allows.")
    void forget(@Mixin SiteOption site) {
        Duration names =
                site.site()
                        .policy()
                        .records()
                        .names()
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot forget names",
                                                "policy.yaml does not say how long they are kept",
                                                "set records: {retention-days: 730} in it and"
                                                        + " commit"));
        try (Records records = SiteRecords.open(site)) {
            long count = records.forgetNames(names, SiteRecords.person());
            parent.terminal().info(count + " names forgotten");
        }
    }

    private static LaunchImport.Report lines(LaunchImport work, Path file) {
        boolean standardInput = file.toString().equals("-");
        try (BufferedReader text =
                new BufferedReader(
                        new InputStreamReader(
                                standardInput ? System.in : Files.newInputStream(file),
                                StandardCharsets.UTF_8))) {
            return work.lines(text, standardInput ? "standard input" : file.toString());
        } catch (IOException e) {
            throw new Problem(
                    "cannot import " + file,
                    String.valueOf(e.getMessage()),
                    "check that it is a text that you may read",
                    e);
        }
    }
}
