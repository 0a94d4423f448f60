// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.util.List;

/// What a deployment does to one application.
///
/// @param details one line for each thing that differs, as `1.20: earlier -> stable`
public record Change(String app, Kind kind, List<String> details) {

    /// Whether a cluster gets, changes or loses the application, or keeps it as it is because
    /// somebody changed it who may not.
    public enum Kind {
        ADD,
        UPDATE,
        REMOVE,
        KEEP;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public Change {
        details = List.copyOf(details);
    }
}
