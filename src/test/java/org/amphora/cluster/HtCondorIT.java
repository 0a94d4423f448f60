// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.amphora.CondorPool;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Jobs of a user under HTCondor's daemons.
class HtCondorIT implements ManagerContract {

    @AutoClose private static CondorPool pool;
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        pool = CondorPool.start();
        shell = JobShell.open("htcondor", "amphora-jobs-", List.of(), pool.environment());
    }

    @Override
    public JobShell shell() {
        return shell;
    }

    /// Processes are counted from 0, whatever the index is.
    @Override
    public String element(String array, int index) {
        return array + "." + (index - 1);
    }

    /// No machine has as many cores.
    @Override
    public String submitWaiting(String running) {
        return shell.submit("echo never", "--cores-per-task", "1000");
    }

    @Test
    @Override
    public void startsWhatComesAfter() {
        Command.Result refused =
                shell.amphora("submit", "-d", "afterok:1", "image", "--", "sh", "-c", "true");
        assertThat(refused.status()).isEqualTo(255);
        assertThat(refused.errors()).contains("--dependency: HTCondor orders jobs with DAGMan");
    }

    @Test
    void tellsWhichLimitWasPassed() {
        String late = shell.submit("exec sleep 60", "-t", "0:0:2");
        assertThat(shell.await(late)).isNotZero();
        JsonNode status = shell.status(late);
        assertThat(status.get("state").asString()).isEqualTo("TIMEOUT");
        assertThat(status.get("reason").asString()).contains("allowed execute duration");
        assertThat(shell.amphora("cancel", late).status()).isZero();
    }
}
