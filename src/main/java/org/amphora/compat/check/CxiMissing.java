// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Fabric;
import org.amphora.host.Fabric.Adapter;
import org.amphora.injection.Remedy;

/// R4.24: slingshot needs a libfabric that knows it.
final class CxiMissing {

    static final Check CHECK =
            new Check(
                    "CXI-MISSING",
                    "R4.24",
                    Severity.WARN,
                    "Slingshot needs a libfabric that knows it",
                    """
                    HPE's Slingshot is reached through the provider `cxi` of libfabric, with libcxi and
                    `/dev/cxi*`. Images rarely have it.
                    """,
                    "hpc/charliecloud#1443, #1449; CSCS documentation of the cxi hook",
                    CxiMissing::look);

    private CxiMissing() {}

    private static Outcome look(Situation s) {
        List<Adapter> cxi =
                s.host().fabric().adapters().stream()
                        .filter(adapter -> adapter.name().startsWith("cxi"))
                        .toList();
        if (cxi.isEmpty()) {
            return Outcome.notApplicable("this node has no Slingshot adapter");
        }
        if (s.bindsMpi() || s.contents().mpi().libraries().isEmpty()) {
            return Outcome.notApplicable(
                    s.bindsMpi()
                            ? "the node's MPI brings its libfabric"
                            : "the image has no MPI library");
        }
        Fabric.Libfabric image = s.contents().fabric().libfabric().orElse(null);
        if (image != null && image.providers().contains("cxi")) {
            return Outcome.passed("the image's libfabric knows cxi");
        }
        return Mending.found(
                s,
                Remedy.LIBFABRIC,
                Severity.WARN,
                "This node's network is Slingshot ("
                        + cxi.getFirst().name()
                        + ") and the image's libfabric "
                        + (image == null ? "is missing" : "does not know it")
                        + ": MPI would run over TCP.",
                List.of(
                        new Evidence(cxi.getFirst().source(), cxi.getFirst().name()),
                        Evidence.image(
                                image == null ? "libfabric.so.1" : image.path(),
                                image == null
                                        ? "none"
                                        : "providers " + Evidence.some(image.providers()))),
                "fi_getinfo: -61 (No data available)",
                new Fix.Advice("use an image whose libfabric was built with cxi"));
    }
}
