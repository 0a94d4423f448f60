// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.amphora.host.FileSystems.Mount;

/// Who asks, and from where; the node that is asked about may be another one.
///
/// @param environment variables; those of a rank tell how it was started
/// @param homePackages directories below the home directory in which languages look for packages
///     and which exist, `.local/lib/python3.11`
/// @param mounts of the machine where the question is asked; empty when it is the node itself
public record Caller(
        Map<String, String> environment, Set<String> homePackages, List<Mount> mounts) {

    /// One of whom nothing is known.
    public static final Caller NOBODY = new Caller(Map.of(), Set.of(), List.of());

    public Caller {
        environment = Collections.unmodifiableMap(new TreeMap<>(environment));
        homePackages = Collections.unmodifiableSet(new TreeSet<>(homePackages));
        mounts = List.copyOf(mounts);
    }
}
