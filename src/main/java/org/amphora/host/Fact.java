// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One fact of a node, and where it was read. Three cases: there is a value; there is none (the
/// node does not have the thing); or it is unknown, and why (unreadable, garbage, not asked for).
///
/// @param value what was found
/// @param source the file, or the command, that says so: `/proc/sys/kernel/osrelease`
/// @param unknown why nobody can tell; empty when known or absent
public record Fact<T>(Optional<T> value, String source, Optional<String> unknown) {

    public Fact {
        value = value == null ? Optional.empty() : value;
        unknown = unknown == null ? Optional.empty() : unknown;
        source = source == null ? "" : source;
    }

    public static <T> Fact<T> known(T value, String source) {
        return new Fact<>(Optional.of(value), source, Optional.empty());
    }

    /// The node does not have it.
    public static <T> Fact<T> absent(String source) {
        return new Fact<>(Optional.empty(), source, Optional.empty());
    }

    public static <T> Fact<T> unknown(String source, String why) {
        return new Fact<>(Optional.empty(), source, Optional.of(why));
    }

    /// For records read from a description that lacks this fact, as one of another version may.
    static <T> Fact<T> given(@Nullable Fact<T> fact) {
        return fact == null ? unknown("", "this description does not have it") : fact;
    }

    public boolean isKnown() {
        return value.isPresent();
    }

    public boolean isAbsent() {
        return value.isEmpty() && unknown.isEmpty();
    }

    public boolean isUnknown() {
        return unknown.isPresent();
    }

    /// The value, or that one when there is none or it is unknown.
    public T orElse(T other) {
        return value.orElse(other);
    }

    /// The same fact in other words; absent and unknown stay what they are.
    public <R> Fact<R> map(Function<T, R> change) {
        return new Fact<>(value.map(change), source, unknown);
    }

    /// The evidence as people read it: `/proc/sys/kernel/osrelease → 6.1.0-13-amd64`.
    @Override
    public String toString() {
        String seen = value.map(String::valueOf).orElse("");
        if (value.isEmpty()) {
            seen = unknown.isPresent() ? "unknown: " + unknown.get() : "none";
        }
        return source.isEmpty() ? seen : source + " → " + seen;
    }
}
