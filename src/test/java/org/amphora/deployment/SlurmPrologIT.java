// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.amphora.ClusterUser;
import org.amphora.Lab;
import org.amphora.Needs;
import org.amphora.SharedSlurm;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The installation's example of a prolog, run by slurmd before each job on a node that has its own
/// `/etc`, `/run` and cache: deployed commands have the MPI of the node, which is newer than that
/// of their images.
class SlurmPrologIT {

    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static ClusterUser alice;
    private static Path prolog = Path.of("");

    @BeforeAll
    static void prepare() throws IOException {
        Needs.program("mpirun.openmpi");
        Needs.program("mpirun.mpich");
        alice = ClusterUser.of(SLURM.cluster());
        amphora("site", "init", site().toString());
        Files.writeString(site().resolve("clusters/local.yaml"), "root: " + apps() + "\n");
        Files.createDirectories(apps());
        prolog = SLURM.cluster().directory().resolve("prolog.d/amphora");
        Files.createSymbolicLink(
                prolog, Path.of(alice.amphora()).resolveSibling("../share/amphora/slurm-prolog"));
        onNode("mkdir -p /etc/amphora; echo 'ROOTS=\"--for " + apps() + "\"' >/etc/amphora/node");
    }

    @AfterAll
    static void takeTheNodesSettingsBack() throws IOException {
        Files.deleteIfExists(prolog);
        onNode("rm -rf /etc/amphora /run/amphora");
    }

    @Test
    void bringsTheNodesPartsToWhatIsDeployedAtAnyTime() throws IOException {
        deploy("openmpi", "bullseye-openmpi");
        assertThat(ranks("openmpi", "pmix")).contains("rank 0 of 2", "rank 1 of 2", openMpi());
        // An image that was deployed since the last compilation.
        deploy("mpich", "bullseye-mpich");
        assertThat(ranks("mpich", "pmi2")).contains("rank 0 of 2", "rank 1 of 2", mpich());
        // A boot in between, and a node whose folder was emptied.
        onNode(
                "sed -i '/boot-id/s/$/x/' /run/amphora/*.plan && grep -q 'boot-id.*x$' /run/amphora/*");
        assertThat(ranks("openmpi", "pmix")).contains("rank 0 of 2", openMpi());
        onNode("rm -rf /run/amphora");
        assertThat(ranks("mpich", "pmi2")).contains("rank 0 of 2", mpich());
    }

    private static Path site() {
        return alice.home().resolve("site");
    }

    private static Path apps() {
        return alice.home().resolve("apps");
    }

    private static void deploy(String name, String part) throws IOException {
        String site = site().toString();
        String image = Lab.image(part).toString();
        amphora(
                "app",
                "add",
                "--site",
                site,
                name + "/1",
                "--image",
                image,
                "--command",
                "mpi-probe");
        Files.writeString(
                site().resolve("apps/" + name + "/1/app.yaml"),
                "mpi: true\n",
                StandardOpenOption.APPEND);
        run(List.of("git", "-C", site, "add", "-A"));
        run(List.of("git", "-C", site, "commit", "-q", "-m", part));
        amphora("deploy", "--site", site);
    }

    /// What two ranks on the node print.
    private static String ranks(String name, String kind) {
        String command = apps().resolve("commands/" + name + "/1/bin/mpi-probe").toString();
        Command.Result result =
                alice.run("srun", "-N", "1", "-w", "n2", "-n", "2", "--mpi=" + kind, command);
        return result.output() + result.errors();
    }

    private static String openMpi() {
        return "Open MPI v" + lastWord(" ", "mpirun.openmpi", "--version");
    }

    private static String mpich() {
        return "MPICH Version: " + lastWord(" +", "mpichversion", "-v");
    }

    /// The last word of the first line.
    private static String lastWord(String space, String... command) {
        String line = Command.of(command).run().output().lines().findFirst().orElse("");
        return Stream.of(line.split(space)).reduce("", (_, last) -> last).strip();
    }

    /// As root on the node, in a job of its own.
    private static void onNode(String script) {
        Command.of("srun", "-N", "1", "-w", "n2", "sh", "-c", script)
                .with("SLURM_CONF", SLURM.cluster().environment().getOrDefault("SLURM_CONF", ""))
                .run()
                .orProblem("cannot prepare the node", "look at it");
    }

    private static void amphora(String... words) {
        run(Stream.concat(Stream.of(alice.amphora()), Stream.of(words)).toList());
    }

    private static void run(List<String> words) {
        Command.of(words).run().orProblem("cannot " + String.join(" ", words), "look at it");
    }
}
