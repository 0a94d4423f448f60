// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.compat.NodeReport.Result;
import org.amphora.compat.check.Check;
import org.amphora.compat.check.Evidence;
import org.amphora.compat.check.Finding;
import org.amphora.compat.check.Fix;
import org.amphora.compat.check.Outcome.Found;
import org.amphora.compat.check.Outcome.NotApplicable;
import org.amphora.compat.check.Outcome.Passed;
import org.amphora.compat.check.Outcome.Unknown;
import org.amphora.compat.check.Severity;

/// A report in words. The same finding on several nodes is told once.
final class ReportText {

    private final Report report;
    private final Style style;
    private final StringBuilder text = new StringBuilder();

    /// A finding, for which one is the same on two nodes.
    private record Told(Check check, Finding finding) {}

    ReportText(Report report, Style style, boolean all) {
        this.report = report;
        this.style = style;
        if (report.nodes().size() > 1) {
            text.append(new Matrix(report, style)).append('\n');
        }
        findings();
        if (all) {
            report.nodes().forEach(this::others);
        }
        report.nodes().forEach(this::summary);
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private void findings() {
        Map<Told, List<String>> nodes = new LinkedHashMap<>();
        for (Severity severity : Severity.values()) {
            for (NodeReport node : report.nodes()) {
                for (Result result : node.found()) {
                    if (result.outcome() instanceof Found found) {
                        for (Finding finding : found.findings()) {
                            if (finding.severity() == severity) {
                                nodes.computeIfAbsent(
                                                new Told(result.check(), finding),
                                                told -> new ArrayList<>())
                                        .add(node.node());
                            }
                        }
                    }
                }
            }
        }
        nodes.forEach(this::finding);
    }

    private void finding(Told told, List<String> nodes) {
        Finding finding = told.finding();
        String where = report.nodes().size() > 1 ? " on " + String.join(", ", nodes) : "";
        text.append(style.id(told.check().id(), finding.severity()));
        text.append("  ").append(finding.severity().words()).append(where).append('\n');
        text.append(style.paragraph("", finding.sentence()));
        String label = "seen";
        for (Evidence evidence : finding.evidence()) {
            text.append(style.line(label, evidence.toString()));
            label = "";
        }
        finding.error().ifPresent(error -> text.append(style.line("error", error)));
        String fix = report.filled(finding.fix().text());
        text.append(
                switch (finding.fix()) {
                    case Fix.Automatic _ -> style.paragraph("fix", "automatic: " + fix);
                    case Fix.Command _ -> style.line("fix", fix);
                    case Fix.Advice _ -> style.paragraph("fix", fix);
                });
        text.append(style.line("more", told.check().page())).append('\n');
    }

    private void others(NodeReport node) {
        if (report.nodes().size() > 1) {
            text.append(node.node()).append('\n');
        }
        for (Result result : node.results()) {
            String line =
                    switch (result.outcome()) {
                        case Passed(String seen) ->
                                style.good("passed ") + "  " + cell(result, seen);
                        case NotApplicable(String why) -> "no case  " + cell(result, why);
                        case Unknown(String why) -> "unknown  " + cell(result, why);
                        case Found _ -> "";
                    };
            text.append(line.isEmpty() ? "" : line + "\n");
        }
        text.append('\n');
    }

    private static String cell(Result result, String words) {
        return "%-21s  %s".formatted(result.check().id(), words);
    }

    private void summary(NodeReport node) {
        String name = report.image() + " on " + node.node() + ": ";
        text.append(name)
                .append(node.worst().isEmpty() ? style.good("fits") : verdict(node))
                .append(
                        " (%d passed, %d do not apply, %d unknown)%n"
                                .formatted(
                                        node.count(Passed.class),
                                        node.count(NotApplicable.class),
                                        node.count(Unknown.class)));
    }

    private static String verdict(NodeReport node) {
        List<String> parts = new ArrayList<>();
        long block = node.count(Severity.BLOCK);
        long warn = node.count(Severity.WARN);
        long info = node.count(Severity.INFO);
        if (block > 0) {
            parts.add("would fail, " + block + (block == 1 ? " reason" : " reasons"));
        }
        if (warn > 0) {
            parts.add(warn + (warn == 1 ? " warning" : " warnings"));
        }
        if (info > 0) {
            parts.add(info + (info == 1 ? " note" : " notes"));
        }
        return String.join(", ", parts);
    }
}
