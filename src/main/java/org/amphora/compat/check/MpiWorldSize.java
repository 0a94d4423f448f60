// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import org.amphora.compat.check.RankLauncher.Kind;

/// 0.1, R4.6: the ranks found each other.
final class MpiWorldSize {

    static final Check CHECK =
            new Check(
                    "MPI-WORLD-SIZE",
                    "0.1, R4.6",
                    Severity.BLOCK,
                    "The ranks found each other",
                    """
                    Whether N started processes became N ranks shows only when they run. `amphora exec
                    --prove` looks at the size that rank 0 sees and ends the job when it is wrong.
                    """,
                    "the commonest failure of all pairs in MPI-PMI-PAIR, and a silent one",
                    MpiWorldSize::look);

    private MpiWorldSize() {}

    private static Outcome look(Situation s) {
        return s.launcher().kind() == Kind.NONE
                ? Outcome.notApplicable("no parallel start was asked for")
                : Outcome.notApplicable("it is proved after the launch, with --prove");
    }
}
