// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.amphora.elf.Version;
import org.amphora.host.Library;
import org.amphora.host.Mpi.Installation;

/// The node's libraries that a launch brings into the image, and what they want of its C library.
final class InjectedLibraries {

    private static final String PREFIX = "GLIBC_";
    private static final Version NONE = Version.parse("0");

    private InjectedLibraries() {}

    /// A symbol version that the image's C library lacks.
    record Missing(String path, String name, String version) {}

    static List<Library> of(Situation s) {
        List<Library> libraries = new ArrayList<>();
        if (s.bindsMpi()) {
            s.nodeMpi().map(Installation::closure).ifPresent(libraries::addAll);
        }
        if (s.bringsNvidia()) {
            libraries.addAll(s.host().gpus().nvidia().libraries());
        }
        return libraries;
    }

    /// A release number is compared, because libm and others of the family count too, whose
    /// versions libc itself need not define; a name like `GLIBC_ABI_DT_RELR` must be there.
    ///
    /// @param defined the versions that the image's C library has
    static List<Missing> missing(List<Library> libraries, Set<String> defined) {
        Version newest =
                defined.stream()
                        .flatMap(version -> Version.behind(PREFIX, version).stream())
                        .max(Version::compareTo)
                        .orElse(NONE);
        List<Missing> missing = new ArrayList<>();
        for (Library library : libraries) {
            library.versionsNeeded().values().stream()
                    .flatMap(List::stream)
                    .filter(version -> version.startsWith(PREFIX) && !version.endsWith("PRIVATE"))
                    .filter(version -> !defined.contains(version) && isNewer(version, newest))
                    .max(Comparator.comparing(InjectedLibraries::number))
                    .ifPresent(
                            version ->
                                    missing.add(
                                            new Missing(library.path(), library.name(), version)));
        }
        return missing;
    }

    private static boolean isNewer(String version, Version newest) {
        return Version.behind(PREFIX, version).map(one -> one.compareTo(newest) > 0).orElse(true);
    }

    private static Version number(String version) {
        return Version.behind(PREFIX, version).orElse(NONE);
    }
}
