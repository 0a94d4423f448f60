// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.List;
import java.util.Optional;
import org.amphora.contents.Contents;
import org.amphora.contents.Libc;
import org.amphora.elf.Version;
import org.amphora.host.Host;
import org.amphora.host.Library;

/// The node's whole glibc, linker included, over the image's (see `docs/decisions/`), for libraries
/// of the node that need it; a part of it alone would not start a program.
final class GlibcOverlay {
    private final Host host;
    private final Contents image;

    GlibcOverlay(Host host, Contents image) {
        this.host = host;
        this.image = image;
    }

    /// A symbol version that a library of the node needs and the image's glibc lacks.
    record Lack(Library library, String version) {}

    /// The first such; empty when the image's glibc serves them all.
    Optional<Lack> lack(List<Library> libraries) {
        for (Library library : libraries) {
            for (List<String> versions : library.versionsNeeded().values()) {
                for (String version : versions) {
                    if (!has(image.libc(), version)) {
                        return Optional.of(new Lack(library, version));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static boolean has(Libc libc, String version) {
        if (!version.startsWith("GLIBC_")
                || version.equals("GLIBC_PRIVATE")
                || libc.defined().contains(version)) {
            return true;
        }
        // libm and others define versions that libc itself skips.
        Version number = Version.behind("GLIBC_", version).orElse(null);
        return number != null
                && libc.version().isPresent()
                && libc.version().get().isAtLeast(number);
    }

    /// Whether the node's glibc can lie over the image's: it is the newer one, and both are known.
    boolean isPossible() {
        Version own = image.libc().version().orElse(null);
        Version offered = host.libc().version().value().flatMap(Version::leading).orElse(null);
        return own != null
                && offered != null
                && offered.isAtLeast(own)
                && host.libc().family().size() > 1
                && !image.libc().linker().isEmpty()
                && !image.libc().path().isEmpty();
    }

    /// Each file of the node's glibc over the image's of the same name, and beside libc where the
    /// image lacks it.
    void add(Injection.Collected all) {
        Libc libc = image.libc();
        List<Library> family = host.libc().family();
        String directory = libc.path().substring(0, libc.path().lastIndexOf('/'));
        all.bind(family.getFirst().path(), libc.linker());
        for (Library library : family.subList(1, family.size())) {
            String place =
                    library.soname().equals("libc.so.6")
                            ? libc.path()
                            : image.binaries()
                                    .sonames()
                                    .getOrDefault(
                                            library.soname(), directory + "/" + library.soname());
            all.bind(library.path(), place);
        }
        all.note(
                Remedy.GLIBC,
                "glibc "
                        + host.libc().version().orElse("")
                        + " of this node lies over the image's "
                        + libc.version().map(Version::toString).orElse("")
                        + ", which libraries of the node cannot use");
    }
}
