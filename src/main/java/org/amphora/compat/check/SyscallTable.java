// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.elf.Version;

/// System calls that glibc began to use: the kernel that has them first (man-pages 6.9, VERSIONS of
/// each page), the glibc that uses them first (its NEWS), and what a program says when it is
/// refused with EPERM (measured with a filter on Debian 11 and 13).
final class SyscallTable {

    private static final List<Row> ROWS =
            List.of(
                    new Row("clone3", "5.3", "2.34", "pthread_create: 1 Operation not permitted"),
                    new Row("faccessat2", "5.8", "2.33", "make: /bin/sh: Operation not permitted"),
                    new Row(
                            "statx",
                            "4.11",
                            "2.28",
                            "stat: cannot statx '…': Operation not permitted"),
                    new Row("close_range", "5.9", "2.34", "close_range: Operation not permitted"),
                    new Row("rseq", "4.18", "2.35", "rseq: Operation not permitted"),
                    new Row("getrandom", "3.17", "2.25", "getrandom: Operation not permitted"),
                    new Row(
                            "memfd_create",
                            "3.17",
                            "2.27",
                            "memfd_create: Operation not permitted"));

    private record Row(String call, String kernel, String glibc, String complaint) {}

    private SyscallTable() {}

    /// Calls that this glibc would use and this kernel does not have; it has an older way for each.
    static List<String> replaced(Version glibc, Version kernel) {
        return ROWS.stream()
                .filter(row -> isUsedBy(row.call(), glibc))
                .filter(row -> !kernel.isAtLeast(Version.parse(row.kernel())))
                .map(Row::call)
                .toList();
    }

    static boolean isUsedBy(String call, Version glibc) {
        return ROWS.stream()
                .anyMatch(
                        row ->
                                row.call().equals(call)
                                        && glibc.isAtLeast(Version.parse(row.glibc())));
    }

    static String complaint(String call) {
        return ROWS.stream()
                .filter(row -> row.call().equals(call))
                .map(Row::complaint)
                .findFirst()
                .orElse(call + ": Operation not permitted");
    }
}
