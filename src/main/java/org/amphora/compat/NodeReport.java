// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.amphora.compat.check.Check;
import org.amphora.compat.check.Finding;
import org.amphora.compat.check.Outcome;
import org.amphora.compat.check.Outcome.Found;
import org.amphora.compat.check.Severity;

/// What became of all checks on one node, in the order of the catalogue.
///
/// @param node its name
public record NodeReport(String node, List<Result> results) {
    public NodeReport {
        results = List.copyOf(results);
    }

    /// One check and its outcome.
    public record Result(Check check, Outcome outcome) {
        /// The worst of its findings; empty when it found nothing.
        public Optional<Severity> severity() {
            return outcome instanceof Found found
                    ? found.findings().stream()
                            .map(Finding::severity)
                            .min(Comparator.naturalOrder())
                    : Optional.empty();
        }
    }

    /// The same under another name, such as that of the file it was read from.
    public NodeReport named(String name) {
        return new NodeReport(name, results);
    }

    /// Those that found something, the worst first.
    public List<Result> found() {
        return results.stream()
                .filter(result -> result.severity().isPresent())
                .sorted(Comparator.comparing(result -> result.severity().orElseThrow()))
                .toList();
    }

    /// The worst of all findings.
    public Optional<Severity> worst() {
        return found().stream().findFirst().flatMap(Result::severity);
    }

    public long count(Severity severity) {
        return found().stream()
                .filter(result -> result.severity().orElseThrow() == severity)
                .count();
    }

    long count(Class<? extends Outcome> kind) {
        return results.stream().filter(result -> kind.isInstance(result.outcome())).count();
    }
}
