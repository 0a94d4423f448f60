// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Mpi.Installation;

/// 4.5: the node's MPI is more than one library.
final class MpiPlugins {

    static final Check CHECK =
            new Check(
                    "MPI-PLUGINS",
                    "4.5",
                    Severity.WARN,
                    "The node's MPI is more than one library",
                    """
                    Open MPI, PMIx, UCX, libibverbs and libfabric load plugins from directories that are
                    compiled in. What is brought into an image must hold the library, its plugins, all
                    that those need, and their data files.
                    """,
                    "bind of Debian 12's Open MPI 4.1.4 into a Debian 11 image: 18 files "
                            + "fail, 48 run",
                    MpiPlugins::look);

    private MpiPlugins() {}

    private static Outcome look(Situation s) {
        if (!s.bindsMpi()) {
            return Outcome.notApplicable("the node's MPI is not brought in");
        }
        Installation node = s.nodeMpi().orElse(null);
        if (node == null) {
            return Outcome.notApplicable("this node has no MPI library");
        }
        if (!node.unresolved().isEmpty()) {
            return Outcome.found(
                    Severity.WARN,
                    "This node's own MPI needs "
                            + Evidence.some(node.unresolved())
                            + ", which the node does not have; those plugins will not load.",
                    List.of(
                            new Evidence(
                                    node.library().path(),
                                    "lacks " + Evidence.some(node.unresolved()))),
                    "mca_base_component_repository_open: unable to open",
                    new Fix.Advice(
                            "as administrator install the packages with "
                                    + Evidence.some(node.unresolved())));
        }
        if (node.family() == org.amphora.host.Mpi.Family.OPEN_MPI
                && node.pluginDirectories().isEmpty()) {
            return Outcome.unknown("where the node's Open MPI keeps its plugins");
        }
        return Outcome.passed(
                node.closure().size()
                        + " files with "
                        + node.pluginDirectories().size()
                        + " plugin directories belong to the node's MPI");
    }
}
