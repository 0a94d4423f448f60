// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Fabric;
import org.amphora.contents.Mpi;

/// What an image must have so that its MPI reaches an adapter.
final class FabricNeeds {

    /// Kernel driver, its library in libibverbs, and a library that serves in its place (rdma-core
    /// v56 providers/; opa-psm2).
    private static final List<Row> ROWS =
            List.of(
                    new Row("mlx5", "mlx5", ""),
                    new Row("mlx4", "mlx4", ""),
                    new Row("hfi1", "hfi1verbs", "libpsm2.so"),
                    new Row("qib", "ipathverbs", "libpsm_infinipath.so"),
                    new Row("efa", "efa", ""),
                    new Row("irdma", "irdma", ""),
                    new Row("bnxt_re", "bnxt_re", ""),
                    new Row("erdma", "erdma", ""),
                    new Row("hns", "hns", ""),
                    new Row("rxe", "rxe", ""),
                    new Row("rdma_rxe", "rxe", ""),
                    new Row("siw", "siw", ""));

    private record Row(String driver, String provider, String instead) {}

    private FabricNeeds() {}

    /// What is missing, as the middle of a sentence; empty when nothing is, or nobody can tell.
    static Optional<String> missing(Situation s, Mpi.Library mpi, String driver) {
        if (driver.startsWith("cxi")) {
            return Optional.empty();
        }
        boolean direct = mpi.transports().contains("openib") || mpi.transports().contains("psm2");
        boolean ucx = mpi.transports().contains("ucx");
        if (!direct && !ucx && !mpi.transports().contains("ofi")) {
            return Optional.of("the image's MPI was built for TCP only");
        }
        if (ucx && !direct && !mpi.transports().contains("ofi") && lacksVerbsModule(s)) {
            return Optional.of("the image's UCX has no module for InfiniBand");
        }
        Row row =
                ROWS.stream()
                        .filter(one -> driver.startsWith(one.driver()))
                        .findFirst()
                        .orElse(null);
        if (row == null || has(s, row)) {
            return Optional.empty();
        }
        return Optional.of("the image has no driver library " + row.provider() + " for it");
    }

    /// By the image's distribution.
    static Fix fix(Situation s, Mpi.Library mpi) {
        if (mpi.transports().stream()
                .noneMatch(List.of("ucx", "ofi", "openib", "psm2")::contains)) {
            return new Fix.Advice("use an image whose MPI was built with UCX or libfabric");
        }
        String like =
                s.contents().distribution().map(os -> os.id() + " " + os.like()).orElse("debian");
        return like.contains("rhel") || like.contains("fedora") || like.contains("suse")
                ? new Fix.Command(
                        "dnf install -y rdma-core libibverbs ucx-ib   # in the recipe's %post")
                : new Fix.Command("apt-get install -y ibverbs-providers   # in the recipe's %post");
    }

    private static boolean lacksVerbsModule(Situation s) {
        return s.contents().fabric().ucx().filter(ucx -> !ucx.modules().contains("ib")).isPresent();
    }

    private static boolean has(Situation s, Row row) {
        boolean provider =
                s.contents().fabric().verbs().stream()
                        .flatMap(verbs -> verbs.providers().stream())
                        .map(Fabric.Provider::name)
                        .anyMatch(row.provider()::equals);
        return provider
                || !row.instead().isEmpty()
                        && s.contents().fabric().helpers().stream()
                                .anyMatch(one -> one.soname().startsWith(row.instead()));
    }
}
