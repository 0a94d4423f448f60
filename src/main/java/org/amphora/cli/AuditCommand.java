// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.records.AuditChain;
import org.amphora.records.AuditEntry;
import org.amphora.records.ChainVerification;
import org.amphora.records.Records;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "audit",
        description = "Show, export and verify the chain of what was done at the site.")
final class AuditCommand {

    @Spec private CommandSpec spec;

    @Command(
            name = "verify",
            description = "Look for entries and rows that were changed or removed, and name them.",
            footer = {"", "Exit status: 0 when all agrees, 1 when something does not."})
    int verify(
            @Mixin SiteOption site,
            @Option(
                            names = "--head",
                            paramLabel = "NUMBER:HASH",
                            description = "What `audit head` printed earlier, kept elsewhere.")
                    @Nullable String head,
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json) {
        Optional<AuditChain.Head> kept = Optional.ofNullable(head).map(AuditChain.Head::parse);
        try (Records records = SiteRecords.open(site)) {
            ChainVerification.Result result = records.verification().run(kept);
            if (json) {
                out().println(JsonText.of(row(result)));
            } else if (result.findings().isEmpty()) {
                out().printf(
                                "%d entries, unbroken to %s%n",
                                result.entries(), result.head().toString());
            } else {
                result.findings()
                        .forEach(
                                finding ->
                                        out().printf(
                                                        "entry %d %s%n",
                                                        finding.entry(), finding.text()));
            }
            out().flush();
            return result.findings().isEmpty() ? 0 : 1;
        }
    }

    @Command(
            name = "head",
            description = "Print number and hash of the last entry, to be kept elsewhere.")
    void head(@Mixin SiteOption site) {
        try (Records records = SiteRecords.open(site)) {
            out().println(records.audit().head());
            out().flush();
        }
    }

    @Command(name = "show", description = "List the last entries.")
    void show(
            @Mixin SiteOption site,
            @Option(
                            names = {"-n", "--last"},
                            defaultValue = "20",
                            paramLabel = "N",
                            description = "How many.")
                    int last,
            @Option(
                            names = {"-j", "--json"},
                            description = "As JSON.")
                    boolean json) {
        Deque<AuditEntry> entries = new ArrayDeque<>();
        try (Records records = SiteRecords.open(site)) {
            AuditChain chain = records.audit();
            chain.each(Math.max(chain.head().number() - last, 0) + 1, entries::add);
        }
        if (json) {
            List<Map<String, Object>> rows = new ArrayList<>();
            entries.forEach(entry -> rows.add(row(entry)));
            out().println(JsonText.of(rows));
        } else {
            for (AuditEntry entry : entries) {
                out().printf(
                                "%6d  %s  %-12s %-12s %s%n",
                                entry.number(),
                                entry.timeText(),
                                entry.person(),
                                entry.action(),
                                entry.subject());
            }
        }
        out().flush();
    }

    @Command(
            name = "export",
            description = "Print all entries, a JSON object on each line, the oldest first.")
    void export(
            @Mixin SiteOption site,
            @Option(
                            names = "--from",
                            defaultValue = "1",
                            paramLabel = "NUMBER",
                            description = "The first entry.")
                    long from) {
        try (Records records = SiteRecords.open(site)) {
            records.audit().each(from, entry -> out().println(JsonText.line(row(entry))));
            out().flush();
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private static Map<String, Object> row(ChainVerification.Result result) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("ok", result.findings().isEmpty());
        row.put("entries", result.entries());
        row.put("head", result.head().toString());
        row.put("findings", result.findings());
        return row;
    }

    private static Map<String, Object> row(AuditEntry entry) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("number", entry.number());
        row.put("time", entry.timeText());
        row.put("action", entry.action());
        row.put("subject", entry.subject());
        row.put("details", entry.details());
        row.put("personDigest", entry.personDigest());
        row.put("previous", entry.previous());
        row.put("hash", entry.hash());
        row.put("person", entry.person());
        entry.salt().ifPresent(salt -> row.put("salt", salt));
        return row;
    }
}
