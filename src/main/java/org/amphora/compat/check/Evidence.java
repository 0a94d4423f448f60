// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.amphora.host.Fact;

/// Where a fact was read, and what stood there.
///
/// @param source a file of the node, a file of the image (`image:/usr/lib/libmpi.so.40`), a
///     variable, or what was asked for
public record Evidence(String source, String value) {
    private static final int SHOWN = 4;

    public Evidence {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(value, "value");
    }

    /// A fact of the node.
    static Evidence of(Fact<?> fact) {
        String value =
                fact.value()
                        .map(String::valueOf)
                        .orElseGet(
                                () -> fact.unknown().map(why -> "unknown: " + why).orElse("none"));
        return new Evidence(fact.source(), value);
    }

    /// A fact of the image.
    static Evidence image(String path, Object value) {
        return new Evidence("image:" + path, String.valueOf(value));
    }

    /// Several values in one line; the rest is counted.
    static String some(Collection<?> values) {
        List<?> all = List.copyOf(values);
        String shown =
                all.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", "));
        return all.size() > SHOWN ? shown + " and " + (all.size() - SHOWN) + " more" : shown;
    }

    @Override
    public String toString() {
        return source + " → " + value;
    }
}
