// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.catalog.Revision;
import org.amphora.compat.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "log", description = "Show what happened to an application, the last thing first.")
final class LogCommand implements Runnable {

    private static final DateTimeFormatter DAY_AND_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Parameters(paramLabel = "NAME", description = "The application.")
    private String app;

    @Override
    public void run() {
        List<Revision> revisions = site.site().log(app);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(revisions.stream().map(LogCommand::row).toList()));
        } else {
            revisions.forEach(revision -> print(out, revision));
        }
        out.flush();
    }

    private static void print(PrintWriter out, Revision revision) {
        Style style = Terminal.style();
        out.printf(
                "%s  %s  %s  %s%n",
                style.quote(DAY_AND_TIME.format(revision.time())),
                style.doubtful(revision.commit().substring(0, 8)),
                style.title(revision.subject()),
                style.quote("(" + revision.author() + ")"));
        revision.reason().lines().forEach(line -> out.println("    " + line));
    }

    private static Map<String, Object> row(Revision revision) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("commit", revision.commit());
        row.put("time", revision.time().toString());
        row.put("author", revision.author());
        row.put("subject", revision.subject());
        row.put("reason", revision.reason());
        return row;
    }
}
