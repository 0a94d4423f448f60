// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.contents.Fabric;
import org.amphora.injection.Remedy;

/// R4.20: RDMA libraries and drivers of different releases.
final class VerbsPabi {

    static final Check CHECK =
            new Check(
                    "VERBS-PABI",
                    "R4.20",
                    Severity.WARN,
                    "RDMA libraries and drivers of different releases",
                    """
                    libibverbs and its drivers share a private interface whose number changes between
                    rdma-core releases. They must be replaced together or not at all.
                    """,
                    "rdma-core CMakeLists.txt IBVERBS_PABI_VERSION, tags v15 to v65; Debian "
                            + "12 and 13 measured",
                    VerbsPabi::look);

    private VerbsPabi() {}

    private static Outcome look(Situation s) {
        Fabric.Verbs verbs = s.contents().fabric().verbs().orElse(null);
        if (verbs == null) {
            return Outcome.notApplicable("the image has no libibverbs");
        }
        if (verbs.privateAbi().isEmpty()) {
            return Outcome.unknown("the private interface of " + verbs.path());
        }
        int offered = verbs.privateAbi().getAsInt();
        List<Fabric.Provider> other =
                verbs.providers().stream()
                        .filter(
                                one ->
                                        one.privateAbi().isPresent()
                                                && one.privateAbi().getAsInt() != offered)
                        .toList();
        if (other.isEmpty()) {
            return Outcome.passed(
                    "libibverbs and "
                            + verbs.providers().size()
                            + " drivers are of "
                            + RdmaCoreTable.releases(offered));
        }
        Fabric.Provider first = other.getFirst();
        int wanted = first.privateAbi().getAsInt();
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(
                Evidence.image(
                        verbs.path(),
                        "IBVERBS_PRIVATE_"
                                + offered
                                + " ("
                                + RdmaCoreTable.releases(offered)
                                + ")"));
        other.stream()
                .limit(3)
                .forEach(
                        one ->
                                evidence.add(
                                        Evidence.image(
                                                one.path(),
                                                "needs IBVERBS_PRIVATE_"
                                                        + one.privateAbi().getAsInt())));
        return Mending.found(
                s,
                Remedy.VERBS,
                Severity.WARN,
                "The image's driver "
                        + first.name()
                        + " is of "
                        + RdmaCoreTable.releases(wanted)
                        + " and its libibverbs of "
                        + RdmaCoreTable.releases(offered)
                        + ": the driver does not load, and MPI falls back to TCP.",
                evidence,
                "version `IBVERBS_PRIVATE_"
                        + wanted
                        + "' not found (required by "
                        + first.path()
                        + ")",
                new Fix.Command(
                        "apt-get install -y --reinstall libibverbs1 ibverbs-providers librdmacm1   # in the recipe's %post; dnf: libibverbs librdmacm"));
    }
}
