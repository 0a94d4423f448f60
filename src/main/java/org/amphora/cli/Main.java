// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.util.Optional;
import org.amphora.launch.Launch;
import org.amphora.problem.ExitCode;
import org.amphora.problem.Problem;
import org.amphora.process.Interruption;

/// The `amphora` command. Launching verbs go to `launch` without any command line library, because
/// each millisecond is paid at every start of every application; all others go through
/// {@link Commands}.
public final class Main {

    private Main() {}

    /// Runs one command line and ends the JVM with its exit status.
    public static void main(String[] arguments) {
        int status = run(arguments);
        System.out.flush();
        System.err.flush();
        // Not exit(): since JDK 21 it loads 67 classes for a log message that nobody asked for, and
        // there is nothing left for a shutdown hook to do.
        Runtime.getRuntime().halt(status);
    }

    static int run(String[] arguments) {
        try {
            if (Launch.handles(arguments)) {
                int status = Launch.main(arguments, new OtherJvm());
                return status == Launch.HELP ? LaunchVerbs.help(arguments) : status;
            }
            try (Interruption _ = new Interruption()) {
                Optional<Runnable> plain = PlainLines.of(arguments);
                plain.ifPresent(Runnable::run);
                return plain.isPresent() ? ExitCode.OK.status() : Commands.run(arguments);
            }
        } catch (OtherJvm.AlreadyTold told) {
            return told.status();
        } catch (Problem problem) {
            System.err.println(problem.lines());
            return ExitCode.FAILURE.status();
        }
    }
}
