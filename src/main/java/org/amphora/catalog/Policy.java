// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.amphora.yaml.YamlMap;

/// What the site allows.
///
/// @param approvers who may promote any application: mail addresses of commit authors, or `@group`
///     for a group of the machine; empty when whoever may commit may promote
/// @param sources prefixes of references that images may come from; empty when all may
/// @param signed whether commits that change what users get must be signed by who made them
/// @param grace how long what was removed from the catalog stays on disk for jobs that use it
/// @param records where it is remembered what happened
public record Policy(
        List<String> approvers,
        List<String> sources,
        boolean signed,
        Duration grace,
        RecordKeeping records) {
    private static final int GRACE_DAYS = 30;

    public Policy {
        approvers = List.copyOf(approvers);
        sources = List.copyOf(sources);
    }

    /// What `policy.yaml` says; what is wrong with it is noted.
    static Policy read(YamlMap yaml) {
        Optional<String> signed = yaml.text("signed");
        if (signed.filter(word -> !word.equals("required") && !word.equals("no")).isPresent()) {
            yaml.note("signed", "signed must be required or no");
        }
        Policy policy =
                new Policy(
                        yaml.list("approvers"),
                        yaml.list("sources"),
                        signed.filter("required"::equals).isPresent(),
                        Duration.ofDays(yaml.number("grace-days", GRACE_DAYS)),
                        RecordKeeping.read(yaml.map("records")));
        yaml.refuseOthers();
        return policy;
    }

    public boolean allowsSource(String reference) {
        return sources.isEmpty() || sources.stream().anyMatch(reference::startsWith);
    }
}
