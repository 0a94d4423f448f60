// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.amphora.SharedSlurm;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What happens to Slurm under a job.
class SlurmFaultsIT {

    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        shell = JobShell.open("slurm", SLURM.cluster().environment());
    }

    @Test
    void waitsWhileTheControllerIsAway() throws Exception {
        String id = shell.submit("sleep 5; exit 5");
        shell.awaitState(id, "RUNNING");
        // Killed, it would forget what it has not written down yet: a job that began just now.
        SLURM.cluster().stop("slurmctld");
        CompletableFuture<Command.Result> waiting =
                CompletableFuture.supplyAsync(() -> shell.amphora("wait", id));
        Command.Result asked = shell.amphora("status", id);
        // Slurm's clients try for some seconds: the first question of `wait` shall have failed.
        Thread.sleep(2000);
        assertThat(asked.status()).isNotZero();
        assertThat(asked.errors()).contains("cannot ask slurm about job " + id);
        SLURM.cluster().restart("slurmctld");
        Command.Result ended = waiting.get();
        assertThat(ended.status()).isEqualTo(5);
        assertThat(ended.errors()).contains("does not answer", "answers again");
    }
}
