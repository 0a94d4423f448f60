// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.compat.check.RankLauncher.Kind;
import org.amphora.elf.Version;
import org.amphora.host.Mpi.ProcessInterface;

/// 4.3: slurm's PMIx plugin and libpmix are of different majors.
final class SlurmPmixMajor {

    static final Check CHECK =
            new Check(
                    "SLURM-PMIX-MAJOR",
                    "4.3",
                    Severity.WARN,
                    "Slurm's PMIx plugin and libpmix are of different majors",
                    """
                    The plugin pmix_vN loads libpmix of major version N and refuses another one.
                    """,
                    "slurm src/plugins/mpi/pmix/mpi_pmix.c",
                    SlurmPmixMajor::look);

    private SlurmPmixMajor() {}

    private static Outcome look(Situation s) {
        if (s.launcher().kind() != Kind.SRUN
                || !s.launcher().offers().contains(ProcessInterface.PMIX)) {
            return Outcome.notApplicable("the ranks are not started by Slurm with PMIx");
        }
        List<Integer> plugins = s.host().resourceManager().pmixMajors().orElse(List.of());
        List<Version> libraries =
                s.host().mpi().pmix().stream()
                        .flatMap(one -> one.version().value().stream())
                        .flatMap(text -> Version.leading(text).stream())
                        .toList();
        if (plugins.isEmpty() || libraries.isEmpty()) {
            return Outcome.unknown(
                    plugins.isEmpty()
                            ? "which PMIx Slurm's plugin was built for: "
                                    + s.host().resourceManager().pmixMajors()
                            : "which libpmix this node has");
        }
        if (libraries.stream().anyMatch(version -> plugins.contains(version.major()))) {
            return Outcome.passed(
                    "the plugin for PMIx "
                            + Evidence.some(plugins)
                            + " finds libpmix "
                            + Evidence.some(libraries));
        }
        return Outcome.found(
                Severity.WARN,
                "Slurm's plugin was built for PMIx "
                        + Evidence.some(plugins)
                        + " and this node has libpmix "
                        + Evidence.some(libraries)
                        + ".",
                List.of(
                        Evidence.of(s.host().resourceManager().pmixMajors()),
                        new Evidence(
                                s.host().mpi().pmix().getFirst().library().path(),
                                Evidence.some(libraries))),
                "pmi/pmix: incorrect PMIx library version loaded "
                        + libraries.getFirst().major()
                        + " was loaded, required "
                        + plugins.getFirst()
                        + " version",
                new Fix.Advice(
                        "as administrator install libpmix "
                                + plugins.getFirst()
                                + ".x, or rebuild Slurm's plugin"));
    }
}
