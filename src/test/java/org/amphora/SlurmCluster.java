// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.amphora.process.Command;

/// A Slurm cluster of real daemons on this machine, started by `setup/slurm`. It ends with this
/// object, and with this process should that be killed.
public final class SlurmCluster implements AutoCloseable {

    private final Path directory;
    private final Process daemons;

    private SlurmCluster(Path directory, Process daemons) {
        this.directory = directory;
        this.daemons = daemons;
    }

    /// Starts a cluster of nodes with two CPUs each, the first named as this machine, then `n2`
    /// and so on; takes about a second. Skips the test on a machine without Slurm, or when not
    /// root.
    public static SlurmCluster start(int nodes) throws IOException {
        Needs.program("slurmctld");
        Needs.program("slurmd");
        Needs.program("munged");
        Needs.that(
                "root".equals(System.getProperty("user.name")),
                "root",
                "Slurm starts jobs as other users, which takes root");
        Path directory =
                Files.createTempDirectory(
                        Path.of("/tmp"),
                        "amphora-slurm.",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwxr-xr-x")));
        Process daemons =
                new ProcessBuilder("setup/slurm", directory.toString(), Integer.toString(nodes))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        SlurmCluster cluster = new SlurmCluster(directory, daemons);
        @SuppressWarnings("resource") // the process owns its output
        BufferedReader output = daemons.inputReader(StandardCharsets.UTF_8);
        String answer = output.readLine();
        if (answer == null || !answer.startsWith("ready ")) {
            cluster.close();
            throw new IllegalStateException("setup/slurm said: " + answer);
        }
        return cluster;
    }

    /// What clients such as `srun` and `sbatch` need in their environment.
    public Map<String, String> environment() {
        return Map.of("SLURM_CONF", directory.resolve("slurm.conf").toString());
    }

    /// The name of the first node, which is this machine's.
    public String node() {
        return Command.of("hostname", "-s").run().output().strip();
    }

    /// Where configuration and logs are; `log/jobs` has a line for each job that ended.
    public Path directory() {
        return directory;
    }

    @Override
    public void close() throws IOException {
        daemons.getOutputStream().close();
        try {
            if (!daemons.waitFor(30, TimeUnit.SECONDS)) {
                daemons.destroy();
            }
        } catch (InterruptedException e) {
            daemons.destroy();
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
