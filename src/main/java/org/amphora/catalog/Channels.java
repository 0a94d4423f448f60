// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Where the channels of one application point.
///
/// @param stable what users get who name no version
/// @param candidate what is offered for trial; hidden in listings
/// @param earlier versions that were stable, the last one first; listed, and what a rollback goes
///     back to
/// @param deprecated versions that warn, and from a day on are refused
/// @param withdrawn versions that are refused, with the reason
public record Channels(
        Optional<String> stable,
        Optional<String> candidate,
        List<String> earlier,
        Map<String, Deprecation> deprecated,
        Map<String, String> withdrawn) {

    public static final Channels NONE =
            new Channels(Optional.empty(), Optional.empty(), List.of(), Map.of(), Map.of());

    /// How a version is deprecated.
    ///
    /// @param after the day from which the version is refused; never when empty
    public record Deprecation(Optional<LocalDate> after, String message) {}

    /// What a version is on a cluster; the strongest of what the channels say.
    public enum Status {
        WITHDRAWN,
        DEPRECATED,
        STABLE,
        EARLIER,
        CANDIDATE,
        /// In no channel yet: hidden, but it can be loaded by its full name.
        NEW;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public Channels {
        earlier = List.copyOf(earlier);
        deprecated = java.util.Collections.unmodifiableMap(new TreeMap<>(deprecated));
        withdrawn = java.util.Collections.unmodifiableMap(new TreeMap<>(withdrawn));
    }

    public Status status(String version) {
        if (withdrawn.containsKey(version)) {
            return Status.WITHDRAWN;
        } else if (deprecated.containsKey(version)) {
            return Status.DEPRECATED;
        } else if (stable.filter(version::equals).isPresent()) {
            return Status.STABLE;
        } else if (earlier.contains(version)) {
            return Status.EARLIER;
        } else if (candidate.filter(version::equals).isPresent()) {
            return Status.CANDIDATE;
        }
        return Status.NEW;
    }

    /// Every version that is named.
    SequencedSet<String> versions() {
        TreeSet<String> all = new TreeSet<>(earlier);
        stable.ifPresent(all::add);
        candidate.ifPresent(all::add);
        all.addAll(deprecated.keySet());
        all.addAll(withdrawn.keySet());
        return all;
    }

    /// These channels with what another block says on top: its pointers replace these, its
    /// deprecations and withdrawals add to them.
    Channels with(Channels over) {
        Map<String, Deprecation> allDeprecated = new TreeMap<>(deprecated);
        allDeprecated.putAll(over.deprecated);
        Map<String, String> allWithdrawn = new TreeMap<>(withdrawn);
        allWithdrawn.putAll(over.withdrawn);
        return new Channels(
                over.stable.or(() -> stable),
                over.candidate.or(() -> candidate),
                over.stable.isPresent() ? over.earlier : earlier,
                allDeprecated,
                allWithdrawn);
    }

    /// Points stable to a version; what was stable becomes the first of the earlier ones.
    Channels promoted(String version) {
        List<String> before = new java.util.ArrayList<>(earlier);
        before.remove(version);
        stable.filter(old -> !old.equals(version)).ifPresent(before::addFirst);
        return new Channels(
                Optional.of(version),
                candidate.filter(other -> !other.equals(version)),
                before,
                deprecated,
                withdrawn);
    }

    /// These channels without what is said for all clusters alike.
    Channels pointers() {
        return new Channels(stable, candidate, earlier, Map.of(), Map.of());
    }

    Channels proposed(String version) {
        return new Channels(stable, Optional.of(version), earlier, deprecated, withdrawn);
    }

    /// Goes back to the version that was stable before; empty when there is none.
    Optional<Channels> rolledBack() {
        if (earlier.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new Channels(
                        Optional.of(earlier.getFirst()),
                        candidate,
                        earlier.subList(1, earlier.size()),
                        deprecated,
                        withdrawn));
    }

    Channels deprecating(String version, Deprecation how) {
        Map<String, Deprecation> more = new TreeMap<>(deprecated);
        more.put(version, how);
        return new Channels(stable, candidate, earlier, more, withdrawn);
    }

    /// Refuses a version. When it was stable, the version before it is stable again.
    Channels withdrawing(String version, String reason) {
        Map<String, String> more = new TreeMap<>(withdrawn);
        more.put(version, reason);
        List<String> left = earlier.stream().filter(other -> !other.equals(version)).toList();
        boolean wasStable = stable.filter(version::equals).isPresent();
        boolean falls = wasStable && !left.isEmpty();
        return new Channels(
                wasStable ? left.stream().findFirst() : stable,
                candidate.filter(other -> !other.equals(version)),
                falls ? left.subList(1, left.size()) : left,
                deprecated,
                more);
    }
}
