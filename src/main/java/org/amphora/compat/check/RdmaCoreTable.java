// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;

/// The private interface between libibverbs and its drivers by rdma-core release
/// (`IBVERBS_PABI_VERSION` in CMakeLists.txt of tags v15 to v65), and the kernel interfaces that
/// libibverbs accepts.
final class RdmaCoreTable {

    /// `IB_USER_VERBS_MIN_ABI_VERSION`.
    static final int OLDEST_KERNEL_ABI = 3;

    /// `IB_USER_VERBS_MAX_ABI_VERSION`.
    static final int NEWEST_KERNEL_ABI = 6;

    private static final List<Row> ROWS =
            List.of(
                    new Row(22, 22, 24),
                    new Row(25, 25, 32),
                    new Row(33, 33, 33),
                    new Row(34, 34, 56),
                    new Row(57, 57, 58),
                    new Row(59, 59, 63),
                    new Row(64, 64, 64),
                    new Row(65, 65, 65));

    private record Row(int number, int from, int to) {}

    private RdmaCoreTable() {}

    /// `rdma-core 34 to 56`.
    static String releases(int number) {
        return ROWS.stream()
                .filter(row -> row.number() == number)
                .findFirst()
                .map(
                        row ->
                                row.from() == row.to()
                                        ? "rdma-core " + row.from()
                                        : "rdma-core " + row.from() + " to " + row.to())
                .orElse("rdma-core " + number);
    }
}
