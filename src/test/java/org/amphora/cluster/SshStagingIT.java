// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.amphora.SshNodes;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// An image handed on from node to node by ssh, as the script of a job for OpenPBS has it: the
/// script runs on the first of its nodes, by hand, since Debian has no OpenPBS.
class SshStagingIT {

    private static final List<String> NODES = List.of("n1", "n2", "broken3", "n4", "n5");

    @AutoClose private static SshNodes nodes;
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        nodes = SshNodes.start(NODES.toArray(new String[0]));
        shell = JobShell.open("openpbs", "amphora jobs ", nodes.entry("n1"), Map.of());
        assertThat(shell.amphora("build", "x.sif", "image").errors()).doesNotContain("error:");
    }

    private static Command.Result runJob() throws IOException {
        Command.Result script =
                shell.amphora(
                        "submit",
                        "--dry-run",
                        "-N",
                        "5",
                        "--launcher",
                        "none",
                        "--stage",
                        "node",
                        "x.sif",
                        "--",
                        "sh",
                        "-c",
                        "echo $APPTAINER_CONTAINER");
        assertThat(script.output()).as(script.errors()).containsPattern("bring .*x.sif'? ssh");
        Path file = shell.home().resolve("script");
        Files.writeString(file, script.output());
        // As PBS writes it, a line for each process.
        Path list = Files.write(shell.home().resolve("nodes"), NODES);
        Files.write(list, List.of("n1", "n2"), java.nio.file.StandardOpenOption.APPEND);
        return shell.run(List.of("env", "PBS_NODEFILE=" + list, "sh", file.toString()));
    }

    private static List<Path> store(String node) throws IOException {
        Path store;
        try (Stream<Path> stores = Files.list(nodes.disk(node))) {
            store =
                    stores.filter(path -> path.toString().contains("amphora-"))
                            .findFirst()
                            .orElseThrow();
        }
        try (Stream<Path> files = Files.list(store)) {
            return files.toList();
        }
    }

    @Test
    void everyNodeChecksWhatArrivesAndABrokenCopyIsRefused() throws IOException {
        Command.Result first = runJob();
        assertThat(first.status()).as(first.errors()).isZero();
        assertThat(first.output()).matches("/var/tmp/amphora-\\d+/[0-9a-f]{64}\\.sif\n");
        assertThat(first.errors())
                .containsPattern("broken3: an image arrived damaged: sha256 [0-9a-f]{64}, expected")
                .contains("broken3 did not get the image; it reads the shared file")
                .doesNotContain("n4 did not", "n5 did not");
        assertThat(store("broken3")).isEmpty();
        Path image = shell.home().resolve("x.sif");
        for (String node : List.of("n1", "n2", "n4", "n5")) {
            assertThat(store(node)).as(node).hasSize(1);
            assertThat(store(node).getFirst()).hasSameBinaryContentAs(image);
        }

        Object before = Files.getAttribute(store("n5").getFirst(), "unix:ino");
        assertThat(runJob().output()).isEqualTo(first.output());
        assertThat(Files.getAttribute(store("n5").getFirst(), "unix:ino")).isEqualTo(before);
    }
}
