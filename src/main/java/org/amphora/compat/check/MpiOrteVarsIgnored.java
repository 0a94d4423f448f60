// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// R4.12: settings that Open MPI 5 no longer reads.
final class MpiOrteVarsIgnored {

    static final Check CHECK =
            new Check(
                    "MPI-ORTE-VARS-IGNORED",
                    "R4.12",
                    Severity.WARN,
                    "Settings that Open MPI 5 no longer reads",
                    """
                    From 5 on Open MPI silently ignores variables of its former launcher, such as the
                    one that names a remote shell; jobs then run on one node.
                    """,
                    "Open MPI 5 NEWS; kubeflow/trainer#4028, kubeflow/mpi-operator#842",
                    MpiOrteVarsIgnored::look);

    private MpiOrteVarsIgnored() {}

    private static Outcome look(Situation s) {
        MpiClient client = MpiClient.of(s).orElse(null);
        if (client == null || !client.isOpenMpi() || client.major() < 5) {
            return Outcome.notApplicable("the MPI is not Open MPI 5 or newer");
        }
        List<String> old =
                s.request().caller().environment().keySet().stream()
                        .filter(
                                name ->
                                        (name.startsWith("OMPI_MCA_orte_")
                                                        && !name.endsWith("_uri"))
                                                || name.startsWith("OMPI_MCA_plm_rsh_"))
                        .toList();
        if (old.isEmpty()) {
            return Outcome.passed("no variable of the former launcher is set");
        }
        String renamed =
                old.getFirst()
                        .replace("OMPI_MCA_orte_", "PRTE_MCA_")
                        .replace("OMPI_MCA_plm_rsh_", "PRTE_MCA_plm_ssh_");
        return Outcome.found(
                Severity.WARN,
                client.name() + " ignores " + Evidence.some(old) + ".",
                old.stream()
                        .limit(4)
                        .map(
                                name ->
                                        new Evidence(
                                                "environment " + name, s.request().variable(name)))
                        .toList(),
                new Fix.Command("export " + renamed + "=" + s.request().variable(old.getFirst())));
    }
}
