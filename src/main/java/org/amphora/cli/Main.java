// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;

/// The `amphora` command.
public final class Main {

    static final String VERSION = "0.1.0";

    private Main() {}

    /// Runs one command line and ends the JVM with its exit status.
    public static void main(String[] arguments) {
        int status;
        try {
            status = run(arguments);
        } catch (Problem problem) {
            System.err.println(problem.lines());
            status = ExitCode.FAILURE.status();
        }
        System.out.flush();
        System.err.flush();
        System.exit(status);
    }

    static int run(String[] arguments) {
        return arguments.length == 0 ? ExitCode.USAGE.status() : ExitCode.OK.status();
    }
}
