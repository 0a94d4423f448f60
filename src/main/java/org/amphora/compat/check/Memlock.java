// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fact;
import org.amphora.host.Limits.Limit;

/// R4.23, R5.9: a limit of the job is too low.
final class Memlock {

    static final Check CHECK =
            new Check(
                    "MEMLOCK",
                    "R4.23, R5.9",
                    Severity.WARN,
                    "A limit of the job is too low",
                    """
                    RDMA pins memory, which the limit on locked memory bounds; jobs inherit it from the
                    daemon of the resource manager, not from a login. Many ranks and files need more
                    than 1024 open files.
                    """,
                    "rdma-core libibverbs/init.c (RLIMIT_MEMLOCK); getrlimit(2); Slurm FAQ, "
                            + "memory limits",
                    Memlock::look);

    private Memlock() {}

    private static Outcome look(Situation s) {
        Fact<Limit> locked = s.host().limits().lockedMemory();
        boolean fabric =
                !s.host().fabric().active().isEmpty() && !s.contents().mpi().libraries().isEmpty();
        if (fabric && locked.isUnknown()) {
            return Outcome.unknown("the limit on locked memory: " + locked);
        }
        long soft = locked.value().map(Limit::soft).orElse(Long.MAX_VALUE);
        if (fabric && soft < LOCKED_BYTES) {
            return Outcome.found(
                    Severity.WARN,
                    "A job may lock "
                            + (soft >> 10)
                            + " KiB of memory on this node; RDMA needs far more, and MPI falls back to TCP.",
                    List.of(Evidence.of(locked)),
                    "libibverbs: Warning: RLIMIT_MEMLOCK is " + soft + " bytes.",
                    new Fix.Command(
                            "systemctl edit slurmd   # as administrator: [Service] LimitMEMLOCK=infinity; then restart slurmd"));
        }
        Fact<Limit> files = s.host().limits().openFiles();
        int ranks = s.request().ranksPerNode();
        long open = files.value().map(Limit::soft).orElse(Long.MAX_VALUE);
        if (ranks >= MANY_RANKS && open <= FEW_FILES) {
            return Outcome.found(
                    Severity.WARN,
                    ranks
                            + " ranks on a node with at most "
                            + open
                            + " open files each; MPI opens several for each neighbour.",
                    List.of(Evidence.of(files)),
                    "Too many open files",
                    new Fix.Command(
                            "ulimit -n "
                                    + Math.min(
                                            65536, files.value().map(Limit::hard).orElse(65536L))));
        }
        return Outcome.passed(
                "locked memory "
                        + locked.value().map(Limit::toString).orElse("not limited")
                        + ", open files "
                        + files.value().map(Limit::toString).orElse("not limited"));
    }

    private static final long LOCKED_BYTES = 64L << 20;
    private static final int MANY_RANKS = 64;
    private static final long FEW_FILES = 1024;
}
