// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.amphora.compat.CheckPages;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "generate",
        description = "Write shell completion or man pages, for an installation.",
        hidden = true)
final class GenerateCommand {

    @Spec private CommandSpec spec;

    @Command(name = "completion", description = "Print completion for bash and zsh.")
    void completion() {
        spec.commandLine().getOut().print(AutoComplete.bash("amphora", spec.root().commandLine()));
        spec.commandLine().getOut().flush();
    }

    @Command(name = "man", description = "Write one man page per command.")
    void man(@Parameters(paramLabel = "DIR") Path directory) {
        try {
            Files.createDirectories(directory);
            CommandLine root = spec.root().commandLine();
            write(directory, root);
            for (CommandLine command : root.getSubcommands().values()) {
                if (!command.getCommandSpec().usageMessage().hidden()) {
                    write(directory, command);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Command(name = "checks", description = "Write one page per check, and their list.")
    void checks(@Parameters(paramLabel = "DIR") Path directory) {
        try {
            Files.createDirectories(directory);
            for (Map.Entry<String, String> page : CheckPages.all().entrySet()) {
                Files.writeString(directory.resolve(page.getKey()), page.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path directory, CommandLine command) throws IOException {
        Path page = directory.resolve(ManPage.fileName(command.getCommandSpec()));
        Files.writeString(page, ManPage.of(command.getCommandSpec()));
    }
}
