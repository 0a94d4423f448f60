// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// An OAR server of real daemons with two nodes of two cores, which are all this machine, started
/// by `setup/oar`. It ends with this object, and with this process should that be killed.
public final class OarServer implements AutoCloseable {

    private final Daemons daemons;

    private OarServer(Daemons daemons) {
        this.daemons = daemons;
    }

    /// Takes about ten seconds. Skips the test on a machine without OAR, or when not root.
    public static OarServer start() throws IOException {
        Needs.program("oarsub");
        Needs.program("Almighty");
        Needs.program("psql");
        return new OarServer(Daemons.start("oar"));
    }

    /// Words before a command that bring it to where the clients find the server.
    public List<String> entry() {
        return List.of("nsenter", "--mount=" + daemons.environment().get("OAR_NAMESPACE"));
    }

    /// Where the logs are; `log/oar` is the server's own.
    public Path directory() {
        return daemons.directory();
    }

    @Override
    public void close() throws IOException {
        daemons.close();
    }
}
