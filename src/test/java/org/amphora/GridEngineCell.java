// SPDX-License-Identifier: Apache-2.0
package org.amphora;

import java.io.IOException;
import java.util.Map;

/// A Grid Engine cell of real daemons on this machine, with one host of four slots, started by
/// `setup/gridengine`. It ends with this object, and with this process should that be killed.
public final class GridEngineCell implements AutoCloseable {

    private final Daemons daemons;

    private GridEngineCell(Daemons daemons) {
        this.daemons = daemons;
    }

    /// Takes about three seconds. Skips the test on a machine without Grid Engine, or when not
    /// root.
    public static GridEngineCell start() throws IOException {
        Needs.program("sge_qmaster");
        Needs.program("sge_execd");
        Needs.program("qsub");
        return new GridEngineCell(Daemons.start("gridengine"));
    }

    /// What clients such as `qsub` need in their environment.
    public Map<String, String> environment() {
        return daemons.environment();
    }

    @Override
    public void close() throws IOException {
        daemons.close();
    }
}
