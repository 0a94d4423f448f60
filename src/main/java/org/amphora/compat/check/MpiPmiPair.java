// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.compat.check.RankLauncher.Kind;

/// R4.6: launcher and MPI do not understand each other.
final class MpiPmiPair {

    static final Check CHECK =
            new Check(
                    "MPI-PMI-PAIR",
                    "R4.6",
                    Severity.BLOCK,
                    "Launcher and MPI do not understand each other",
                    """
                    A launcher tells each rank its place by PMI-1, PMI-2 or PMIx; an MPI library speaks
                    some of them. When they share none, the usual result is silent: N processes that
                    each believe to be rank 0 of 1, with exit status 0.
                    """,
                    "runs of each pair on Debian 11 to 13 and Slurm 22.05 (see the matrix "
                            + "in this check's table); open-mpi/ompi#13523; slurm mpi_guide",
                    MpiPmiPair::look);

    private MpiPmiPair() {}

    private static Outcome look(Situation s) {
        RankLauncher launcher = s.launcher();
        if (launcher.kind() == Kind.NONE) {
            return Outcome.notApplicable(
                    "no parallel start was asked for (try --for \"srun -n 4\")");
        }
        MpiClient client = MpiClient.of(s).orElse(null);
        if (client == null) {
            return s.bindsMpi()
                    ? Outcome.unknown("which MPI this node has: none was found")
                    : s.contents().mpi().libraries().isEmpty()
                            ? Outcome.notApplicable("the image has no MPI library")
                            : Outcome.unknown("which family the image's MPI library is of");
        }
        if (client.isOpenMpi() && launcher.kind() == Kind.PRRTE && client.major() < 5) {
            return Outcome.notApplicable("both speak PMIx, but see MPI-OMPI5-LAUNCH-4");
        }
        LauncherMatrix.Cell cell = LauncherMatrix.of(launcher, client);
        return switch (cell.result()) {
            case OK -> Outcome.passed(launcher.name() + " starts " + client.name());
            case UNKNOWN ->
                    Outcome.unknown("what the launcher `" + launcher.name() + "` gives to ranks");
            case SINGLETONS, FAILS -> judged(s, launcher, client, cell);
        };
    }

    private static Outcome judged(
            Situation s, RankLauncher launcher, MpiClient client, LauncherMatrix.Cell cell) {
        boolean silent = cell.result() == LauncherMatrix.Result.SINGLETONS;
        int ranks = s.request().launch().ranks().orElse(2);
        if (silent && ranks == 1) {
            return Outcome.passed("one rank needs no launcher");
        }
        List<Evidence> evidence = new ArrayList<>(launcher.evidence());
        evidence.add(new Evidence(launcher.name(), "gives " + MpiClient.words(launcher.offers())));
        evidence.add(client.evidence());
        String effect =
                silent
                        ? ranks + " separate runs of one rank each, and nothing complains"
                        : "the ranks stop when they start";
        String sure =
                RankPrograms.mayUseMpi(s)
                        ? ""
                        : " if " + s.request().command().getFirst() + " uses MPI";
        String sentence =
                "`"
                        + launcher.name()
                        + "` gives "
                        + MpiClient.words(launcher.offers())
                        + ", but "
                        + client.name()
                        + " in "
                        + (s.bindsMpi() ? "the node" : "the image")
                        + " speaks "
                        + MpiClient.words(client.speaks())
                        + ": "
                        + effect
                        + sure
                        + ".";
        Severity severity = sure.isEmpty() ? Severity.BLOCK : Severity.WARN;
        String error = cell.text().isEmpty() ? "rank 0 of 1   (" + ranks + " times)" : cell.text();
        return Outcome.found(severity, sentence, evidence, error, PmiFix.of(s, client));
    }
}
