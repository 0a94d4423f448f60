// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.amphora.packages.PackagedCommand;
import org.amphora.packages.PackagedCommands;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "commands",
        description =
                "Propose which commands of an image to offer: those of the packages that somebody asked for.")
final class CommandsCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Option(
            names = {"-j", "--json"},
            description = "As JSON.")
    private boolean json;

    @Option(names = "--all", description = "Also those of dependencies and of the base system.")
    private boolean all;

    @Parameters(paramLabel = "IMAGE", description = "A SIF or SquashFS file, or a directory.")
    private Path image;

    @Override
    public void run() {
        List<PackagedCommand> commands =
                PackagedCommands.of(image).stream().filter(c -> all || c.isWanted()).toList();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonText.of(commands.stream().map(CommandsCommand::row).toList()));
        } else {
            commands.forEach(
                    c ->
                            out.printf(
                                    "%-24s %-32s %s %s (%s)%n",
                                    c.name(), c.path(), c.packageName(), c.version(), c.manager()));
        }
        out.flush();
    }

    private static Map<String, Object> row(PackagedCommand command) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", command.name());
        row.put("path", command.path());
        row.put("package", command.packageName());
        row.put("version", command.version());
        row.put("manager", command.manager());
        row.put("wanted", command.isWanted());
        return row;
    }
}
