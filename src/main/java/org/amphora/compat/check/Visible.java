// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// Which paths of the node a launch shows inside under the same name.
final class Visible {

    private static final List<String> ALWAYS = List.of("/tmp", "/var/tmp", "/dev", "/proc", "/sys");

    private Visible() {}

    static boolean isVisible(Request request, String path) {
        return ALWAYS.stream().anyMatch(place -> isBelow(path, place))
                || request.binds().stream().anyMatch(place -> isBelow(path, place))
                || request.has("HOME") && isBelow(path, request.variable("HOME"));
    }

    static boolean isBelow(String path, String place) {
        return path.equals(place) || place.equals("/") || path.startsWith(place + "/");
    }
}
