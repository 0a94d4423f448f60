// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.nio.file.Path;
import java.time.Clock;

/// A process of its own that imports a spool directory in small batches.
final class ImportProgram {
    private ImportProgram() {}

    /// @param arguments where the records are, the spool directory, launches of a batch
    public static void main(String[] arguments) {
        try (Database database = Database.open(Databases.location(arguments))) {
            int batch = Integer.parseInt(arguments[3]);
            new LaunchImport(database, Clock.systemUTC(), "root", _ -> {}, batch)
                    .spool(Path.of(arguments[2]));
        }
    }
}
