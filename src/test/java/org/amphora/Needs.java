// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.amphora.process.Command;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// What a test needs of the machine. A test whose need is missing is skipped with the reason, or
/// fails when the environment variable `MUST_WORK` (a comma list, or `all`) names the need.
public final class Needs {

    private Needs() {}

    /// Needs a program on PATH; the name of the need is the program's.
    public static void program(String name) {
        that(isOnPath(name), name, "no program " + name + " on PATH");
    }

    /// Needs to be root, and a user of `setup/test-users` to become.
    public static void user(String name) {
        boolean root = Files.isWritable(Path.of("/etc/shadow"));
        that(
                root && Command.of("id", name).run().isSuccess(),
                "root",
                "needs root, and the users of setup/test-users");
    }

    /// Needs a condition, such as user namespaces.
    ///
    /// @param name what `MUST_WORK` calls it
    /// @param reason why the test cannot run without it
    public static void that(boolean condition, String name, String reason) {
        if (condition) {
            return;
        }
        List<String> mustWork =
                List.of(System.getenv().getOrDefault("MUST_WORK", "").trim().split("\\s*,\\s*"));
        if (mustWork.contains(name) || mustWork.contains("all")) {
            Assertions.fail(reason + " (MUST_WORK asks for " + name + ")");
        }
        Assumptions.abort(reason);
    }

    private static boolean isOnPath(String program) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }
}
