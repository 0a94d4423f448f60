// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class PlainLinesTest {
    @TempDir private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"version", "--version"})
    @ResourceLock(Resources.SYSTEM_OUT)
    void answersAsTheParserDoes(String line) {
        assertThat(plain(line.split(" "))).isEqualTo(parsed(line.split(" ")));
    }

    @Test
    @ResourceLock(Resources.SYSTEM_OUT)
    void showsFactsAsTheParserDoes() throws IOException {
        Files.createDirectories(directory.resolve("bin"));
        Files.writeString(directory.resolve("bin/tool"), "#!/bin/sh\n");
        String[] words = {"inspect", "--facts", directory.toString()};
        assertThat(plain(words)).isNotEmpty().isEqualTo(parsed(words));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host --json",
                "host --help",
                "inspect --facts",
                "inspect --facts --json",
                "inspect x.sif",
                "inspect --facts --json x.sif",
                "inspect --facts x.sif y.sif",
                "--quiet host",
                "version 1",
                "list --json",
                "search",
                "search sam --json",
                "search --site x sam"
            })
    void leavesAllElseToTheParser(String line) {
        assertThat(PlainLines.of(line.split(" "))).isEmpty();
    }

    @Test
    void leavesNothingToTheParser() {
        assertThat(PlainLines.of(new String[0])).isEmpty();
    }

    private static String plain(String... words) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, false, StandardCharsets.UTF_8));
        try {
            PlainLines.of(words).orElseThrow().run();
            System.out.flush();
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String parsed(String... words) {
        StringWriter out = new StringWriter();
        CommandLine line = Commands.line(words);
        line.setOut(new PrintWriter(out));
        assertThat(line.execute(words)).as("%s", List.of(words)).isZero();
        return out.toString();
    }
}
