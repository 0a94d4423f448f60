// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.amphora.SlurmCluster;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What Slurm does to a job, and what happens to Slurm under one, is told as what it was.
class SlurmFaultsIT {

    @AutoClose private static SlurmCluster slurm;
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        slurm = SlurmCluster.start(2);
        shell = JobShell.open("slurm", slurm.environment());
    }

    @Test
    void tellsAJobOfALostNodeFromOneWhoseTimeWasOver() throws Exception {
        String lost = shell.submit("exec sleep 300", "--native", "--nodelist=n2 --no-requeue");
        String late = shell.submit("exec sleep 300", "-t", "1", "--native", "-w " + slurm.node());
        shell.awaitState(late, "RUNNING");
        shell.awaitState(lost, "RUNNING");
        // Slurm counts minutes; an administrator can say seconds.
        asRoot("scontrol", "update", "JobId=" + late, "EndTime=now+1");
        slurm.kill("slurmd-n2");
        assertThat(shell.await(late)).isNotZero();
        assertThat(shell.await(lost)).isNotZero();
        slurm.restart("slurmd-n2");
        assertThat(shell.state(late)).isEqualTo("TIMEOUT");
        assertThat(shell.status(late).get("reason").asString()).isEqualTo("TimeLimit");
        assertThat(shell.state(lost)).isEqualTo("NODE_FAILED");
        assertThat(shell.status(lost).get("reason").asString()).isEqualTo("NodeDown");
    }

    private static void asRoot(String... words) {
        Command.of(words)
                .with("SLURM_CONF", slurm.environment().get("SLURM_CONF"))
                .within(Duration.ofSeconds(30))
                .run()
                .orProblem(String.join(" ", words), "-");
    }

    @Test
    void waitsWhileTheControllerIsAway() throws Exception {
        String id = shell.submit("sleep 8; exit 5");
        shell.awaitState(id, "RUNNING");
        CompletableFuture<Command.Result> waiting =
                CompletableFuture.supplyAsync(() -> shell.amphora("wait", id));
        // Killed, it would forget what it has not written down yet: a job that began just now.
        slurm.stop("slurmctld");
        Command.Result asked = shell.amphora("status", id);
        assertThat(asked.status()).isNotZero();
        assertThat(asked.errors()).contains("cannot ask slurm about job " + id);
        slurm.restart("slurmctld");
        Command.Result ended = waiting.get();
        assertThat(ended.status()).isEqualTo(5);
        assertThat(ended.errors()).contains("does not answer", "answers again");
    }
}
