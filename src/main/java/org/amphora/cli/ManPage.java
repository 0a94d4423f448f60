// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// A command's description as a man(7) page, from the same declarations that `--help` shows.
final class ManPage {

    private final StringBuilder text = new StringBuilder();

    private ManPage() {}

    /// `amphora-pull.1`.
    static String fileName(CommandSpec command) {
        return title(command) + ".1";
    }

    static String of(CommandSpec command) {
        ManPage page = new ManPage();
        page.write(command);
        return page.text.toString();
    }

    private static String title(CommandSpec command) {
        return command.qualifiedName("-");
    }

    private void write(CommandSpec command) {
        String summary = firstLine(command.usageMessage().description());
        line(
                ".TH \""
                        + title(command).toUpperCase(java.util.Locale.ROOT)
                        + "\" 1 \"\" \"Amphora\"");
        section("NAME", title(command) + " \\- " + escape(summary));
        String synopsis = new CommandLine.Help(command, CommandLine.Help.Ansi.OFF).synopsis(0);
        section("SYNOPSIS", escape(synopsis.strip()));
        section("DESCRIPTION", escape(String.join("\n", command.usageMessage().description())));
        List<PositionalParamSpec> positionals = command.positionalParameters();
        if (positionals.stream().anyMatch(p -> !p.hidden())) {
            line(".SH ARGUMENTS");
            positionals.forEach(p -> entry(p.paramLabel(), p.description()));
        }
        if (command.options().stream().anyMatch(o -> !o.hidden())) {
            line(".SH OPTIONS");
            command.options().stream().filter(o -> !o.hidden()).forEach(this::option);
        }
        if (!command.subcommands().isEmpty()) {
            line(".SH COMMANDS");
            command.subcommands().values().stream()
                    .map(CommandLine::getCommandSpec)
                    .filter(sub -> !sub.usageMessage().hidden())
                    .forEach(sub -> entry(sub.name(), sub.usageMessage().description()));
        }
        section(
                "EXIT STATUS",
                "0 on success, 1 when the command line is wrong, 255 when what was asked for could"
                        + " not be done. Launching commands end with the status of the application.");
    }

    private void option(OptionSpec option) {
        String value = option.arity().max() > 0 ? " " + option.paramLabel() : "";
        entry(String.join(", ", option.names()) + value, option.description());
    }

    private void entry(String term, String[] description) {
        line(".TP");
        line("\\fB" + escape(term) + "\\fR");
        line(escape(String.join("\n", description)));
    }

    private void section(String name, String body) {
        line(".SH " + name);
        line(body);
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private static String firstLine(String[] description) {
        return description.length == 0 ? "" : description[0];
    }

    /// Backslash and hyphen are escaped; a line that begins with a dot is no request.
    private static String escape(String plain) {
        String escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace("%n", "\n");
        return (escaped.startsWith(".") ? "\\&" : "") + escaped.replace("\n.", "\n\\&.");
    }
}
