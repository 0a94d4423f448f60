// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The ids that a user may have beside the own one (subuid(5), subgid(5)): with them, changing
/// owners works under `--fakeroot`.
final class SubordinateIds {
    private static final String[] PROGRAMS = {"newuidmap", "newgidmap"};

    private SubordinateIds() {}

    /// Whether the starter can map them: both files name the caller, and the set-uid programs that
    /// do it are in the path.
    ///
    /// @param root where the node's own files are looked up
    static boolean areUsable(Caller caller, String root) {
        for (String program : PROGRAMS) {
            if (!isInPath(caller.variable("PATH"), root, program)) {
                return false;
            }
        }
        try {
            String name = Bytes.raw(System.getProperty("user.name", ""));
            String uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
            return names(root + "/etc/subuid", name, uid) && names(root + "/etc/subgid", name, uid);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isInPath(String path, String root, String program) {
        int start = 0;
        while (start <= path.length()) {
            int colon = path.indexOf(':', start);
            int end = colon < 0 ? path.length() : colon;
            File file = Bytes.file(root + path.substring(start, end) + "/" + program);
            if (end > start && file.canExecute()) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }

    private static boolean names(String file, String name, String uid) throws IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            String lines = "\n" + new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            return lines.contains("\n" + name + ":") || lines.contains("\n" + uid + ":");
        }
    }
}
