// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.compat.check.Severity;

/// Whether an image fits, on one node or several, in words and as data.
///
/// @param image as the user named it
/// @param command what is to be started; empty for the image's own script
/// @param nodes at least one
public record Report(String image, List<String> command, List<NodeReport> nodes) {
    public Report {
        command = List.copyOf(command);
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("report without a node");
        }
    }

    /// 0 when it fits everywhere, 1 with warnings, 2 when it would fail on one of the nodes.
    public int exitStatus() {
        Optional<Severity> worst =
                nodes.stream().flatMap(node -> node.worst().stream()).min(Severity::compareTo);
        return switch (worst.orElse(Severity.INFO)) {
            case BLOCK -> 2;
            case WARN -> 1;
            case INFO -> 0;
        };
    }

    /// For people: the findings; with several nodes a matrix before them.
    ///
    /// @param all the other checks as well, with what they saw
    public String text(Style style, boolean all) {
        return new ReportText(this, style, all).toString();
    }

    /// For programs: an object of maps, lists and texts.
    public Map<String, Object> json() {
        return ReportJson.of(this);
    }

    /// A command of a fix with this image and command in it.
    String filled(String fix) {
        String tail = command.isEmpty() ? " …" : " " + String.join(" ", command);
        return fix.replace("IMAGE …", image + tail)
                .replace("IMAGE APP", image + (command.isEmpty() ? " APP" : tail))
                .replace("IMAGE REFERENCE", image + " REFERENCE");
    }
}
