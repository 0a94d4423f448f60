// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

/// Which launches share a container: the ranks of one program on a node, and where it lingers those
/// that follow each other. The plan names the variables that each launcher sets; the starter reads
/// them, so that a kept plan serves every job.
final class Joining {
    /// The first variable makes a process a rank, those behind it tell the ranks of one program or
    /// job step from others; without any, their common ancestor does. PMIx names each program that
    /// is started (pmix standard 5.0, `PMIX_NAMESPACE`); Hydra, Open MPI before 5 and Intel MPI
    /// only number its ranks.
    private static final String[][] RANKS = {
        {"PMIX_RANK", "PMIX_NAMESPACE"},
        {"SLURM_PROCID", "SLURM_JOB_ID", "SLURM_STEP_ID"},
        {"FLUX_TASK_RANK", "FLUX_JOB_ID"},
        {"PALS_RANKID", "PALS_APID"},
        {"PMI_RANK"},
        {"OMPI_COMM_WORLD_RANK"},
        {"MPI_LOCALRANKID"},
    };

    /// Places that belong to the container and that a rank could fill under the eyes of the others.
    private static final LaunchOption[] PRIVATE = {
        LaunchOption.CONTAIN,
        LaunchOption.CONTAINALL,
        LaunchOption.COMPAT,
        LaunchOption.WRITABLE_TMPFS,
        LaunchOption.OVERLAY,
        LaunchOption.SCRATCH,
    };

    private Joining() {}

    /// @param ownProcesses whether the plan has a process namespace, which cannot be joined
    /// @param linger for how many seconds the container stays for the next launch; 0 for not
    static void addTo(
            LaunchPlan plan,
            LaunchArguments arguments,
            boolean ownProcesses,
            int linger,
            Messages messages) {
        boolean asked = arguments.has(LaunchOption.JOIN);
        if (arguments.has(LaunchOption.NO_JOIN)) {
            return;
        }
        if (ownProcesses || arguments.has(LaunchOption.WRITABLE)) {
            if (asked) {
                messages.warning("--join has no effect with --pid and --writable");
            }
            return;
        }
        for (LaunchOption option : PRIVATE) {
            if (arguments.value(option) != null && arguments.has(option) && !asked) {
                return;
            }
        }
        for (String[] variables : RANKS) {
            plan.add("join", variables);
        }
        if (asked) {
            plan.add("join", "-");
        }
        if (linger > 0) {
            plan.add("linger", String.valueOf(linger));
        }
    }
}
