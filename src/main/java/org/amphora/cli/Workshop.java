// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.amphora.deployment.Making;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.recipe.BuildRequest;

/// Images for deployments, as this installation fetches and builds them.
record Workshop(Terminal terminal, Fetching fetching) implements Making {

    @Override
    public Path fetch(String reference) {
        return fetching.store(terminal).sif(Reference.parse(reference), fetching.options());
    }

    @Override
    public void build(Path directory, Path recipe, Path output, Path log) {
        terminal.info("building " + recipe.getFileName() + ", log " + log);
        try (PrintStream told =
                new PrintStream(
                        Files.newOutputStream(
                                log, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                        true)) {
            try {
                Recipes.build(
                        terminal,
                        fetching,
                        directory,
                        told,
                        new Command.Output.EndOfFile(log),
                        BuildRequest.of(recipe, output));
            } catch (Problem e) {
                told.println(e.lines());
                throw e;
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot write " + log,
                    e.toString(),
                    "check the rights of the site's .amphora",
                    e);
        }
    }
}
