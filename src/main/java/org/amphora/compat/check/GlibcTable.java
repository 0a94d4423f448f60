// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.elf.Version;

/// What releases of glibc ask of a kernel and a processor.
final class GlibcTable {

    private static final Set<String> ENTERPRISE =
            Set.of("rhel", "rocky", "almalinux", "centos", "ol", "eurolinux");

    /// `arch_minimum_kernel` of upstream, from the release named on.
    private static final List<Row> FLOORS =
            List.of(
                    new Row("2.26", "3.2.0", "3.7.0", "3.10.0", "4.15.0"),
                    new Row("2.24", "2.6.32", "3.7.0", "3.2.0", ""),
                    new Row("2.20", "2.6.32", "3.7.0", "2.6.32", ""),
                    new Row("2.17", "2.6.16", "", "", ""));

    private record Row(String from, String amd64, String arm64, String ppc64le, String riscv64) {
        String floor(String architecture) {
            return switch (architecture) {
                case "amd64" -> amd64;
                case "arm64" -> arm64;
                case "ppc64le" -> ppc64le;
                case "riscv64" -> riscv64;
                default -> "";
            };
        }
    }

    private GlibcTable() {}

    /// The oldest kernel that upstream builds a release for, when the library's own note is
    /// missing.
    static Optional<Version> kernelFloor(Version glibc, String architecture) {
        return FLOORS.stream()
                .filter(row -> glibc.isAtLeast(Version.parse(row.from())))
                .findFirst()
                .flatMap(row -> Version.leading(row.floor(architecture)));
    }

    /// The x86-64 level that a distribution is built for.
    static int distributionLevel(String id, String version) {
        int major = Version.leading(version).map(Version::major).orElse(0);
        if (!ENTERPRISE.contains(id)) {
            return 1;
        }
        return major >= 10 ? 3 : major == 9 ? 2 : 1;
    }
}
