// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.PrintStream;
import org.amphora.progress.Progress;

/// Messages to the person: all on standard error, because standard output belongs to results.
final class Terminal {

    private final PrintStream err;
    private final boolean quiet;
    private final TerminalProgress bars;

    Terminal(PrintStream err, boolean quiet) {
        this.err = err;
        this.quiet = quiet;
        this.bars = new TerminalProgress(err, Boolean.getBoolean("amphora.terminal"));
    }

    Progress progress() {
        return quiet ? Progress.NONE : bars;
    }

    /// Says something that is worth knowing.
    void info(String text) {
        if (!quiet) {
            bars.println("INFO:    " + text);
        }
    }

    /// Where longer output goes, such as that of a recipe's scripts.
    PrintStream log() {
        return quiet ? new PrintStream(PrintStream.nullOutputStream(), false, err.charset()) : err;
    }
}
