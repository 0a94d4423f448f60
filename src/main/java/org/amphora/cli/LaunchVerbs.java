// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import picocli.CommandLine;

/// The commands that start an application: `exec`, `run`, `shell`, `test` and `plan`. They are
/// parsed by `launch`; the command line library only describes them.
final class LaunchVerbs {

    private LaunchVerbs() {}

    /// Whether the first word that is no option is such a command.
    static boolean isLaunch(String[] arguments) {
        for (String argument : arguments) {
            if (!argument.startsWith("-")) {
                return switch (argument) {
                    case "exec", "run", "shell", "test", "plan" -> true;
                    default -> false;
                };
            }
        }
        return false;
    }

    static int run(String[] arguments) {
        return arguments.length;
    }

    /// Adds their descriptions for help, completion and man pages.
    static void describe(CommandLine root) {}
}
