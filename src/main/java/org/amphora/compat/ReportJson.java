// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.compat.NodeReport.Result;
import org.amphora.compat.check.Evidence;
import org.amphora.compat.check.Finding;
import org.amphora.compat.check.Outcome;
import org.amphora.compat.check.Outcome.Found;
import org.amphora.compat.check.Outcome.NotApplicable;
import org.amphora.compat.check.Outcome.Passed;
import org.amphora.compat.check.Outcome.Unknown;
import org.amphora.compat.check.Severity;

/// A report as data: all findings of all nodes in one list, then each node with what became of the
/// other checks.
final class ReportJson {

    private ReportJson() {}

    static Map<String, Object> of(Report report) {
        List<Object> findings = new ArrayList<>();
        List<Object> nodes = new ArrayList<>();
        for (NodeReport node : report.nodes()) {
            for (Result result : node.found()) {
                if (result.outcome() instanceof Found found) {
                    for (Finding finding : found.findings()) {
                        findings.add(finding(report, node, result, finding));
                    }
                }
            }
            nodes.add(node(node));
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("image", report.image());
        json.put("command", report.command());
        json.put("exitStatus", report.exitStatus());
        json.put("findings", findings);
        json.put("nodes", nodes);
        return json;
    }

    private static Map<String, Object> finding(
            Report report, NodeReport node, Result result, Finding finding) {
        Map<String, Object> fix = new LinkedHashMap<>();
        fix.put("kind", finding.fix().kind());
        fix.put("text", report.filled(finding.fix().text()));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", result.check().id());
        json.put("severity", finding.severity().toString());
        json.put("node", node.node());
        json.put("title", result.check().title());
        json.put("sentence", finding.sentence());
        json.put("evidence", finding.evidence().stream().map(ReportJson::evidence).toList());
        finding.error().ifPresent(error -> json.put("error", error));
        json.put("fix", fix);
        json.put("rules", result.check().rules());
        json.put("link", result.check().page());
        return json;
    }

    private static Map<String, Object> evidence(Evidence evidence) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("source", evidence.source());
        json.put("value", evidence.value());
        return json;
    }

    private static Map<String, Object> node(NodeReport node) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("node", node.node());
        json.put("verdict", node.worst().map(Severity::toString).orElse("fits"));
        List<Object> passed = new ArrayList<>();
        List<Object> notApplicable = new ArrayList<>();
        List<Object> unknown = new ArrayList<>();
        for (Result result : node.results()) {
            Outcome outcome = result.outcome();
            switch (outcome) {
                case Passed(String seen) -> passed.add(other(result, "seen", seen));
                case NotApplicable(String why) -> notApplicable.add(other(result, "why", why));
                case Unknown(String why) -> unknown.add(other(result, "why", why));
                case Found _ -> {}
            }
        }
        json.put("passed", passed);
        json.put("notApplicable", notApplicable);
        json.put("unknown", unknown);
        return json;
    }

    private static Map<String, Object> other(Result result, String key, String text) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", result.check().id());
        json.put(key, text);
        return json;
    }
}
