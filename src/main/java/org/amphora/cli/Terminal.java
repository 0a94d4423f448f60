// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.Console;
import java.io.PrintStream;
import java.util.Optional;
import org.amphora.compat.Style;
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

    /// How results for people look: coloured when a person is at both ends and did not refuse.
    static Style style() {
        boolean watched =
                Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
        return Style.of(watched, System.getenv().getOrDefault("NO_COLOR", ""));
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

    /// Says what went wrong, also to who wants to hear nothing else.
    void error(String text) {
        bars.println(text);
    }

    /// Where longer output goes, such as that of a recipe's scripts.
    PrintStream log() {
        return quiet ? new PrintStream(PrintStream.nullOutputStream(), false, err.charset()) : err;
    }
}
