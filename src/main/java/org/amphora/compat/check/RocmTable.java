// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.elf.Version;

/// Which ROCm releases AMD tested with a driver (ROCm 7.2 documentation, user and kernel-space
/// support matrix).
final class RocmTable {

    private static final List<Row> ROWS =
            List.of(
                    new Row("30.30", "6.3", "7.2"),
                    new Row("6.3", "6.1", "6.3"),
                    new Row("6.2", "6.0", "6.3"),
                    new Row("6.1", "5.7", "6.3"),
                    new Row("6.0", "5.6", "6.2"),
                    new Row("5.7", "5.5", "6.1"),
                    new Row("5.6", "5.4", "6.0"),
                    new Row("5.5", "5.3", "5.7"),
                    new Row("5.4", "5.2", "5.6"),
                    new Row("5.3", "5.1", "5.5"));

    private record Row(String driver, String from, String to) {}

    /// Releases from one to another, both with all their third numbers.
    record Range(Version from, Version to) {
        boolean contains(Version rocm) {
            Version release = Version.parse(rocm.major() + "." + rocm.minor());
            return release.isAtLeast(from) && to.isAtLeast(release);
        }

        @Override
        public String toString() {
            return from + " to " + to;
        }
    }

    private RocmTable() {}

    static Optional<Range> testedWith(Version driver) {
        return ROWS.stream()
                .filter(
                        row -> {
                            Version listed = Version.parse(row.driver());
                            return listed.major() == driver.major()
                                    && listed.minor() == driver.minor();
                        })
                .findFirst()
                .map(row -> new Range(Version.parse(row.from()), Version.parse(row.to())));
    }
}
