// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.Optional;
import org.amphora.elf.Version;

/// From the numbers in a library's file name, `libmpi.so.A.B.C`, to the release, by the `VERSION`
/// file of Open MPI and `maint/version.m4` of MPICH at their tags. With libtool A is current - age,
/// B is age and C is revision.
final class MpiReleases {

    private MpiReleases() {}

    /// The last number is the patch of the release in all series that are listed.
    static Optional<Version> openMpi(Version numbers) {
        String series =
                switch (numbers.major() + "." + numbers.minor()) {
                    case "1.0" -> "1.6";
                    case "1.6" -> "1.8";
                    case "12.0" -> "1.10";
                    case "20.0" -> "2.0";
                    case "20.10" -> "2.1";
                    case "40.0" -> "3.0";
                    case "40.10" -> "3.1";
                    case "40.20" -> "4.0";
                    case "40.30" -> "4.1";
                    case "40.40" -> "5.0";
                    case "40.50" -> "6.0";
                    default -> "";
                };
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(Version.parse(series + "." + numbers.number(2)));
    }

    /// The first release of the series that has these numbers.
    static Optional<Version> mpich(Version numbers) {
        String series =
                numbers.major() != 12
                        ? ""
                        : switch (numbers.minor()) {
                            case 0 -> "3.1";
                            case 1 -> "3.2";
                            case 2 -> "4.0";
                            case 3 -> "4.1";
                            case 4 -> "4.2";
                            case 5 -> "4.3";
                            case 6 -> "5.0";
                            default -> "";
                        };
        return series.isEmpty() ? Optional.empty() : Optional.of(Version.parse(series));
    }
}
