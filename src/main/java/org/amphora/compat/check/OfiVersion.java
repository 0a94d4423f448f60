// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Fabric;
import org.amphora.elf.Version;

/// R4.24: the node's libfabric is older than the image's MPI needs.
final class OfiVersion {

    static final Check CHECK =
            new Check(
                    "OFI-VERSION",
                    "R4.24",
                    Severity.BLOCK,
                    "The node's libfabric is older than the image's MPI needs",
                    """
                    libfabric keeps old interfaces and adds new ones: a library that defines FABRIC_1.6
                    serves whoever needs up to that.
                    """,
                    "libfabric fabric.7, ABI versions; Debian 11, 12, 13 have 1.3, 1.6, 1.8",
                    OfiVersion::look);

    private OfiVersion() {}

    private static Outcome look(Situation s) {
        Fabric.Libfabric image = s.contents().fabric().libfabric().orElse(null);
        if (image == null) {
            return Outcome.notApplicable("the image has no libfabric");
        }
        Version need = image.needed().orElse(null);
        if (need == null) {
            return Outcome.notApplicable("nothing in the image needs libfabric");
        }
        if (!s.bindsMpi()) {
            return own(image, need);
        }
        Version node =
                s.host()
                        .fabric()
                        .libfabric()
                        .value()
                        .flatMap(one -> one.version().value())
                        .flatMap(Version::leading)
                        .orElse(null);
        if (s.host().fabric().libfabric().isAbsent()) {
            return Outcome.notApplicable("this node has no libfabric");
        }
        if (node == null) {
            return Outcome.unknown(
                    "the version of the node's libfabric: " + s.host().fabric().libfabric());
        }
        return node.isAtLeast(need)
                ? Outcome.passed(
                        "the node's libfabric has FABRIC_"
                                + node
                                + ", FABRIC_"
                                + need
                                + " is needed")
                : Outcome.found(
                        Severity.BLOCK,
                        "The image needs FABRIC_"
                                + need
                                + " ("
                                + FabricTable.release(need)
                                + ") and this node's libfabric has FABRIC_"
                                + node
                                + " ("
                                + FabricTable.release(node)
                                + ").",
                        List.of(
                                new Evidence(
                                        s.host().fabric().libfabric().source(), "FABRIC_" + node),
                                Evidence.image(image.path(), "FABRIC_" + need + " needed")),
                        "version `FABRIC_" + need + "' not found",
                        BoundMpi.KEEP_IMAGES);
    }

    private static Outcome own(Fabric.Libfabric image, Version need) {
        Version has = image.version().orElse(null);
        if (has == null || has.isAtLeast(need)) {
            return Outcome.passed("the image uses its own libfabric");
        }
        return Outcome.found(
                Severity.BLOCK,
                "The image's libfabric defines FABRIC_"
                        + has
                        + " and a library beside it needs FABRIC_"
                        + need
                        + ".",
                List.of(Evidence.image(image.path(), "FABRIC_" + has)),
                "version `FABRIC_" + need + "' not found",
                new Fix.Advice(
                        "install one release of libfabric and MPI in the image, "
                                + FabricTable.release(need)
                                + " or newer"));
    }
}
