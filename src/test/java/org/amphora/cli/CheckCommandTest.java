// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `check` and `explain` as they are typed.
class CheckCommandTest {

    @TempDir private Path directory;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path image;

    @BeforeEach
    void makeImage() throws IOException {
        image = Files.createDirectories(directory.resolve("image"));
        Files.createDirectories(image.resolve("etc"));
        Files.writeString(image.resolve("etc/os-release"), "ID=debian\nVERSION_ID=12\n");
    }

    private int run(String... words) {
        CommandLine line = Commands.line(words);
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return line.execute(words);
    }

    private String node(String name, String more) throws IOException {
        Path file = directory.resolve(name + ".json");
        Files.writeString(file, "{\"format\": \"amphora-host 1\"" + more + "}");
        return file.toString();
    }

    private static String fact(Object value) {
        return "{\"value\": " + value + ", \"source\": \"somewhere\"}";
    }

    private static JsonNode json(String text) {
        return JsonMapper.builder().build().readTree(text);
    }

    @Test
    void statusAndFindingsOfACapturedNode() throws IOException {
        String off = ", \"userNamespaces\": {\"maximum\": " + fact(0) + "}";
        assertThat(run("check", image.toString(), "--host", node("login", off), "--json"))
                .isEqualTo(2);
        JsonNode finding = json(out.toString()).get("findings").get(0);
        assertThat(finding.get("id").asString()).isEqualTo("USERNS-OFF");
        assertThat(finding.get("node").asString()).isEqualTo("login");
        assertThat(finding.get("severity").asString()).isEqualTo("block");
        assertThat(finding.get("evidence")).isNotEmpty();
        assertThat(finding.get("fix").get("kind").asString()).isEqualTo("command");
    }

    @Test
    void severalNodesGiveAMatrix() throws IOException {
        String off = ", \"userNamespaces\": {\"maximum\": " + fact(0) + "}";
        assertThat(
                        run(
                                "check",
                                image.toString(),
                                "--host",
                                node("cpu01", ""),
                                "--host",
                                node("gpu01", off),
                                "--",
                                "solver",
                                "-x"))
                .isEqualTo(2);
        assertThat(out.toString().lines().findFirst().orElse("")).contains("cpu01", "gpu01");
        assertThat(out.toString()).containsPattern("USERNS-OFF +unknown +fails");
    }

    @Test
    void thisNodeIsLookedAtWithoutHost() {
        assertThat(run("check", "--json", "--gpu", "none", image.toString())).isBetween(0, 2);
        assertThat(json(out.toString()).get("nodes")).hasSize(1);
    }

    @Test
    void whatCannotBeReadIsAProblemInThreeLines() throws IOException {
        Path garbage = Files.writeString(directory.resolve("garbage.json"), "{[");
        for (List<String> words :
                List.of(
                        List.of("check", directory.resolve("nothing.sif").toString()),
                        List.of("check", garbage.toString()),
                        List.of("check", image.toString(), "--host", garbage.toString()),
                        List.of("check", image.toString(), "--host", "/nonexistent"),
                        List.of("explain", "/nonexistent"),
                        List.of("explain", directory.toString()))) {
            err.getBuffer().setLength(0);
            assertThat(run(words.toArray(String[]::new))).as(words.toString()).isEqualTo(255);
            assertThat(err.toString().lines())
                    .as(words.toString())
                    .hasSize(3)
                    .noneMatch(line -> line.contains("Exception"));
        }
    }

    @Test
    void explainsALog() throws IOException {
        Path log = Files.writeString(directory.resolve("log"), "start\nFATAL: kernel too old\n");
        assertThat(run("explain", log.toString(), "--json")).isZero();
        JsonNode first = json(out.toString()).get(0);
        assertThat(first.get("id").asString()).isEqualTo("KERNEL-FLOOR");
        assertThat(first.get("line").asInt()).isEqualTo(2);
    }

    @Test
    void aCleanLogIsStatusOne() throws IOException {
        Path log = Files.writeString(directory.resolve("log"), "all is well\n");
        assertThat(run("explain", log.toString(), "--json")).isEqualTo(1);
        assertThat(Stream.of(out.toString().strip())).containsExactly("[ ]");
    }
}
