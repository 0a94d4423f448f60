// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.contents.Fabric;
import org.amphora.contents.Mpi;
import org.amphora.host.Fabric.Adapter;
import org.amphora.injection.Remedy;

/// R4.22, R4.25, R4.26: the fast network would not be used.
final class FabricTcp {

    static final Check CHECK =
            new Check(
                    "FABRIC-TCP",
                    "R4.22, R4.25, R4.26",
                    Severity.WARN,
                    "The fast network would not be used",
                    """
                    When the image lacks the driver library of the node's adapter, or its MPI was built
                    without fast transports, MPI falls back to TCP without a word: 10 to 50 times
                    slower.
                    """,
                    "rdma-core providers; UCX and Open MPI components; openucx/ucx#6442, "
                            + "#4770; Debian 11's MPICH is ch3 (TCP only)",
                    FabricTcp::look);

    private FabricTcp() {}

    private static Outcome look(Situation s) {
        List<Adapter> active = s.host().fabric().active();
        if (active.isEmpty()) {
            return Outcome.notApplicable(
                    "this node has no adapter of a fast network with an active port");
        }
        Mpi.Library mpi = s.imageMpi().orElse(null);
        if (mpi == null || s.bindsMpi()) {
            return Outcome.notApplicable(
                    mpi == null
                            ? "the image has no MPI library"
                            : "the node's MPI brings its transports");
        }
        Adapter adapter = active.getFirst();
        String driver = adapter.driver().orElse("");
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(
                new Evidence(
                        adapter.source(),
                        adapter.name()
                                + " with driver "
                                + (driver.isEmpty() ? "unknown" : driver)
                                + " is active"));
        Optional<String> missing = FabricNeeds.missing(s, mpi, driver);
        if (missing.isEmpty()) {
            return driver.isEmpty()
                    ? Outcome.unknown(
                            "which driver " + adapter.name() + " has: " + adapter.driver())
                    : Outcome.passed(
                            "the image has what " + adapter.name() + " (" + driver + ") needs");
        }
        evidence.add(
                Evidence.image(
                        mpi.path(),
                        "transports "
                                + (mpi.transports().isEmpty()
                                        ? "none"
                                        : Evidence.some(mpi.transports()))));
        s.contents()
                .fabric()
                .verbs()
                .ifPresent(
                        verbs ->
                                evidence.add(
                                        Evidence.image(
                                                verbs.path(),
                                                "drivers "
                                                        + Evidence.some(
                                                                verbs.providers().stream()
                                                                        .map(Fabric.Provider::name)
                                                                        .toList()))));
        return Mending.found(
                s,
                missing.get().contains("UCX") ? Remedy.UCX : Remedy.VERBS,
                Severity.WARN,
                "This node has an active "
                        + adapter.name()
                        + ", but "
                        + missing.get()
                        + ": MPI would run over TCP, 10 to 50 times slower.",
                evidence,
                "",
                FabricNeeds.fix(s, mpi));
    }
}
