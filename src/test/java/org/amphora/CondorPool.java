// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// An HTCondor pool of real daemons on this machine, with four processors, started by
/// `setup/condor`. It ends with this object, and with this process should that be killed.
public final class CondorPool implements AutoCloseable {

    private final Daemons daemons;

    private CondorPool(Daemons daemons) {
        this.daemons = daemons;
    }

    /// Takes some seconds. Skips the test where the peers' root has no HTCondor, or when not root.
    public static CondorPool start() throws IOException {
        Path root =
                Path.of(System.getenv().getOrDefault("AMPHORA_PEERS", "/var/tmp/amphora-peers"));
        Needs.that(
                Files.isExecutable(root.resolve("usr/sbin/condor_master")),
                "condor",
                "no HTCondor in " + root + ", see bench/peers");
        return new CondorPool(Daemons.start("condor"));
    }

    /// What clients such as `condor_submit` need in their environment.
    public Map<String, String> environment() {
        return daemons.environment();
    }

    @Override
    public void close() throws IOException {
        daemons.close();
    }
}
