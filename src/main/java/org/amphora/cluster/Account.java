// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// What a manager has written down about a job, or about one element of an array: of one that has
/// ended, while the manager remembers it or for good where the site keeps accounts. What it does
/// not write down is empty.
///
/// @param status how it ended; with the job's id
/// @param start when it was given its nodes
/// @param end when it had ended; empty while it runs
/// @param cpuTime user and system time of all its processes
/// @param peakMemoryInBytes the most that it held on one node, as this manager measures it: address
///     space under Grid Engine, resident memory elsewhere
/// @param nodes where it ran, each name once
public record Account(
        JobStatus status,
        Optional<Instant> start,
        Optional<Instant> end,
        Optional<Duration> cpuTime,
        OptionalLong peakMemoryInBytes,
        List<String> nodes) {

    public Account {
        nodes = List.copyOf(nodes);
    }

    /// The accounts by the ids of their jobs. A manager may write several for one job, one for each
    /// step, node or run; the last of them tells how it ended.
    static Map<String, Account> byId(Collection<Account> parts) {
        Map<String, Account> whole = new LinkedHashMap<>();
        parts.forEach(part -> whole.merge(part.status().id(), part, Account::with));
        return whole;
    }

    private Account with(Account part) {
        return new Account(
                part.status,
                both(start, part.start).min(Comparator.naturalOrder()),
                both(end, part.end).max(Comparator.naturalOrder()),
                both(cpuTime, part.cpuTime).reduce(Duration::plus),
                LongStream.concat(peakMemoryInBytes.stream(), part.peakMemoryInBytes.stream())
                        .max(),
                Stream.concat(nodes.stream(), part.nodes.stream()).distinct().toList());
    }

    private static <T> Stream<T> both(Optional<T> one, Optional<T> other) {
        return Stream.concat(one.stream(), other.stream());
    }
}
