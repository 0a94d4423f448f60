// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

/// A command line that cannot be understood; it ends with exit status 1, as in Apptainer.
public final class UsageError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String advice;

    /// @param message what is wrong, e.g. `unknown option --bnd`
    /// @param advice what to type instead
    public UsageError(String message, String advice) {
        super(message);
        this.advice = advice;
    }

    public String advice() {
        return advice;
    }
}
