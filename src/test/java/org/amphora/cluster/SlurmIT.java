// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.amphora.SharedSlurm;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Jobs of a user under Slurm's daemons.
class SlurmIT implements ManagerContract {

    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        shell = JobShell.open("slurm", SLURM.cluster().environment());
    }

    @Override
    public JobShell shell() {
        return shell;
    }

    @Override
    public String element(String array, int index) {
        return array + "_" + index;
    }

    @Test
    void startsTheCommandOncePerTaskOnEachNode() {
        String id = shell.submit("echo $SLURMD_NODENAME", "-N", "2", "-n", "2");
        assertThat(shell.await(id)).isZero();
        assertThat(shell.logs(id).lines()).containsExactlyInAnyOrder(SLURM.cluster().node(), "n2");
        assertThat(shell.status(id).get("nodes").size()).isEqualTo(2);
    }
}
