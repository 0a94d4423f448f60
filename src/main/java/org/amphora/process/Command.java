// SPDX-License-Identifier: Apache-2.0
package org.amphora.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.amphora.problem.Problem;

/// One command to run, without a shell in between: each argument arrives as it is written here. The
/// caller's environment is inherited, with the changes given. Immutable; each `with…` gives a
/// changed copy.
///
/// @param environment changes by name; an empty value removes the variable
/// @param directory where it runs; the caller's working directory when empty
/// @param timeout after which it is killed, with all its descendants; none when empty
public record Command(
        List<String> argv,
        Map<String, Optional<String>> environment,
        Optional<Path> directory,
        Optional<Duration> timeout,
        Input input,
        Output output,
        Output errors) {

    /// How much of a captured stream is kept; of what is longer, the end.
    private static final int CAPTURE_LIMIT = 8 << 20;

    /// A grandchild may hold a pipe open after the command has ended; its output is not waited for.
    private static final long DRAIN_MILLISECONDS = 2_000;

    public Command {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("command without a program");
        }
    }

    /// Where standard input comes from.
    public sealed interface Input {
        /// Nothing: the command meets the end at once.
        record Empty() implements Input {}

        /// The caller's own.
        record Inherited() implements Input {}

        record File(Path path) implements Input {}

        record Text(String text) implements Input {}
    }

    /// Where an output stream goes.
    public sealed interface Output {
        /// Into the {@link Result}; the last 8 MiB are kept.
        record Captured() implements Output {}

        /// The caller's own stream of the same number.
        record Inherited() implements Output {}

        /// A file, which is made or overwritten.
        record File(Path path) implements Output {}

        /// The end of a file, which several commands may share.
        record EndOfFile(Path path) implements Output {}

        /// Standard output goes to the caller's standard error; of errors, the same as inherited.
        record ToStandardError() implements Output {}
    }

    /// How a command ended.
    ///
    /// @param status its exit status; 128+N when signal N killed it
    /// @param output what was captured of standard output, as UTF-8
    /// @param errors what was captured of standard error
    public record Result(Command command, int status, String output, String errors) {

        public boolean isSuccess() {
            return status == 0;
        }

        /// This result if the status is 0.
        ///
        /// @param what the operation that failed otherwise, e.g. `cannot mount x.sif`
        /// @param fix what to try then
        /// @throws Problem with command line, exit status and the last lines of its output
        public Result orProblem(String what, String fix) {
            if (status == 0) {
                return this;
            }
            String said = lastLines(errors.isBlank() ? output : errors, 10);
            throw new Problem(
                    what,
                    command.line()
                            + " ended with status "
                            + status
                            + (said.isEmpty() ? "" : ":\n" + said),
                    fix);
        }
    }

    /// A command with empty input and both outputs captured, no timeout.
    public static Command of(List<String> argv) {
        return new Command(
                argv,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                new Input.Empty(),
                new Output.Captured(),
                new Output.Captured());
    }

    public static Command of(String... argv) {
        return of(List.of(argv));
    }

    /// Sets a variable of its environment.
    public Command with(String name, String value) {
        return withChange(name, Optional.of(value));
    }

    /// Removes a variable from its environment.
    public Command without(String name) {
        return withChange(name, Optional.empty());
    }

    public Command in(Path where) {
        return new Command(argv, environment, Optional.of(where), timeout, input, output, errors);
    }

    public Command within(Duration limit) {
        return new Command(argv, environment, directory, Optional.of(limit), input, output, errors);
    }

    public Command withInput(Input from) {
        return new Command(argv, environment, directory, timeout, from, output, errors);
    }

    public Command withOutput(Output to) {
        return new Command(argv, environment, directory, timeout, input, to, errors);
    }

    public Command withErrors(Output to) {
        return new Command(argv, environment, directory, timeout, input, output, to);
    }

    /// The command line for people: arguments with unusual characters are quoted as a shell wants
    /// them.
    public String line() {
        StringBuilder line = new StringBuilder();
        for (String argument : argv) {
            if (!line.isEmpty()) {
                line.append(' ');
            }
            line.append(isPlain(argument) ? argument : "'" + argument.replace("'", "'\\''") + "'");
        }
        return line.toString();
    }

    /// Runs the command to its end. When the calling thread is interrupted, or the time is over, or
    /// the JVM ends, the command and its descendants are killed.
    ///
    /// @throws Problem when the program cannot be started, or takes longer than the timeout
    public Result run() {
        Process process = start();
        Thread killer = new Thread(() -> kill(process), "kill " + argv.getFirst());
        addHook(killer);
        try {
            return await(process);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("cannot run " + argv.getFirst(), "interrupted", "run it again", e);
        } finally {
            kill(process);
            removeHook(killer);
        }
    }

    private Command withChange(String name, Optional<String> value) {
        Map<String, Optional<String>> changed = new LinkedHashMap<>(environment);
        changed.put(name, value);
        return new Command(argv, changed, directory, timeout, input, output, errors);
    }

    private Process start() {
        ProcessBuilder builder = new ProcessBuilder(argv);
        directory.ifPresent(where -> builder.directory(where.toFile()));
        for (Map.Entry<String, Optional<String>> change : environment.entrySet()) {
            if (change.getValue().isPresent()) {
                builder.environment().put(change.getKey(), change.getValue().get());
            } else {
                builder.environment().remove(change.getKey());
            }
        }
        switch (input) {
            case Input.Inherited() -> builder.redirectInput(ProcessBuilder.Redirect.INHERIT);
            case Input.File(Path path) -> builder.redirectInput(path.toFile());
            case Input.Empty() -> builder.redirectInput(Path.of("/dev/null").toFile());
            case Input.Text _ -> {}
        }
        builder.redirectOutput(redirect(output, true));
        builder.redirectError(redirect(errors, false));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new Problem(
                    "cannot run " + line(),
                    String.valueOf(e.getMessage()),
                    "install " + argv.getFirst() + " or put it on PATH",
                    e);
        }
    }

    private static ProcessBuilder.Redirect redirect(Output to, boolean isStandardOutput) {
        return switch (to) {
            case Output.Captured() -> ProcessBuilder.Redirect.PIPE;
            case Output.Inherited() -> ProcessBuilder.Redirect.INHERIT;
            case Output.File(Path path) -> ProcessBuilder.Redirect.to(path.toFile());
            case Output.EndOfFile(Path path) -> ProcessBuilder.Redirect.appendTo(path.toFile());
            case Output.ToStandardError() ->
                    isStandardOutput
                            ? ProcessBuilder.Redirect.to(Path.of("/proc/self/fd/2").toFile())
                            : ProcessBuilder.Redirect.INHERIT;
        };
    }

    private Result await(Process process) throws InterruptedException {
        Tail said = new Tail(process.getInputStream());
        Tail complained = new Tail(process.getErrorStream());
        List<Thread> threads = new ArrayList<>();
        threads.add(Thread.ofPlatform().daemon().start(said));
        threads.add(Thread.ofPlatform().daemon().start(complained));
        if (input instanceof Input.Text(String text)) {
            threads.add(Thread.ofPlatform().daemon().start(() -> feed(process, text)));
        }
        if (timeout.isEmpty()) {
            process.waitFor();
        } else if (!process.waitFor(timeout.get().toMillis(), TimeUnit.MILLISECONDS)) {
            kill(process);
            throw new Problem(
                    "cannot run " + argv.getFirst(),
                    line()
                            + " took longer than "
                            + timeout.get().toSeconds()
                            + " s and was killed"
                            + (complained.text().isBlank()
                                    ? ""
                                    : ":\n" + lastLines(complained.text(), 10)),
                    "run the command by hand to see what it waits for");
        }
        for (Thread thread : threads) {
            thread.join(DRAIN_MILLISECONDS);
        }
        return new Result(this, process.exitValue(), said.text(), complained.text());
    }

    private static void feed(Process process, String text) {
        try (OutputStream to = process.getOutputStream()) {
            to.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It did not want its input; its exit status tells whether that is an error.
        }
    }

    private static void kill(Process process) {
        if (!process.isAlive()) {
            return;
        }
        // Collected first: an orphan is nobody's descendant.
        List<ProcessHandle> descendants = process.descendants().toList();
        process.destroyForcibly();
        for (ProcessHandle descendant : descendants) {
            descendant.destroyForcibly();
        }
    }

    private static void addHook(Thread killer) {
        try {
            Runtime.getRuntime().addShutdownHook(killer);
        } catch (IllegalStateException e) {
            // The JVM is ending; the hooks of others may still run commands.
        }
    }

    private static void removeHook(Thread killer) {
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // The JVM is ending and runs the hook itself.
        }
    }

    private static boolean isPlain(String argument) {
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (!Character.isLetterOrDigit(c) && "_-./:=,+@%".indexOf(c) < 0) {
                return false;
            }
        }
        return !argument.isEmpty();
    }

    private static String lastLines(String text, int count) {
        String stripped = text.strip();
        int from = stripped.length();
        for (int i = 0; i < count && from > 0; i++) {
            from = stripped.lastIndexOf('\n', from - 1);
        }
        return stripped.substring(Math.max(from + 1, 0));
    }

    /// Reads a stream to its end and keeps the last bytes.
    private static final class Tail implements Runnable {
        private final InputStream from;
        private byte[] kept = new byte[4096];
        private int length;

        Tail(InputStream from) {
            this.from = from;
        }

        @Override
        public void run() {
            byte[] buffer = new byte[8192];
            try {
                for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                    append(buffer, n);
                }
            } catch (IOException e) {
                // The command was killed; what came before is kept.
            }
        }

        synchronized String text() {
            return new String(kept, 0, length, StandardCharsets.UTF_8);
        }

        private synchronized void append(byte[] more, int count) {
            if (length + count > CAPTURE_LIMIT) {
                int drop = Math.min(length, Math.max(count, CAPTURE_LIMIT / 2));
                System.arraycopy(kept, drop, kept, 0, length - drop);
                length -= drop;
            }
            if (length + count > kept.length) {
                kept =
                        java.util.Arrays.copyOf(
                                kept,
                                Math.max(length + count, Math.min(2 * kept.length, CAPTURE_LIMIT)));
            }
            System.arraycopy(more, 0, kept, length, count);
            length += count;
        }
    }
}
