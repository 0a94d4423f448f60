// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.process.Command;

/// What `amphora-alice` types on a Slurm cluster of this machine, in a directory of her own. Needs
/// root, and an installation that AMPHORA_PREFIX names.
public final class ClusterUser implements AutoCloseable {

    private static final List<String> AS_ALICE = List.of("runuser", "-u", "amphora-alice", "--");

    private final SlurmCluster slurm;
    private final Path home;
    private final String amphora;

    private ClusterUser(SlurmCluster slurm, Path home, String amphora) {
        this.slurm = slurm;
        this.home = home;
        this.amphora = amphora;
    }

    public static ClusterUser of(SlurmCluster slurm) throws IOException {
        Needs.program("runuser");
        Needs.that(System.getProperty("user.name").equals("root"), "root", "not root");
        String amphora = Lab.amphora().toString();
        Path home = Files.createTempDirectory(Path.of("/tmp"), "amphora-cluster-user-");
        ClusterUser user = new ClusterUser(slurm, home, amphora);
        Command.of("chmod", "755", home.toString()).run().orProblem("chmod", "-");
        user.own();
        return user;
    }

    public SlurmCluster slurm() {
        return slurm;
    }

    public Path home() {
        return home;
    }

    public String amphora() {
        return amphora;
    }

    /// The files of an image with a shell, below the home directory.
    public Path tree(String... directories) throws IOException {
        Path tree = home.resolve("tree");
        for (String name : directories) {
            Files.createDirectories(tree.resolve(name));
        }
        Files.createDirectories(tree.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), tree.resolve("bin/busybox"));
        tree.resolve("bin/busybox").toFile().setExecutable(true, false);
        for (String name : List.of("sh", "sleep", "echo", "id", "cat", "kill")) {
            Files.createSymbolicLink(tree.resolve("bin").resolve(name), Path.of("busybox"));
        }
        own();
        return tree;
    }

    private void own() {
        Command.of("chown", "-R", "amphora-alice", home.toString()).run().orProblem("chown", "-");
    }

    /// The words of a command as alice.
    public List<String> line(String... words) {
        List<String> line = new ArrayList<>(AS_ALICE);
        line.addAll(List.of(words));
        return line;
    }

    public Command.Result run(Map<String, String> variables, String... words) {
        Command command =
                Command.of(line(words))
                        .in(home)
                        .within(Duration.ofMinutes(2))
                        .with("HOME", home.toString())
                        .with("XDG_STATE_HOME", home.resolve("state").toString())
                        .with("AMPHORA_CLUSTER_MANAGER", "slurm");
        for (Map.Entry<String, String> variable : slurm.environment().entrySet()) {
            command = command.with(variable.getKey(), variable.getValue());
        }
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            command = command.with(variable.getKey(), variable.getValue());
        }
        return command.run();
    }

    public Command.Result run(String... words) {
        return run(Map.of(), words);
    }

    @Override
    public void close() {
        Command.of("rm", "-rf", home.toString()).run();
    }
}
