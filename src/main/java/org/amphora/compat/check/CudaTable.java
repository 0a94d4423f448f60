// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import org.amphora.elf.Version;

/// Which driver each CUDA toolkit came with, and which oldest driver serves its major version (CUDA
/// 13.4 update 1 release notes, tables 2 and 3, Linux x86_64; older rows from the 13.2 notes).
final class CudaTable {

    /// The first driver is that of the release, the next ones those of its updates; newest first.
    private static final List<Row> ROWS =
            List.of(
                    row("13.4", "615"),
                    row("13.3", "610"),
                    row("13.2", "595.45.04", "595.58.03", "595.71.05"),
                    row("13.1", "590.44.01", "590.48.01"),
                    row("13.0", "580.65.06", "580.82.07", "580.95.05"),
                    row("12.9", "575.51.03", "575.57.08"),
                    row("12.8", "570.26", "570.124.06"),
                    row("12.6", "560.28.03", "560.35.03", "560.35.03", "560.35.05"),
                    row("12.5", "555.42.02", "555.42.06"),
                    row("12.4", "550.54.14", "550.54.15"),
                    row("12.3", "545.23.06", "545.23.08"),
                    row("12.2", "535.54.03", "535.86.09", "535.104.05"),
                    row("12.1", "530.30.02"),
                    row("12.0", "525.60.13", "525.85.12"),
                    row("11.8", "520.61.05"),
                    row("11.7", "515.43.04", "515.48.07"),
                    row("11.6", "510.39.01", "510.47.03"),
                    row("11.5", "495.29.05"),
                    row("11.4", "470.42.01", "470.57.02", "470.57.02", "470.82.01", "470.82.01"),
                    row("11.3", "465.19.01"),
                    row("11.2", "460.27.03", "460.32.03", "460.32.03"),
                    row("11.1", "455.23", "455.32"),
                    row("11.0", "450.51.05", "450.51.06"),
                    row("10.2", "440.33"),
                    row("10.1", "418.39"),
                    row("10.0", "410.48"),
                    row("9.2", "396.26"),
                    row("9.1", "390.46"),
                    row("9.0", "384.81"),
                    row("8.0", "367.48"));

    private record Row(Version toolkit, List<Version> drivers) {}

    private CudaTable() {}

    private static Row row(String toolkit, String... drivers) {
        return new Row(
                Version.parse(toolkit), List.of(drivers).stream().map(Version::parse).toList());
    }

    /// The driver that a toolkit came with. A third number up to 5 is its update, `12.4.1`; a
    /// larger one is a build, `12.4.127`, and the first release is taken.
    static Optional<Version> driverOf(Version toolkit) {
        return ROWS.stream()
                .filter(row -> sameMinor(row.toolkit(), toolkit))
                .findFirst()
                .map(
                        row -> {
                            int update = toolkit.number(2) > 5 ? 0 : toolkit.number(2);
                            return row.drivers().get(Math.min(update, row.drivers().size() - 1));
                        });
    }

    /// The oldest driver that runs a toolkit: that of its major version from 11 on.
    static Optional<Version> leastDriver(Version toolkit) {
        return switch (toolkit.major()) {
            case 13 -> Version.leading("580");
            case 12 -> Version.leading("525.60.13");
            case 11 -> Version.leading("450.80.02");
            default -> driverOf(toolkit);
        };
    }

    /// The newest toolkit whose own driver this is, or an older one than this.
    static Optional<Version> newestFor(Version driver) {
        return ROWS.stream()
                .filter(row -> driver.isAtLeast(row.drivers().getFirst()))
                .findFirst()
                .map(Row::toolkit);
    }

    static Version newest() {
        return ROWS.getFirst().toolkit();
    }

    private static boolean sameMinor(Version one, Version other) {
        return one.major() == other.major() && one.minor() == other.minor();
    }
}
