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
/// @param absent what the caller names and does not have here: paths to be bound, and
///     `/proc/self/fd/N` for a `PMI_FD` that is not open
public record Caller(
        Map<String, String> environment,
        Set<String> homePackages,
        List<Mount> mounts,
        Set<String> absent) {

    /// One of whom nothing is known.
    public static final Caller NOBODY = new Caller(Map.of(), Set.of(), List.of());

    public Caller {
        environment = Collections.unmodifiableMap(new TreeMap<>(environment));
        homePackages = Collections.unmodifiableSet(new TreeSet<>(homePackages));
        mounts = List.copyOf(mounts);
        absent = Collections.unmodifiableSet(new TreeSet<>(absent));
    }

    /// One who has all that is named.
    public Caller(Map<String, String> environment, Set<String> homePackages, List<Mount> mounts) {
        this(environment, homePackages, mounts, Set.of());
    }
}
