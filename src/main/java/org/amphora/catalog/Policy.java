// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.time.Duration;
import java.util.List;

/// What the site allows.
///
/// @param approvers who may promote any application: mail addresses of commit authors, or `@group`
///     for a group of the machine; empty when whoever may commit may promote
/// @param sources prefixes of references that images may come from; empty when all may
/// @param grace how long what was removed from the catalog stays on disk for jobs that use it
public record Policy(List<String> approvers, List<String> sources, Duration grace) {

    public Policy {
        approvers = List.copyOf(approvers);
        sources = List.copyOf(sources);
    }

    public boolean allowsSource(String reference) {
        return sources.isEmpty() || sources.stream().anyMatch(reference::startsWith);
    }
}
