// SPDX-License-Identifier: Apache-2.0
package org.amphora.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.fragment.NodeFolder;
import org.amphora.host.Host;

/// Looks a node over: can it start containers, where will they be slow, and what to do about it.
/// Changes nothing.
///
/// @param starter where `amphora-start` should be
/// @param fragments directories that plan fragments of this node may lie in
/// @param environment of the caller
public record Doctor(Path starter, List<Path> fragments, Map<String, String> environment) {

    public Doctor {
        fragments = List.copyOf(fragments);
        environment = Map.copyOf(environment);
    }

    /// For an installation, with the usual directories.
    public static Doctor of(Path starter, Map<String, String> environment) {
        return new Doctor(starter, NodeFolder.all(environment), environment);
    }

    /// Everything that was looked at, in the order that a person would go through it.
    ///
    /// @param registries to ask whether they answer
    /// @param noHttps asks them through plain HTTP
    public List<Finding> examine(Host host, List<String> registries, boolean noHttps) {
        List<Finding> findings = new ArrayList<>();
        findings.add(LaunchFindings.starter(starter));
        findings.addAll(LaunchFindings.of(host));
        findings.addAll(SpaceFindings.of(host, environment));
        findings.addAll(ClusterFindings.of(host));
        findings.addAll(FragmentFindings.of(fragments));
        for (String registry : registries) {
            findings.add(RegistryFindings.of(registry, noHttps, environment));
        }
        return findings;
    }

    /// The worst of them.
    public static Finding.Status worst(List<Finding> findings) {
        return findings.stream()
                .map(Finding::status)
                .max(Comparator.naturalOrder())
                .orElse(Finding.Status.OK);
    }

    /// For people: a line each, the fix below.
    public static String text(List<Finding> findings) {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append(padded(finding.status().toString(), 6));
            text.append(padded(finding.name(), 13)).append(finding.saw()).append('\n');
            if (!finding.fix().isEmpty()) {
                text.append(padded("", 19)).append("fix: ").append(finding.fix()).append('\n');
            }
        }
        return text.toString();
    }

    /// For programs.
    public static Map<String, Object> json(List<Finding> findings) {
        List<Map<String, Object>> lines = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("name", finding.name());
            line.put("status", finding.status().toString());
            line.put("saw", finding.saw());
            line.put("fix", finding.fix());
            lines.add(line);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("status", worst(findings).toString());
        report.put("findings", lines);
        return report;
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
