// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.util.ArrayList;
import java.util.List;

/// Variables of the caller that name libraries and modules of the node: inside they lead nowhere,
/// or to files that were made for another system. They are left out as far as they name paths
/// that the container does not show.
final class EnvironmentFilter {
    /// Each a list of paths: ld.so(8), the interpreters' documentation of their search paths, and
    /// Open MPI's `OPAL_PREFIX`.
    private static final String[] PATHS = {
        "PYTHONPATH", "PYTHONHOME", "PERL5LIB", "R_LIBS", "R_HOME", "JULIA_LOAD_PATH", "OPAL_PREFIX"
    };

    /// The linker searches names without a directory among the libraries of the image.
    private static final String[] LIBRARIES = {"LD_PRELOAD", "LD_AUDIT"};

    /// Of these a kept plan knows no value, and none could be right for its image.
    private static final String[] NEVER = {
        "LD_PRELOAD", "LD_AUDIT", "PYTHONHOME", "R_HOME", "OPAL_PREFIX"
    };

    private EnvironmentFilter() {}

    /// Adds what is left out, with a comment for each that is set.
    static void addTo(LaunchPlan plan, LaunchArguments arguments, Caller caller, Mounts mounts) {
        if (arguments.has(LaunchOption.NO_ENV_FILTER)) {
            return;
        }
        if (caller.isAnyone()) {
            plan.add("env-drop", NEVER);
            return;
        }
        List<String> dropped = new ArrayList<>();
        for (String name : PATHS) {
            addHidden(dropped, name, caller, mounts, false);
        }
        for (String name : LIBRARIES) {
            addHidden(dropped, name, caller, mounts, true);
        }
        for (String name : dropped) {
            plan.comment(
                    name
                            + " is left out, it names what the container does not show: "
                            + caller.variable(name).replace('\n', ' '));
            plan.add("env-drop", name);
        }
    }

    private static void addHidden(
            List<String> dropped, String name, Caller caller, Mounts mounts, boolean searched) {
        String value = caller.variable(name).replace(' ', searched ? ':' : ' ');
        int start = 0;
        while (start < value.length()) {
            int colon = value.indexOf(':', start);
            int end = colon < 0 ? value.length() : colon;
            String path = value.substring(start, end);
            boolean absolute = path.startsWith("/");
            if (absolute && !mounts.isVisible(path) || searched && !absolute && !path.isEmpty()) {
                dropped.add(name);
                return;
            }
            start = end + 1;
        }
    }
}
