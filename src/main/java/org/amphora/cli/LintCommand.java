// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.amphora.catalog.Finding;
import org.amphora.problem.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "lint",
        description =
                "Check all files of the site, committed or not; say what is wrong, by file and line.")
final class LintCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @Mixin private SiteOption site;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Override
    public Integer call() {
        List<Finding> findings = site.site().workingTree().findings();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(findings.stream().map(LintCommand::row).toList()));
        } else {
            findings.forEach(out::println);
        }
        out.flush();
        return (findings.isEmpty() ? ExitCode.OK : ExitCode.FAILURE).status();
    }

    private static Map<String, Object> row(Finding finding) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("file", finding.file());
        row.put("line", finding.line());
        row.put("message", finding.message());
        return row;
    }
}
