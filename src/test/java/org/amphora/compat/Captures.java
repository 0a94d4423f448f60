// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.amphora.Lab;
import org.amphora.process.Command;

/// Captures of this machine in which one fact is another, for what an emulator plays.
record Captures(Path folder) {

    /// This machine with another kernel release.
    Path kernel(String release) throws IOException {
        Path capture = folder.resolve("kernel-" + release);
        if (Files.exists(capture)) {
            return capture;
        }
        Command.of(Lab.amphora().toString(), "host", "--capture", capture.toString())
                .run()
                .orProblem("cannot capture this node", "run amphora host");
        Path file = capture.resolve("host.json");
        String now = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        String three = now.replaceFirst("^([0-9]+[.][0-9]+[.][0-9]+).*", "$1");
        Files.writeString(
                file, Files.readString(file).replace(now, release).replace(three, release));
        try (Stream<Path> all = Files.walk(capture)) {
            all.forEach(path -> path.toFile().setReadable(true, false));
        }
        return capture;
    }
}
