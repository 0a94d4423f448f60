// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Notes for the person, on standard error, in the form that users and wrappers of Apptainer know:
/// `INFO:    text`. Levels as there: `-s` leaves errors, `-q` warnings, `-v` and `-d` add detail.
final class Messages {
    private static final int WARNING_LEVEL = -2;
    private static final int INFO_LEVEL = 1;
    private static final int VERBOSE_LEVEL = 2;

    private final OutputStream out;
    private int level = INFO_LEVEL;

    Messages(OutputStream out) {
        this.out = out;
    }

    void level(int level) {
        this.level = level;
    }

    void quiet() {
        level = Math.min(level, -1);
    }

    void silent() {
        level = -3;
    }

    void verbose() {
        level = 4;
    }

    void debug() {
        level = 5;
    }

    boolean isDebug() {
        return level >= 5;
    }

    void warning(String raw) {
        print(WARNING_LEVEL, "WARNING: ", raw);
    }

    void info(String raw) {
        print(INFO_LEVEL, "INFO:    ", raw);
    }

    void verbose(String raw) {
        print(VERBOSE_LEVEL, "VERBOSE: ", raw);
    }

    /// Prints lines whatever the level, e.g. those of a problem.
    void error(String text) {
        write((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void print(int needed, String label, String raw) {
        if (level >= needed) {
            write((label + raw + "\n").getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private void write(byte[] line) {
        try {
            out.write(line);
            out.flush();
        } catch (IOException e) {
            // Standard error is closed: nobody listens, and the launch goes on.
            level = -4;
        }
    }
}
