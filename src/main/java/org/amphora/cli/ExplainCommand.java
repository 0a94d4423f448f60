// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.amphora.compat.Explanation;
import org.amphora.problem.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "explain",
        description = "Say what the errors in a log mean and what to do about them.",
        footer = {"", "Exit status: 0 when something was recognized, 1 when not."})
final class ExplainCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON, a list of what was recognized.")
    private boolean json;

    @Parameters(paramLabel = "FILE", description = "A log; `-` for standard input.")
    private String file;

    @Override
    public Integer call() {
        try (InputStream log = open()) {
            Explanation explanation = Explanation.of(log);
            PrintWriter out = spec.commandLine().getOut();
            out.print(
                    json
                            ? JsonText.of(explanation.json()) + "\n"
                            : explanation.text(Terminal.style()));
            out.flush();
            return explanation.recognized().isEmpty() ? 1 : 0;
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the log " + file,
                    e instanceof NoSuchFileException
                            ? "there is no such file"
                            : String.valueOf(e.getMessage()),
                    "name a readable file, or pipe the log: … 2>&1 | amphora explain -",
                    e);
        }
    }

    private InputStream open() throws IOException {
        return file.equals("-") ? System.in : Files.newInputStream(Path.of(file));
    }
}
