// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R4.8: the PMIx server's directory must be visible.
final class PmixTmpdir {

    static final Check CHECK =
            new Check(
                    "PMIX-TMPDIR",
                    "R4.8",
                    Severity.WARN,
                    "The PMIx server's directory must be visible",
                    """
                    Server and rank share files and sockets in a directory that `PMIX_SERVER_TMPDIR`
                    names; it must exist inside under the same path.
                    """,
                    "OpenPMIx gds/ds12, gds/shmem; slurm mpi/pmix plugin",
                    PmixTmpdir::look);

    private PmixTmpdir() {}

    private static Outcome look(Situation s) {
        if (!s.request().has("PMIX_SERVER_TMPDIR")) {
            return Outcome.notApplicable(
                    "no PMIx server has named a directory; it shows inside a job step only");
        }
        String directory = s.request().variable("PMIX_SERVER_TMPDIR");
        if (Visible.isVisible(s.request(), directory)) {
            return Outcome.passed(directory + " is visible inside");
        }
        boolean mended = s.isTranslated();
        return Outcome.found(
                mended ? Severity.INFO : Severity.WARN,
                "The PMIx server keeps its files in "
                        + directory
                        + ", which the container does not see.",
                List.of(new Evidence("environment PMIX_SERVER_TMPDIR", directory)),
                "PMIX ERROR: ERROR in file gds_ds12_lock_pthread.c",
                mended
                        ? new Fix.Automatic("--mpi=hybrid makes the directory visible")
                        : new Fix.Command(
                                "amphora exec --bind "
                                        + directory
                                        + " IMAGE …   # or export PMIX_MCA_gds=hash before the launcher"));
    }
}
