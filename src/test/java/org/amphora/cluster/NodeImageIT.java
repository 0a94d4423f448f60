// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// From node to node where there is no sbcast. A node is a directory; what runs commands on nodes
/// is a script that changes the directory, and that can be told to fail.
class NodeImageIT {

    private static final String PROGRAM = Path.of("starter/node-image").toAbsolutePath().toString();

    private static final String REMOTE =
            """
            #!/bin/sh
            node=$1 from=${AMPHORA_NODE_STORE##*/}
            shift 3
            echo "$from $node" >>DIR/sent
            case $node in
                unreachable) exit 255 ;;
                broken) head -c 1000 | env "AMPHORA_NODE_STORE=DIR/$node" "$@" ;;
                *) exec env "AMPHORA_NODE_STORE=DIR/$node" "$@" ;;
            esac
            """;

    @TempDir Path dir;
    private Path image;
    private String digest;

    @BeforeEach
    void prepare() throws Exception {
        Needs.program("flock");
        byte[] bytes = new byte[200_000];
        new Random(1).nextBytes(bytes);
        image = Files.write(dir.resolve("image"), bytes);
        digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        Path remote = dir.resolve("remote");
        Files.writeString(remote, REMOTE.replace("DIR", dir.toString()));
        remote.toFile().setExecutable(true);
    }

    private Command.Result bring(List<String> nodes) throws IOException {
        Path file = Files.write(dir.resolve("nodes"), nodes);
        return onFirst(file, "bring", digest, image.toString(), dir.resolve("remote").toString());
    }

    private Command.Result onFirst(Path nodes, String... words) {
        List<String> line = new java.util.ArrayList<>(List.of(PROGRAM));
        line.addAll(List.of(words));
        return Command.of(line)
                .with("AMPHORA_NODE_STORE", dir.resolve("first").toString())
                .with("AMPHORA_NODE_QUOTA", "500K")
                .with("PBS_NODEFILE", nodes.toString())
                .run();
    }

    private boolean has(String node) {
        return Files.exists(dir.resolve(node).resolve(digest + ".sif"));
    }

    /// 32 nodes: nobody sends more than twice, and no copy is further than five from the first.
    @Test
    void goesDownABinaryTree() throws Exception {
        List<String> nodes = IntStream.range(1, 32).mapToObj(i -> "n" + i).toList();
        Command.Result result = bring(nodes);
        assertThat(result.errors()).isEmpty();
        assertThat(nodes).allMatch(this::has);
        List<String> sent = Files.readAllLines(dir.resolve("sent"));
        assertThat(sent).hasSize(31);
        var from = new java.util.HashMap<String, String>();
        var times = new java.util.HashMap<String, Integer>();
        for (String line : sent) {
            String[] words = line.split(" ");
            from.put(words[1], words[0]);
            times.merge(words[0], 1, Integer::sum);
        }
        assertThat(times.values()).allMatch(count -> count <= 2);
        for (String node : nodes) {
            int steps = 0;
            for (String at = node; !at.equals("first"); at = from.get(at)) {
                steps++;
            }
            assertThat(steps).isLessThanOrEqualTo(5);
        }
    }

    @Test
    void goesAroundNodesThatFailOrGetOtherBytes() throws Exception {
        Command.Result result = bring(List.of("unreachable", "n2", "n3", "broken", "n5", "n6"));
        assertThat(result.status()).isZero();
        assertThat(List.of("first", "n2", "n3", "n5", "n6")).allMatch(this::has);
        assertThat(result.errors())
                .contains("unreachable did not get the image")
                .contains("broken did not get the image")
                .contains("an image arrived damaged: sha256");
        assertThat(dir.resolve("broken")).isEmptyDirectory();
    }

    @Test
    void refusesAFileThatIsNotWhatWasSubmitted() throws Exception {
        Files.writeString(image, "something else");
        Command.Result result = bring(List.of());
        assertThat(result.status()).isEqualTo(255);
        assertThat(result.errors()).contains("error: ").contains("why: ").contains("fix: ");
        assertThat(dir.resolve("first")).isEmptyDirectory();
    }

    @Test
    void makesRoomButNotWithWhatIsInUse() throws Exception {
        bring(List.of());
        Path copy = dir.resolve("first").resolve(digest + ".sif");
        ProcessBuilder builder =
                new ProcessBuilder(
                        PROGRAM, "run", digest, "IMAGE", "sh", "-c", "echo $0; read -r _", "IMAGE");
        builder.environment().put("AMPHORA_NODE_STORE", dir.resolve("first").toString());
        Process running = builder.start();
        assertThat(running.inputReader().readLine()).isEqualTo(copy.toString());

        Path none = Path.of("/dev/null");
        assertThat(onFirst(none, "ask", "0".repeat(64), "400000").output()).isEqualTo("full\n");
        assertThat(copy).exists();
        running.destroyForcibly().waitFor();
        assertThat(onFirst(none, "ask", "0".repeat(64), "400000").output()).isEqualTo("missing\n");
        assertThat(copy).doesNotExist();
    }

    @Test
    void takesTheLeastRecentlyUsedFirst() throws Exception {
        Path store = Files.createDirectory(dir.resolve("first"));
        for (int i = 0; i < 3; i++) {
            Path one = Files.write(store.resolve(i + ".sif"), new byte[100_000]);
            Files.setAttribute(
                    one, "lastAccessTime", FileTime.from(Instant.now().minusSeconds(60 * (i + 1))));
        }
        assertThat(onFirst(Path.of("/dev/null"), "ask", "a", "300000").output())
                .isEqualTo("missing\n");
        assertThat(store.resolve("0.sif")).exists();
        assertThat(store.resolve("1.sif")).exists();
        assertThat(store.resolve("2.sif")).doesNotExist();
    }

    @Test
    void usesTheSharedFileWhereThereIsNoCopy() {
        Command.Result result =
                onFirst(
                        Path.of("/dev/null"),
                        "run",
                        digest,
                        "shared.sif",
                        "echo",
                        "shared.sif",
                        "a  b");
        assertThat(result.output()).isEqualTo("shared.sif a  b\n");
    }
}
