// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandsTest {

    static Stream<String> names() {
        return Commands.line().getSubcommands().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void describesACommandAloneAsWithinTheTree(String name) {
        CommandLine alone =
                Commands.line(new String[] {"-q", name, "x"}).getSubcommands().get(name);
        CommandLine within = Commands.line().getSubcommands().get(name);
        assertThat(alone.getUsageMessage()).isEqualTo(within.getUsageMessage());
        assertThat(alone.getSubcommands().keySet()).isEqualTo(within.getSubcommands().keySet());
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyCommandExplainsItself(String name) {
        StringWriter out = new StringWriter();
        CommandLine line = Commands.line(new String[] {name});
        line.setOut(new PrintWriter(out));
        assertThat(line.execute(name, "--help")).isZero();
        assertThat(out.toString()).contains("Usage: amphora ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pull", "build", "inspect", "run-help", "sif", "cache", "promote"})
    void describesOneCommandOnly(String name) {
        assertThat(Commands.line(new String[] {name}).getSubcommands()).containsOnlyKeys(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"help", "generate", "nonsense", "--help", ""})
    void describesAllForTheOthers(String word) {
        assertThat(Commands.line(new String[] {word}).getSubcommands().keySet())
                .isEqualTo(Commands.line().getSubcommands().keySet());
    }
}
