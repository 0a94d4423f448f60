// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.amphora.Needs;
import org.amphora.process.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What the user amphora-alice types on a machine with a resource manager: the installed `amphora`,
/// in a directory of hers with an image of busybox, `image`.
final class JobShell implements AutoCloseable {

    private static final String AMPHORA =
            Path.of(System.getenv().getOrDefault("AMPHORA_PREFIX", "target/dist"))
                    .resolve("bin/amphora")
                    .toAbsolutePath()
                    .toString();

    private final String manager;
    private final List<String> entry;
    private final Map<String, String> environment;
    private final Path home;

    private JobShell(
            String manager, List<String> entry, Map<String, String> environment, Path home) {
        this.manager = manager;
        this.entry = List.copyOf(entry);
        this.environment = Map.copyOf(environment);
        this.home = home;
    }

    /// Skips the test where there is no installed `amphora`, or when not root.
    ///
    /// Its directory has a space in its name, to be quoted.
    ///
    /// @param environment what clients of the manager need
    static JobShell open(String manager, Map<String, String> environment) throws IOException {
        return open(manager, "amphora jobs ", List.of(), environment);
    }

    /// @param prefix of the directory's name
    /// @param entry words before each command, such as those that enter a namespace
    static JobShell open(
            String manager, String prefix, List<String> entry, Map<String, String> environment)
            throws IOException {
        Needs.program("runuser");
        Needs.that(System.getProperty("user.name").equals("root"), "root", "not root");
        Needs.that(Files.isExecutable(Path.of(AMPHORA)), "amphora", "no " + AMPHORA);
        Path home = Files.createTempDirectory(Path.of("/tmp"), prefix);
        Path tree = home.resolve("image");
        for (String name : List.of("bin", "proc", "sys", "dev", "tmp", "home", "etc")) {
            Files.createDirectories(tree.resolve(name));
        }
        Files.copy(Path.of("/bin/busybox"), tree.resolve("bin/busybox"));
        tree.resolve("bin/busybox").toFile().setExecutable(true, false);
        for (String name : List.of("sh", "sleep", "echo", "hostname", "kill", "dd", "cat", "pwd")) {
            Files.createSymbolicLink(tree.resolve("bin").resolve(name), Path.of("busybox"));
        }
        Command.of("chown", "-R", "amphora-alice", home.toString()).run().orProblem("chown", "-");
        return new JobShell(manager, entry, environment, home);
    }

    Path home() {
        return home;
    }

    Command.Result amphora(String... words) {
        List<String> line = new ArrayList<>(List.of(AMPHORA));
        line.addAll(List.of(words));
        return run(line);
    }

    /// Any command, as that user.
    Command.Result run(List<String> words) {
        List<String> line = new ArrayList<>(entry);
        // Who enters a namespace begins at its root.
        line.addAll(List.of("env", "--chdir=" + home));
        line.addAll(List.of("runuser", "-u", "amphora-alice", "--"));
        line.addAll(words);
        Command command =
                Command.of(line)
                        .within(Duration.ofMinutes(2))
                        .with("HOME", home.toString())
                        .with("PWD", home.toString())
                        .with("XDG_STATE_HOME", home.resolve("state").toString())
                        .with("AMPHORA_CLUSTER_MANAGER", manager);
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            command = command.with(variable.getKey(), variable.getValue());
        }
        return command.run();
    }

    /// A command in the image as a member of these groups and no others.
    Command.Result exec(List<Integer> groups, String... words) {
        String all = groups.stream().map(String::valueOf).collect(Collectors.joining(","));
        List<String> line =
                new ArrayList<>(
                        List.of(
                                "setpriv",
                                "--reuid=amphora-alice",
                                "--regid=amphora-alice",
                                "--groups=" + all,
                                AMPHORA,
                                "exec",
                                "image"));
        line.addAll(List.of(words));
        return Command.of(line).in(home).with("HOME", home.toString()).run();
    }

    /// Submits a command in the image, a shell's when it is one word.
    ///
    /// @return the job's id, of which nothing else may be printed
    String submit(String script, String... options) {
        List<String> line = new ArrayList<>(List.of("submit"));
        line.addAll(List.of(options));
        line.addAll(List.of("image", "--", "sh", "-c", script));
        Command.Result result = amphora(line.toArray(new String[0]));
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).matches("\\d+\n");
        return result.output().strip();
    }

    /// Waits for a job.
    ///
    /// @return the exit status of `amphora wait`
    int await(String id) {
        return amphora("wait", id).status();
    }

    /// Asks until a job is in that state; half a minute is enough for every manager.
    void awaitState(String id, String state) throws InterruptedException {
        for (int i = 0; i < 60 && !state(id).equals(state); i++) {
            Thread.sleep(500);
        }
        assertThat(state(id)).isEqualTo(state);
    }

    String state(String id) {
        return status(id).get("state").asString();
    }

    /// `amphora status --json`
    JsonNode status(String id) {
        Command.Result result = amphora("status", id, "--json");
        assertThat(result.status()).as(result.errors()).isZero();
        return new JsonMapper().readTree(result.output());
    }

    String logs(String id) {
        Command.Result result = amphora("logs", id);
        assertThat(result.status()).as(result.errors()).isZero();
        return result.output();
    }

    @Override
    public void close() {
        Command.of("rm", "-rf", home.toString()).run();
    }
}
