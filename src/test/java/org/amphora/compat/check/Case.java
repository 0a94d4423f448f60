// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import org.amphora.contents.Contents;
import org.amphora.host.Host;

/// A situation, and what a check must say of it.
///
/// @param expected a severity, or `passed`, `not applicable`, `unknown`
record Case(String id, String name, Situation situation, String expected) {

    static Case of(
            String id,
            String name,
            ImageBuilder image,
            NodeBuilder node,
            Request request,
            String e) {
        return new Case(id, name, situation(image.build(), node.build(), request), e);
    }

    static Case of(String id, String name, ImageBuilder image, NodeBuilder node, String expected) {
        return of(id, name, image, node, Request.of("tool"), expected);
    }

    static Situation situation(Contents contents, Host host, Request request) {
        return new Situation(contents, host, request);
    }

    Outcome outcome() {
        return Catalogue.check(id).apply(situation);
    }

    /// What became of it, in the words of `expected`.
    static String kind(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Passed _ -> "passed";
            case Outcome.NotApplicable _ -> "not applicable";
            case Outcome.Unknown _ -> "unknown";
            case Outcome.Found found ->
                    found.findings().stream()
                            .map(Finding::severity)
                            .min(Severity::compareTo)
                            .orElseThrow()
                            .name();
        };
    }

    @Override
    public String toString() {
        return id + ": " + name;
    }
}
