// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

/// What `--version` says, under each name that the program may be called by.
final class Version {

    /// Amphora's own version.
    static final String AMPHORA = "0.1.0";

    /// The release of Apptainer whose command line is followed. Workflow engines read it and take
    /// another name for a version before 3 (cwltool `singularity.py`).
    private static final String APPTAINER = "1.4.5";

    private Version() {}

    /// `amphora version 0.1.0`, or `apptainer version 1.4.5` when called by that name.
    static String line() {
        return (isCompatible() ? "apptainer" : "amphora") + " version " + number();
    }

    /// The number alone.
    static String number() {
        return isCompatible() ? APPTAINER : AMPHORA;
    }

    private static boolean isCompatible() {
        String name = System.getProperty("amphora.name", "amphora");
        return name.equals("apptainer") || name.equals("singularity");
    }
}
