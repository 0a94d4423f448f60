// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Jobs of a user in the queue of this machine, and what no manager is needed for.
class LocalQueueIT implements ManagerContract {

    private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        shell = JobShell.open("local", Map.of());
    }

    @AfterAll
    static void stop() {
        if (shell != null) {
            shell.close();
        }
    }

    @Override
    public JobShell shell() {
        return shell;
    }

    @Override
    public String index() {
        return "LOCAL_ARRAY_INDEX";
    }

    @Override
    public String element(String array, int index) {
        return array + "_" + index;
    }

    @Test
    void tellsWhichLimitWasPassed() {
        String late = shell.submit("exec sleep 60", "-t", "0:0:1");
        assertThat(shell.await(late)).isEqualTo(143);
        assertThat(shell.state(late)).isEqualTo("TIMEOUT");
    }

    @Test
    void showsTheScriptAndNamesWhatIsWrong() {
        Command.Result script =
                shell.amphora(
                        "submit",
                        "--manager",
                        "slurm",
                        "--dry-run",
                        "-t",
                        "5",
                        "image",
                        "--",
                        "echo");
        assertThat(script.output()).startsWith("#!/bin/sh\n#SBATCH ").contains("--time=00:05:00");
        Command.Result none = shell.amphora("submit", "missing.sif", "--", "echo");
        assertThat(none.status()).isEqualTo(255);
        assertThat(none.errors().lines()).hasSize(3);
        Command.Result refused =
                shell.amphora("submit", "--nodes", "2", "--dry-run", "image", "--", "echo");
        assertThat(refused.errors()).contains("--nodes");
        assertThat(shell.amphora("status", "4711").errors()).contains("cannot find job 4711");
    }
}
