// SPDX-License-Identifier: Apache-2.0
package org.amphora.process;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import org.amphora.problem.Problem;

/// The output of a command while it runs. The read that meets the end throws when the command
/// failed, so that half a stream is never taken for a whole one.
public final class CommandStream implements AutoCloseable {

    private final Command command;
    private final Process process;
    private final InputStream input;

    /// Starts the command, with empty input; its messages go to standard error.
    ///
    /// @throws Problem when it cannot be started
    public CommandStream(Command command) {
        this.command = command;
        ProcessBuilder builder = new ProcessBuilder(command.argv());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new Problem(
                    "cannot run " + command.line(),
                    String.valueOf(e.getMessage()),
                    "check the installation",
                    e);
        }
        input = new Checked(process.getInputStream());
    }

    /// What the command writes to standard output.
    public InputStream input() {
        return input;
    }

    /// Ends the command if it still runs.
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        boolean interrupted = Thread.interrupted();
        try {
            var _ = process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Checked extends FilterInputStream {
        Checked(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b < 0) {
                check();
            }
            return b;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = super.read(buffer, offset, length);
            if (count < 0) {
                check();
            }
            return count;
        }

        private void check() throws IOException {
            try {
                int status = process.waitFor();
                if (status != 0) {
                    throw new Problem(
                            "cannot read what a command writes",
                            command.line() + " ended with status " + status,
                            "see its messages above");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new java.io.InterruptedIOException("interrupted");
            }
        }
    }
}
