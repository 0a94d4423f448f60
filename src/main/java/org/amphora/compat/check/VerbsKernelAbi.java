// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.host.Fabric.Adapter;
import org.amphora.host.Fact;

/// R4.21: RDMA libraries and the kernel's driver do not match.
final class VerbsKernelAbi {

    static final Check CHECK =
            new Check(
                    "VERBS-KERNEL-ABI",
                    "R4.21",
                    Severity.BLOCK,
                    "RDMA libraries and the kernel's driver do not match",
                    """
                    The kernel announces the version of its RDMA interface, and each adapter that of its
                    driver. rdma-core accepts 3 to 6, and version 1 of mlx5.
                    """,
                    "rdma-core libibverbs/ibverbs.h IB_USER_VERBS_MIN_ABI_VERSION; "
                            + "providers/mlx5/mlx5-abi.h",
                    VerbsKernelAbi::look);

    private VerbsKernelAbi() {}

    private static Outcome look(Situation s) {
        if (s.contents().fabric().verbs().isEmpty()) {
            return Outcome.notApplicable("the image has no libibverbs");
        }
        Fact<Integer> abi = s.host().fabric().verbsAbi();
        if (abi.isAbsent()) {
            return Outcome.notApplicable("this node has no RDMA devices");
        }
        if (abi.isUnknown()) {
            return Outcome.unknown("the kernel's RDMA interface: " + abi);
        }
        int version = abi.orElse(6);
        if (version < RdmaCoreTable.OLDEST_KERNEL_ABI
                || version > RdmaCoreTable.NEWEST_KERNEL_ABI) {
            return Outcome.found(
                    Severity.BLOCK,
                    "The kernel's RDMA interface is version "
                            + version
                            + "; the image's libibverbs knows "
                            + RdmaCoreTable.OLDEST_KERNEL_ABI
                            + " to "
                            + RdmaCoreTable.NEWEST_KERNEL_ABI
                            + ".",
                    List.of(Evidence.of(abi)),
                    "libibverbs: Fatal: kernel ABI version "
                            + version
                            + " doesn't match library version",
                    new Fix.Advice("install in the image the rdma-core release of this node"));
        }
        for (Adapter adapter : s.host().fabric().adapters()) {
            int own = adapter.abi().orElse(1);
            if (adapter.driver().orElse("").startsWith("mlx5") && own != 1) {
                return Outcome.found(
                        Severity.WARN,
                        adapter.name()
                                + " has driver interface "
                                + own
                                + ", which comes with a vendor's driver; the image's mlx5 library knows 1.",
                        List.of(Evidence.of(adapter.abi())),
                        "Driver mlx5 does not support the kernel ABI of "
                                + own
                                + " (supports 1 to 1) for device "
                                + adapter.source(),
                        new Fix.Advice(
                                "install in the image the vendor's rdma-core of this node (MOFED, DOCA)"));
            }
        }
        return Outcome.passed(
                "the kernel's interface "
                        + version
                        + " lies in "
                        + RdmaCoreTable.OLDEST_KERNEL_ABI
                        + " to "
                        + RdmaCoreTable.NEWEST_KERNEL_ABI);
    }
}
