// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Copies that keep one order, so that the same image gives the same text.
final class Ordered {

    private Ordered() {}

    static <T> Set<T> copy(Set<T> set) {
        return Collections.unmodifiableSet(new TreeSet<>(set));
    }

    static <V> Map<String, V> copy(Map<String, V> map) {
        return Collections.unmodifiableMap(new TreeMap<>(map));
    }
}
