// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.amphora.process.Command;

/// A Slurm cluster of real daemons on this machine, started by `setup/slurm`. It ends with this
/// object, and with this process should that be killed.
public final class SlurmCluster implements AutoCloseable {

    private final Daemons daemons;

    private SlurmCluster(Daemons daemons) {
        this.daemons = daemons;
    }

    /// Starts a cluster of nodes with two CPUs each, the first named as this machine, then `n2`
    /// and so on; takes about a second. Skips the test on a machine without Slurm, or when not
    /// root.
    public static SlurmCluster start(int nodes) throws IOException {
        return of(Integer.toString(nodes));
    }

    private static SlurmCluster of(String... arguments) throws IOException {
        Needs.program("slurmctld");
        Needs.program("slurmd");
        Needs.program("munged");
        return new SlurmCluster(Daemons.start("slurm", arguments));
    }

    /// The same with `slurmdbd` and its database, for `sacct`; takes about three seconds. Skips the
    /// test also where these are missing.
    public static SlurmCluster startWithAccounts(int nodes) throws IOException {
        Needs.program("slurmdbd");
        Needs.program("mariadbd");
        Needs.program("sacct");
        return of(Integer.toString(nodes), "accounts");
    }

    /// Whether a cluster with accounts holds jobs to the memory that they asked for, which takes
    /// the memory controller of cgroup v1.
    public boolean limitsMemory() {
        return Files.isWritable(Path.of("/sys/fs/cgroup/memory/tasks"));
    }

    /// What clients such as `srun` and `sbatch` need in their environment.
    public Map<String, String> environment() {
        return daemons.environment();
    }

    /// The name of the first node, which is this machine's.
    public String node() {
        return Command.of("hostname", "-s").run().output().strip();
    }

    /// Where configuration and logs are; `log/jobs` has a line for each job that ended.
    public Path directory() {
        return daemons.directory();
    }

    /// Ends a daemon as its administrator would: `slurmctld`, `slurmd-n2`.
    public void stop(String daemon) throws IOException {
        daemons.stop(daemon);
    }

    /// Kills a daemon without notice.
    public void kill(String daemon) throws IOException {
        daemons.kill(daemon);
    }

    /// Starts one again that has ended.
    public void restart(String daemon) throws IOException {
        daemons.restart(daemon);
    }

    @Override
    public void close() throws IOException {
        daemons.close();
    }
}
