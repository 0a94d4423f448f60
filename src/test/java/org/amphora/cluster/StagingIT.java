// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.amphora.ClusterUser;
import org.amphora.Needs;
import org.amphora.SharedSlurm;
import org.amphora.image.store.DockerRegistry;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// How an image comes to the nodes of a job: Slurm's daemons, each node with a disk of its own.
class StagingIT {

    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static ClusterUser alice;

    @BeforeAll
    static void start() throws IOException {
        Needs.program("sbcast");
        alice = ClusterUser.of(SLURM.cluster());
        Path tree = alice.tree("proc", "sys", "dev", "tmp", "var/tmp", "home", "etc");
        for (String name : List.of("first.sif", "second.sif")) {
            Files.writeString(tree.resolve("etc/name"), name);
            assertThat(amphora(Map.of(), "build", name, "tree").errors()).doesNotContain("error:");
        }
    }

    /// @param store a directory of each node's disk, of one test
    private static Map<String, String> storing(String store, String... more) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put(
                "AMPHORA_NODE_STORE",
                alice.slurm().directory().resolve("scratch").resolve(store).toString());
        for (int i = 0; i < more.length; i += 2) {
            variables.put(more[i], more[i + 1]);
        }
        return variables;
    }

    private static Command.Result amphora(Map<String, String> variables, String... words) {
        List<String> line = new ArrayList<>(List.of(alice.amphora()));
        line.addAll(List.of(words));
        return alice.run(variables, line.toArray(new String[0]));
    }

    private static String submit(Map<String, String> variables, String... words) {
        List<String> line = new ArrayList<>(List.of("submit"));
        line.addAll(List.of(words));
        Command.Result result = amphora(variables, line.toArray(new String[0]));
        assertThat(result.status()).as(result.errors()).isZero();
        return result.output().strip();
    }

    /// What a job has written, without what srun says when it must wait for the step before.
    private static String outputOf(String id) {
        Command.Result ended = amphora(Map.of(), "wait", id);
        String output = amphora(Map.of(), "logs", id).output();
        assertThat(ended.status()).as(output + ended.errors()).isZero();
        return output.replaceAll("(?m)^srun: .*\n", "");
    }

    /// What a node's store has.
    private static List<Path> store(String node, String name) throws IOException {
        Path store = alice.slurm().directory().resolve("scratch-" + node).resolve(name);
        try (Stream<Path> files = Files.list(store)) {
            return files.toList();
        }
    }

    @Test
    void givesEveryNodeACopyAndUsesItAgain() throws Exception {
        Map<String, String> variables = storing("reuse");
        String[] job = {
            "-N",
            "2",
            "-n",
            "2",
            "--stage",
            "node",
            "first.sif",
            "--",
            "sh",
            "-c",
            "echo $APPTAINER_CONTAINER"
        };
        String copy = variables.get("AMPHORA_NODE_STORE") + "/[0-9a-f]{64}\\.sif\n";
        assertThat(outputOf(submit(variables, job))).matches(copy + copy);
        List<Path> first = store(alice.slurm().node(), "reuse");
        List<Path> second = store("n2", "reuse");
        assertThat(first).hasSize(1);
        assertThat(second).hasSize(1);
        Object before = Files.getAttribute(second.getFirst(), "unix:ino");

        assertThat(outputOf(submit(variables, job))).matches(copy + copy);
        assertThat(Files.getAttribute(second.getFirst(), "unix:ino")).isEqualTo(before);
        assertThat(store("n2", "reuse")).hasSize(1);
    }

    @Test
    void showsInTheScriptHowTheImageArrives() {
        String script =
                amphora(
                                Map.of(),
                                "submit",
                                "--dry-run",
                                "--stage",
                                "node",
                                "first.sif",
                                "--",
                                "echo")
                        .output();
        assertThat(script)
                .containsPattern(
                        "/libexec/amphora/node-image bring [0-9a-f]{64} \\S+/first.sif sbcast \\|\\|"
                                + " exit\nexec \\S+/node-image run ");
        assertThat(amphora(Map.of(), "submit", "--dry-run", "first.sif", "--", "echo").output())
                .doesNotContain("node-image");
        assertThat(
                        amphora(
                                        Map.of(),
                                        "submit",
                                        "--dry-run",
                                        "-N",
                                        "8",
                                        "first.sif",
                                        "--",
                                        "echo")
                                .output())
                .contains("node-image");
        assertThat(amphora(Map.of(), "submit", "--stage", "node", "tree", "--", "echo").errors())
                .contains("it is no file");
    }

    @Test
    void keepsTheImageOfARunningJob() throws Exception {
        long size = Files.size(alice.home().resolve("first.sif"));
        Map<String, String> variables =
                storing("running", "AMPHORA_NODE_QUOTA", Long.toString(size + 1000));
        String held =
                submit(
                        variables,
                        "--stage",
                        "node",
                        "first.sif",
                        "--",
                        "sh",
                        "-c",
                        "echo $SLURMD_NODENAME; sleep 60");
        while (!amphora(Map.of(), "logs", held).output().contains("\n")) {
            Thread.sleep(100);
        }
        String node = amphora(Map.of(), "logs", held).output().strip();
        String[] other = {
            "--stage",
            "node",
            "--native",
            "--nodelist=" + node,
            "second.sif",
            "--",
            "sh",
            "-c",
            "echo $APPTAINER_CONTAINER"
        };
        String shared = submit(variables, other);
        assertThat(outputOf(shared))
                .contains("no room for an image")
                .endsWith(alice.home().resolve("second.sif") + "\n");
        List<Path> before = store(node, "running");
        assertThat(before).hasSize(1);
        amphora(Map.of(), "cancel", held);
        amphora(Map.of(), "wait", held);

        assertThat(outputOf(submit(variables, other)))
                .startsWith(variables.get("AMPHORA_NODE_STORE"));
        assertThat(store(node, "running")).hasSize(1).doesNotContainAnyElementsOf(before);
    }

    /// The copy stops half way because a program of that name stands before Slurm's own.
    @Test
    void aJobCancelledWhileItsImageArrivesLeavesNoImage() throws Exception {
        Path programs = Files.createDirectories(alice.home().resolve("slow"));
        Path slow = programs.resolve("sbcast");
        Files.writeString(
                slow,
                "#!/bin/sh\nhead -c 1000 \"$2\" >half\n/usr/bin/sbcast --force half \"$3\"\n"
                        + "echo half\nsleep 60\n");
        slow.toFile().setExecutable(true, false);
        Map<String, String> variables = storing("cancelled");
        Map<String, String> slowly = new LinkedHashMap<>(variables);
        slowly.put("PATH", programs + ":" + System.getenv("PATH"));
        String[] job = {"-N", "2", "-n", "2", "--stage", "node", "first.sif", "--", "echo", "ran"};
        String id = submit(slowly, job);
        while (!amphora(Map.of(), "logs", id).output().contains("half")) {
            Thread.sleep(100);
        }
        amphora(Map.of(), "cancel", id);
        amphora(Map.of(), "wait", id);
        assertThat(amphora(Map.of(), "status", id).output()).contains("CANCELLED");
        assertThat(store("n2", "cancelled"))
                .hasSize(1)
                .allMatch(file -> file.toString().endsWith(".part"));

        for (String node : List.of("n2", alice.slurm().node())) {
            for (Path part : store(node, "cancelled")) {
                Files.setLastModifiedTime(
                        part, FileTime.from(Instant.now().minus(Duration.ofMinutes(11))));
            }
        }
        assertThat(outputOf(submit(variables, job))).isEqualTo("ran\nran\n");
        assertThat(store("n2", "cancelled"))
                .hasSize(1)
                .allMatch(file -> file.toString().endsWith(".sif"));
    }

    @Test
    void saysThatTheSharedDirectoryIsFull() throws Exception {
        Needs.program("umoci");
        Path small = Files.createDirectories(alice.home().resolve("small"));
        Command.of("mount", "-t", "tmpfs", "-o", "size=256k,mode=1777", "none", small.toString())
                .run()
                .orProblem("mount", "-");
        try {
            Command.Result result =
                    amphora(
                            Map.of("AMPHORA_CACHEDIR", small.toString()),
                            "submit",
                            "oci:" + layout() + ":latest",
                            "--",
                            "echo");
            assertThat(result.status()).isEqualTo(255);
            assertThat(result.output()).isEmpty();
            assertThat(result.errors())
                    .containsPattern("why: +no space left in " + small + ".* needed, .* free");
            try (Stream<Path> left = Files.walk(small)) {
                assertThat(left.filter(file -> file.toFile().length() > 64 << 10)).isEmpty();
            }
        } finally {
            Command.of("umount", small.toString()).run();
        }
    }

    @Test
    void runsWhatIsInTheCacheWhenTheRegistryIsGone() throws Exception {
        Needs.program("docker-registry");
        Needs.program("skopeo");
        String[] job;
        try (DockerRegistry registry =
                DockerRegistry.start(alice.home().resolve("registry"), false)) {
            String name = registry.host() + "/tool:1";
            Command.of(
                            "skopeo",
                            "copy",
                            "--dest-tls-verify=false",
                            "oci:" + layout() + ":latest",
                            "docker://" + name)
                    .run()
                    .orProblem("skopeo", "-");
            job = new String[] {"--no-https", "docker://" + name, "--", "echo", "ran"};
            assertThat(outputOf(submit(Map.of(), job))).isEqualTo("ran\n");
        }
        List<String> line = new ArrayList<>(List.of("submit"));
        line.addAll(List.of(job));
        Command.Result again = amphora(Map.of(), line.toArray(new String[0]));
        assertThat(again.status()).as(again.errors()).isZero();
        assertThat(again.errors()).contains("does not answer");
        assertThat(outputOf(again.output().strip())).isEqualTo("ran\n");
    }

    private static synchronized Path layout() throws IOException {
        Path layout = alice.home().resolve("layout");
        if (!Files.exists(layout)) {
            for (List<String> line :
                    List.of(
                            List.of("umoci", "init", "--layout", layout.toString()),
                            List.of("umoci", "new", "--image", layout + ":latest"),
                            List.of(
                                    "umoci",
                                    "insert",
                                    "--image",
                                    layout + ":latest",
                                    alice.home().resolve("tree").toString(),
                                    "/"))) {
                Command.of(line).run().orProblem("umoci", "-");
            }
            Command.of("chmod", "-R", "a+rX", layout.toString()).run();
        }
        return layout;
    }
}
