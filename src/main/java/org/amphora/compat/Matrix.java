// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.amphora.compat.NodeReport.Result;
import org.amphora.compat.check.Check;
import org.amphora.compat.check.Outcome.NotApplicable;
import org.amphora.compat.check.Outcome.Unknown;
import org.amphora.compat.check.Severity;

/// Nodes in columns, and in rows the checks that found something on one of them.
final class Matrix {

    private static final int NARROWEST = 7;

    private final Report report;
    private final Style style;
    private final int first;

    Matrix(Report report, Style style) {
        this.report = report;
        this.style = style;
        this.first =
                Stream.concat(Stream.of(report.image()), checks().stream().map(Check::id))
                        .mapToInt(String::length)
                        .max()
                        .orElse(0);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(padded(report.image(), first));
        report.nodes().forEach(node -> text.append("  ").append(padded(node.node(), width(node))));
        text.append('\n').append(padded("", first));
        for (NodeReport node : report.nodes()) {
            text.append("  ")
                    .append(painted(node.worst(), words(node.worst(), "fits"), width(node)));
        }
        for (Check check : checks()) {
            text.append('\n').append(padded(check.id(), first));
            for (NodeReport node : report.nodes()) {
                Result result = result(node, check);
                text.append("  ")
                        .append(
                                painted(
                                        result.severity(),
                                        words(result.severity(), other(result)),
                                        width(node)));
            }
        }
        return text.append('\n').toString().replaceAll(" +\n", "\n");
    }

    private List<Check> checks() {
        return report.nodes().getFirst().results().stream()
                .map(Result::check)
                .filter(check -> report.nodes().stream().anyMatch(n -> isFound(n, check)))
                .toList();
    }

    private static boolean isFound(NodeReport node, Check check) {
        return result(node, check).severity().isPresent();
    }

    private static Result result(NodeReport node, Check check) {
        return node.results().stream()
                .filter(result -> result.check().equals(check))
                .findFirst()
                .orElseThrow();
    }

    private static String words(Optional<Severity> severity, String none) {
        return severity.map(
                        one ->
                                switch (one) {
                                    case BLOCK -> "fails";
                                    case WARN -> "warning";
                                    case INFO -> "note";
                                })
                .orElse(none);
    }

    private static String other(Result result) {
        return switch (result.outcome()) {
            case Unknown _ -> "unknown";
            case NotApplicable _ -> "–";
            default -> "ok";
        };
    }

    /// Blanks stay outside of the colour, so that those at the end of a line can go.
    private String painted(Optional<Severity> severity, String text, int width) {
        String blanks = padded(text, width).substring(text.length());
        return severity.map(one -> style.id(text, one)).orElse(text) + blanks;
    }

    private static int width(NodeReport node) {
        return Math.max(NARROWEST, node.node().length());
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
