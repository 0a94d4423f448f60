// SPDX-License-Identifier: Apache-2.0
package org.amphora.problem;

/// The exit statuses that Amphora itself gives; every other one is the application's own. The
/// starter uses the same (`docs/exit-codes.md`).
public enum ExitCode {
    OK(0),
    /// The command line was wrong: an unknown flag, a missing argument.
    USAGE(1),
    /// What was asked for could not be done.
    FAILURE(255);

    private final int status;

    ExitCode(int status) {
        this.status = status;
    }

    /// What the shell sees in `$?`.
    public int status() {
        return status;
    }
}
