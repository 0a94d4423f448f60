// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What git's history says about who brought the present state of a site.
///
/// @param rules a change of `policy.yaml` or of a cluster by somebody who may not
/// @param apps changes of what users get, by application, by somebody who may not
public record Review(Optional<Unapproved> rules, SortedMap<String, Unapproved> apps) {

    public Review {
        apps = Collections.unmodifiableSortedMap(new TreeMap<>(apps));
    }

    /// A change that was committed by somebody who may not make it.
    ///
    /// @param file that it changes
    /// @param ask who may
    public record Unapproved(
            String file, String commit, String author, String why, List<String> ask) {

        public Unapproved {
            ask = List.copyOf(ask);
        }

        @Override
        public String toString() {
            return "commit "
                    + commit.substring(0, 8)
                    + " of "
                    + author
                    + " changes it, "
                    + why
                    + "; ask "
                    + (ask.isEmpty() ? "the administrators" : "one of " + String.join(", ", ask))
                    + " to undo it or to make the change";
        }
    }
}
