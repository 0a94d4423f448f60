// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import org.amphora.launch.LaunchPlan;

/// How an ordinary user is root inside a build.
enum Identity {
    /// Root and the ids above it exist, as the caller and the ranges of /etc/subuid: files belong
    /// to whom the package says.
    SUBIDS,

    /// Only root exists, as the caller; changes of owner and user succeed without doing anything.
    /// The image that results is the same, as all its files belong to root.
    FAKED;

    void addTo(LaunchPlan plan) {
        switch (this) {
            case SUBIDS -> plan.add("identity", "subids");
            case FAKED -> plan.add("identity", "root").add("fake-ids");
        }
    }
}
