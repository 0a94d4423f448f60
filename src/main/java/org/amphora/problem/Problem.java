// SPDX-License-Identifier: Apache-2.0
package org.amphora.problem;

import java.util.Objects;

/// A failure that a person can act on; the command line prints it as three lines, `error:`, `why:`
/// and `fix:`. Programming errors are not problems: they are `IllegalArgumentException` or
/// `IllegalStateException`.
public final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String what;
    private final String why;
    private final String fix;

    /// @param what the operation and its object, e.g. `cannot mount image lammps.sif`
    /// @param why the fact that stopped it, with the values seen
    /// @param fix the next command or setting to try; never empty
    public Problem(String what, String why, String fix) {
        this(what, why, fix, null);
    }

    /// The same, with the exception that was caught; it is shown with `--debug` only.
    public Problem(
            String what,
            String why,
            String fix,
            @org.jspecify.annotations.Nullable Throwable cause) {
        super(what + ": " + why, cause);
        this.what = requireText(what, "what");
        this.why = requireText(why, "why");
        this.fix = requireText(fix, "fix");
    }

    public String what() {
        return what;
    }

    public String why() {
        return why;
    }

    public String fix() {
        return fix;
    }

    /// The three lines that a person sees, without a final line end.
    public String lines() {
        return "error: " + what + "\nwhy:   " + why + "\nfix:   " + fix;
    }

    private static String requireText(String text, String part) {
        if (Objects.requireNonNull(text, part).isBlank()) {
            throw new IllegalArgumentException("problem without " + part);
        }
        return text;
    }
}
