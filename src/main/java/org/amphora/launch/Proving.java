// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import org.amphora.problem.Problem;

/// `--prove`: one process on each node looks at what MPI made of the ranks, beside the first of
/// them. The rank itself is left as it is, and nobody is its parent.
final class Proving {
    /// Which rank of this node a process is, launcher by launcher; the innermost launcher first.
    private static final String[] LOCAL = {
        "OMPI_COMM_WORLD_LOCAL_RANK",
        "MPI_LOCALRANKID",
        "FLUX_TASK_LOCAL_ID",
        "PALS_LOCAL_RANKID",
        "SLURM_LOCALID"
    };

    private static final String[] ALL = {"PMIX_RANK", "PMI_RANK"};

    private Proving() {}

    /// Starts it, if it was asked for and this is the first rank of the node; it goes on when this
    /// process has ended.
    static void start(LaunchArguments arguments, Caller caller) {
        if (!arguments.has(LaunchOption.PROVE) || !isFirst(caller)) {
            return;
        }
        // The starter that waits for this process becomes the rank.
        long rank = ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
        String launcher = System.getProperty("amphora.launcher", "amphora");
        try {
            new ProcessBuilder(launcher, "prove", "--wait", Long.toString(rank))
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new Problem(
                    "cannot prove the launch",
                    String.valueOf(e.getMessage()),
                    "launch without --prove, or install Amphora again",
                    e);
        }
    }

    private static boolean isFirst(Caller caller) {
        for (String[] names : new String[][] {LOCAL, ALL}) {
            for (String name : names) {
                String value = caller.variable(name);
                if (!value.isEmpty()) {
                    return value.equals("0");
                }
            }
        }
        return true;
    }
}
