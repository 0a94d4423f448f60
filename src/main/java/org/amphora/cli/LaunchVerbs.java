// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.amphora.launch.LaunchOption;
import org.amphora.problem.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Describes the commands that start an application for help, completion and man pages. They are
/// parsed by `launch`, out of the same table.
enum LaunchVerbs {
    EXEC("Run a command in an image.", "IMAGE COMMAND [ARGUMENT…]"),
    RUN("Run what the image says: its run script or entry point.", "IMAGE [ARGUMENT…]"),
    SHELL("Start a shell in an image.", "IMAGE"),
    TEST("Run the image's own test.", "IMAGE [ARGUMENT…]"),
    PLAN("Print the launch plan of exec instead of launching.", "IMAGE COMMAND [ARGUMENT…]");

    private final String summary;
    private final String operands;

    LaunchVerbs(String summary, String operands) {
        this.summary = summary;
        this.operands = operands;
    }

    /// Adds the commands to the tree.
    static void describe(CommandLine root) {
        for (LaunchVerbs verb : values()) {
            root.addSubcommand(verb.verb(), new CommandLine(verb.spec()));
        }
    }

    /// Prints the help of the launching command among these words.
    static int help(String[] words) {
        CommandLine root = Commands.line();
        for (String word : words) {
            CommandLine command = root.getSubcommands().get(word);
            if (command != null) {
                command.usage(command.getOut());
                break;
            }
        }
        return ExitCode.OK.status();
    }

    private String verb() {
        return name().toLowerCase(Locale.ROOT);
    }

    private CommandSpec spec() {
        CommandSpec spec = CommandSpec.wrapWithoutInspection((Runnable) () -> {}).name(verb());
        spec.usageMessage().description(summary);
        spec.usageMessage().sortOptions(false);
        spec.usageMessage()
                .customSynopsis("amphora " + verb() + " [OPTION…] " + operands)
                .footer(
                        "",
                        "Each option can be set by a variable: AMPHORA_NAME, APPTAINER_NAME or"
                                + " SINGULARITY_NAME. Options end at the image.");
        for (LaunchOption option : LaunchOption.values()) {
            if (option.appliesTo(verb()) && option.use() != LaunchOption.Use.REFUSED) {
                spec.addOption(describe(option));
            }
        }
        spec.addOption(
                OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("show this help")
                        .build());
        spec.addPositional(
                PositionalParamSpec.builder()
                        .paramLabel("IMAGE")
                        .arity("0..*")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .description(
                                "a SIF or SquashFS file, a directory, or docker://, oci:,"
                                        + " oci-archive:, docker-archive:")
                        .build());
        return spec;
    }

    private static OptionSpec describe(LaunchOption option) {
        List<String> names = new ArrayList<>();
        if (option.letter() != '\0') {
            names.add("-" + option.letter());
        }
        names.add("--" + option.longName());
        OptionSpec.Builder spec =
                OptionSpec.builder(names.toArray(String[]::new)).description(note(option));
        return switch (option.kind()) {
            case FLAG -> spec.arity("0").type(boolean.class).build();
            case VALUE -> spec.arity("1").type(String.class).paramLabel(option.metavar()).build();
            case LIST ->
                    spec.arity("1")
                            .type(List.class)
                            .auxiliaryTypes(String.class)
                            .paramLabel(option.metavar())
                            .build();
        };
    }

    private static String note(LaunchOption option) {
        return switch (option.use()) {
            case WORKS, FETCHING -> option.help();
            case ACCEPTED -> "accepted: " + option.help();
            case WITHOUT_EFFECT -> "without effect: " + option.help();
            case REFUSED -> "refused: " + option.help();
        };
    }
}
