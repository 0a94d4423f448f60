// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.compat.check.RankLauncher.Kind;
import org.amphora.elf.Version;

/// R4.7: an Open MPI 5 launcher starts an image with Open MPI 4.
final class MpiOmpi5Launch4 {

    static final Check CHECK =
            new Check(
                    "MPI-OMPI5-LAUNCH-4",
                    "R4.7",
                    Severity.BLOCK,
                    "An Open MPI 5 launcher starts an image with Open MPI 4",
                    """
                    The launcher of Open MPI 5 and newer (PRRTE) passes settings that Open MPI 4
                    misunderstands, and does not set the variable by which Open MPI 4 knows that it has
                    a launcher.
                    """,
                    "open-mpi/ompi orte/mca/schizo/ompi/schizo_ompi.c; runs of 5.0.7 and "
                            + "6.0rc2 with 4.1.0 and 4.1.4; open-mpi/ompi#11509",
                    MpiOmpi5Launch4::look);

    private MpiOmpi5Launch4() {}

    private static Outcome look(Situation s) {
        RankLauncher launcher = s.launcher();
        MpiClient client = MpiClient.of(s).orElse(null);
        if (launcher.kind() != Kind.PRRTE) {
            return Outcome.notApplicable("the launcher is not Open MPI 5 or newer");
        }
        if (client == null || !client.isOpenMpi()) {
            return Outcome.notApplicable("the image's MPI is not Open MPI");
        }
        if (client.version().isEmpty()) {
            return Outcome.unknown("the version of the image's Open MPI");
        }
        if (client.major() >= 5) {
            return Outcome.passed(launcher.name() + " starts " + client.name());
        }
        List<Evidence> evidence = new ArrayList<>(launcher.evidence());
        evidence.add(client.evidence());
        // Open MPI 6 and 4.1.0 do not meet even then.
        boolean six = launcher.version().map(Version::major).orElse(5) >= 6;
        boolean mended = !six && s.request().mpi() == Request.MpiChoice.HYBRID;
        return Outcome.found(
                mended ? Severity.INFO : Severity.BLOCK,
                launcher.name()
                        + " starts "
                        + client.name()
                        + " of the image, which takes the launcher's settings for its own.",
                evidence,
                six ? "rank 0 of 1" : "opal_shmem_base_select failed",
                mended
                        ? new Fix.Automatic(
                                "--mpi=hybrid drops the launcher's settings and names its daemon")
                        : fix(s, client, six));
    }

    private static Fix fix(Situation s, MpiClient client, boolean six) {
        if (!six) {
            return new Fix.Command("amphora exec --mpi=hybrid IMAGE …");
        }
        Optional<String> type = PmiFix.mpiType(s.host(), client.speaks());
        return s.host().resourceManager().kind().orElse("").equals("slurm") && type.isPresent()
                ? new Fix.Command(
                        "srun --mpi="
                                + type.get()
                                + " -n "
                                + s.request().launch().ranks().orElse(2)
                                + " amphora exec IMAGE …")
                : new Fix.Advice("use an mpirun of Open MPI 4, or srun --mpi=pmix");
    }
}
