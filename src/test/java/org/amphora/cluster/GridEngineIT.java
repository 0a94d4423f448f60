// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.amphora.GridEngineCell;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Jobs of a user under Grid Engine's daemons.
class GridEngineIT implements ManagerContract {

    @AutoClose private static GridEngineCell cell;
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        cell = GridEngineCell.start();
        shell = JobShell.open("gridengine", cell.environment());
    }

    @Override
    public JobShell shell() {
        return shell;
    }

    @Override
    public String element(String array, int index) {
        return array + "." + index;
    }

    /// h_vmem counts address space, so this is also where a launch must do with little of it.
    @Test
    void tellsWhichLimitWasPassed() {
        String late = shell.submit("exec sleep 60", "-t", "0:0:2");
        String large =
                shell.submit(
                        "for i in 1 2; do dd if=/dev/zero of=/dev/null bs=400M & done; wait",
                        "--memory",
                        "600M");
        assertThat(shell.await(late)).isEqualTo(137);
        assertThat(shell.await(large)).isEqualTo(137);
        JsonNode status = shell.status(late);
        assertThat(status.get("state").asString()).isEqualTo("TIMEOUT");
        assertThat(status.get("reason").asString()).contains("limit");
        assertThat(shell.state(large)).isEqualTo("OUT_OF_MEMORY");
        assertThat(shell.status(large).get("peakMemoryInBytes").asLong()).isGreaterThan(600L << 20);
    }

    @Test
    void startsTheCommandOncePerTask() {
        String id = shell.submit("echo a rank", "-n", "2", "--launcher", "mpirun");
        assertThat(shell.await(id)).as(shell.logs(id)).isZero();
        assertThat(shell.logs(id)).isEqualTo("a rank\na rank\n");
    }

    /// An exit status of 100 leaves the job in the queue, in an error state.
    @Test
    void doesNotWaitForAJobThatGoesNoFurther() {
        String id = shell.submit("exit 100");
        assertThat(shell.await(id)).isEqualTo(1);
        assertThat(shell.status(id).get("reason").asString()).contains("qstat -j " + id);
        assertThat(shell.amphora("cancel", id).status()).isZero();
    }
}
