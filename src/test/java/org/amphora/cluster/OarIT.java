// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.amphora.OarServer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Jobs of a user under OAR's daemons.
class OarIT implements ManagerContract {

    @AutoClose private static OarServer server;
    @AutoClose private static JobShell shell;

    @BeforeAll
    static void start() throws IOException {
        server = OarServer.start();
        // oarsub hands the name of the script to a shell without quotes.
        shell = JobShell.open("oar", "amphora-jobs-", server.entry(), Map.of());
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
    void tellsThatTheTimeWasOver() {
        String late = shell.submit("exec sleep 60", "-t", "0:0:2");
        assertThat(shell.await(late)).isNotZero();
        assertThat(shell.state(late)).isEqualTo("TIMEOUT");
    }
}
