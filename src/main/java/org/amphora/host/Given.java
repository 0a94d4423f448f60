// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Unmodifiable copies of collections; those that a description of another version lacks are empty.
final class Given {

    private Given() {}

    static <T> List<T> list(@Nullable List<T> values) {
        return values == null ? List.of() : List.copyOf(values);
    }

    /// Keeps the order.
    static <V> Map<String, V> map(@Nullable Map<String, V> values) {
        return values == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
