// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.compat.check.RankLauncher.Kind;
import org.amphora.host.Mpi.ProcessInterface;

/// What happens when a launcher starts ranks of an MPI. Rows were run on one node: launchers of
/// Open MPI 4.1.0, 4.1.4, 5.0.7 and 6.0rc2, Hydra of MPICH 3.4 to 5.0, Slurm 22.05, each with the
/// libraries of the others. Where no row fits, they understand each other when they share an
/// interface.
final class LauncherMatrix {

    private static final String NOT_BUILT =
            "OMPI was not built with SLURM's PMI support and therefore cannot execute";
    private static final String NO_PMIX_SERVER =
            "No PMIx server was reachable, but a PMI1/2 was detected";
    private static final String PMIX_UNSUPPORTED =
            "Runtime environment uses unsupported PMI version PMIx";
    private static final int ANY = Integer.MAX_VALUE;

    private static final List<Row> ROWS =
            List.of(
                    new Row(Kind.ORTE, null, true, 2, ANY, Result.OK, ""),
                    new Row(Kind.PRRTE, null, true, 5, ANY, Result.OK, ""),
                    new Row(Kind.SRUN, ProcessInterface.PMIX, true, 2, ANY, Result.OK, ""),
                    new Row(
                            Kind.SRUN,
                            ProcessInterface.PMIX,
                            false,
                            5,
                            ANY,
                            Result.FAILS,
                            PMIX_UNSUPPORTED),
                    new Row(Kind.ORTE, null, false, 5, ANY, Result.FAILS, PMIX_UNSUPPORTED),
                    new Row(Kind.PRRTE, null, false, 5, ANY, Result.FAILS, PMIX_UNSUPPORTED),
                    new Row(Kind.SRUN, null, true, 1, 4, Result.FAILS, NOT_BUILT),
                    new Row(
                            Kind.SRUN,
                            ProcessInterface.PMI2,
                            true,
                            5,
                            ANY,
                            Result.SINGLETONS,
                            NO_PMIX_SERVER));

    /// What is seen.
    enum Result {
        OK,
        FAILS,
        /// Each rank believes to be the only one, and nobody complains.
        SINGLETONS,
        UNKNOWN
    }

    /// @param text what the user would see; empty when it is silent
    record Cell(Result result, String text) {}

    /// @param offer an interface that the launcher gives; null for any
    /// @param from major versions of the MPI, `from` to `to`
    private record Row(
            Kind launcher,
            @org.jspecify.annotations.Nullable ProcessInterface offer,
            boolean openMpi,
            int from,
            int to,
            Result result,
            String text) {

        boolean fits(RankLauncher started, MpiClient client) {
            return started.kind() == launcher
                    && (offer == null || started.offers().contains(offer))
                    && client.isOpenMpi() == openMpi
                    && client.major() >= from
                    && client.major() <= to;
        }
    }

    private LauncherMatrix() {}

    static Cell of(RankLauncher launcher, MpiClient client) {
        if (!launcher.isKnown()) {
            return new Cell(Result.UNKNOWN, "");
        }
        if (client.speaks().stream().anyMatch(launcher.offers()::contains)) {
            return new Cell(Result.OK, "");
        }
        Optional<Row> row = ROWS.stream().filter(one -> one.fits(launcher, client)).findFirst();
        if (row.isPresent()) {
            return new Cell(row.get().result(), row.get().text());
        }
        return launcher.kind() == Kind.PALS
                ? new Cell(Result.UNKNOWN, "")
                : new Cell(Result.SINGLETONS, "");
    }
}
