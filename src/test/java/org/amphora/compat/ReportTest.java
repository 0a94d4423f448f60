// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.amphora.compat.check.Examples;
import org.amphora.compat.check.LaunchWords;
import org.amphora.compat.check.Request;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What people and programs read, against files.
class ReportTest {

    private static final Path GOLDEN = Path.of("src/test/resources/org/amphora/compat/report");
    private static final Request TWO_RANKS =
            Request.of("solver").with(LaunchWords.parse("srun --mpi=pmix -n 2"));

    private static Report report(NodeReport... nodes) {
        return new Report("mpich.sif", List.of("solver"), List.of(nodes));
    }

    private static NodeReport plain() {
        return Compatibility.check(Examples.image(), Examples.plainNode(), TWO_RANKS);
    }

    private static NodeReport gpu() {
        return Compatibility.check(Examples.image(), Examples.gpuNode(), TWO_RANKS);
    }

    private static void same(String text, String golden) throws IOException {
        assertThat(text).as(golden).isEqualTo(Files.readString(GOLDEN.resolve(golden)));
    }

    @Test
    void tellsFindingsOfOneNode() throws IOException {
        same(report(plain()).text(Style.PLAIN, false), "one.txt");
    }

    @Test
    void tellsTheRestWhenAsked() throws IOException {
        same(report(plain()).text(Style.PLAIN, true), "one-all.txt");
    }

    @Test
    void tellsSeveralNodesAsMatrix() throws IOException {
        same(report(plain(), gpu()).text(Style.PLAIN, false), "two.txt");
    }

    @Test
    void coloursAreAllThatATerminalAdds() {
        String coloured = report(plain(), gpu()).text(Style.COLOUR, true);
        assertThat(coloured).contains("\u001b[1;31m");
        assertThat(coloured.replaceAll("\u001b\\[[0-9;]*m", ""))
                .isEqualTo(report(plain(), gpu()).text(Style.PLAIN, true));
    }

    @Test
    void givesTheSameAsData() throws IOException {
        String json =
                JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(report(plain(), gpu()).json());
        same(json + "\n", "two.json");
    }

    @Test
    void exitStatusIsThatOfTheWorstFinding() {
        Request one = Request.of("solver");
        assertThat(report(plain()).exitStatus()).isEqualTo(2);
        NodeReport warned = Compatibility.check(Examples.image(), Examples.plainNode(), one);
        assertThat(report(warned).exitStatus()).isEqualTo(1);
        NodeReport quiet =
                Compatibility.check(
                        Examples.image(), Examples.plainNode(), one.with(Request.GpuChoice.NONE));
        assertThat(report(quiet).exitStatus()).isZero();
        assertThat(report(quiet, plain()).exitStatus()).isEqualTo(2);
    }

    @Test
    void anUnreadableNodeIsUnknownAndNoFailure() {
        NodeReport node =
                Compatibility.check(
                        Examples.image(),
                        Examples.unknownNode(),
                        Request.of("solver").with(Request.GpuChoice.NONE));
        assertThat(report(node).exitStatus()).isZero();
        assertThat(report(node).text(Style.PLAIN, true))
                .contains("unknown  KERNEL-FLOOR")
                .contains("this description does not have it");
    }
}
