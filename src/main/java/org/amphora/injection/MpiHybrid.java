// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.Optional;
import org.amphora.contents.Contents;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;

/// The image's MPI under the node's launcher: variables that the launcher means for a library of
/// its own age. Only what the environment shows is changed.
final class MpiHybrid {
    private static final int FIRST_WITH_PRRTE = 5;
    private static final String NO_DAEMON = "1.0;tcp://127.0.0.1:1";

    private MpiHybrid() {}

    static void decide(Contents image, InjectionRequest request, Injection.Collected all) {
        if (!request.environment().containsKey("PMIX_RANK")) {
            return;
        }
        Optional<Mpi.Library> library =
                image.mpi().libraries().stream()
                        .filter(found -> found.family() == Mpi.Family.OPEN_MPI)
                        .findFirst();
        if (library.isEmpty()) {
            return;
        }
        boolean old =
                library.get().version().map(Version::major).orElse(FIRST_WITH_PRRTE)
                        < FIRST_WITH_PRRTE;
        if (old && isPrrte(request)) {
            // Open MPI 4 believes to be alone without the address of a daemon (schizo_orte.c of
            // 4.1.4); nobody calls it.
            all.unset.add("PMIX_MCA_*");
            all.unset.add("OMPI_MCA_mca_base_component_path");
            all.unset.add("OMPI_MCA_PREFIXES");
            all.unset.add("PMIX_PARAM_FILE_PASSED");
            all.set.put("PMIX_MCA_gds", "hash");
            all.set.put("OMPI_MCA_orte_local_daemon_uri", NO_DAEMON);
            all.set.put("OMPI_MCA_orte_hnp_uri", NO_DAEMON);
            all.notes.add(
                    "mpi: the launcher is PRRTE (Open MPI 5 or later), the image has Open MPI "
                            + library.get().version().map(Version::toString).orElse("4")
                            + ": its variables are translated");
        }
        boolean munge = request.variable("PMIX_SECURITY_MODE").contains("munge");
        boolean has =
                image.fabric().helpers().stream()
                        .anyMatch(helper -> helper.soname().startsWith("libmunge.so"));
        if (munge && !has) {
            all.set.put("PMIX_MCA_psec", "native");
            all.notes.add("mpi: PMIx authenticates natively, the image has no munge");
        }
        String tmpdir = request.variable("PMIX_SERVER_TMPDIR");
        if (tmpdir.startsWith("/") && !tmpdir.startsWith("/tmp/")) {
            all.directories.add(tmpdir);
        }
    }

    /// PRRTE tells its children that it launched them; older versions only leave their prefixes.
    private static boolean isPrrte(InjectionRequest request) {
        return request.environment().containsKey("PRTE_LAUNCHED")
                || request.environment().containsKey("OMPI_MCA_PREFIXES");
    }
}
