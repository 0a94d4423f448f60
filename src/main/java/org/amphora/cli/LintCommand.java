// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Site;
import org.amphora.problem.ExitCode;
import org.amphora.yaml.Finding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "lint",
        description =
                "Check all files of the site, committed or not, and who committed what users get; say what is wrong, by file and line.")
final class LintCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @ParentCommand private Commands parent;
    @Mixin private SiteOption where;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Override
    public Integer call() {
        Site site = where.site();
        Catalog tree = site.workingTree();
        List<Finding> findings = new ArrayList<>(tree.findings());
        findings.addAll(site.unapproved());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(findings.stream().map(LintCommand::row).toList()));
        } else {
            findings.forEach(out::println);
        }
        out.flush();
        if (findings.isEmpty()) {
            parent.terminal().info(Plural.of(tree.apps().size(), "application") + ", no findings");
        }
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
