// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import org.amphora.contents.Contents;
import org.amphora.elf.Version;
import org.amphora.host.Host;
import org.amphora.host.Library;
import org.jspecify.annotations.Nullable;

/// Which of two libraries of one name programs find: what is put beside the node's MPI comes before
/// the image's own for every program in the container, so that it must not be older.
final class Precedence {

    /// What belongs together on the node: plugins and drivers of one of them work with that one.
    private static final String[] TIED = {
        "libmpi",
        "libopen-",
        "libopen_",
        "liboshmem",
        "libmca_",
        "libpmi",
        "libprrte",
        "libuc",
        "libfabric",
        "libibverbs",
        "librdmacm",
        "libmlx",
        "libefa",
        "libhns",
        "libmana",
        "libibumad",
        "libcxi",
        "libpsm",
        "libmunge",
        "libxpmem",
        "libpals",
        "libhcoll",
        "libsharp"
    };

    private final Host host;
    private final Contents image;

    Precedence(Host host, Contents image) {
        this.host = host;
        this.image = image;
    }

    /// Whether the image's library serves those of the node as well.
    boolean keepsImages(Library library) {
        String soname = library.soname();
        String own = image.binaries().sonames().get(soname);
        if (own == null || isTied(soname)) {
            return false;
        }
        if (soname.startsWith("libgfortran.so")) {
            return true;
        }
        if (soname.startsWith("libstdc++.so") || soname.startsWith("libgcc_s.so")) {
            return keepsCompilers();
        }
        Version inside = number(own);
        Version offered = number(library.file());
        return inside != null && offered != null && inside.isAtLeast(offered);
    }

    private static boolean isTied(String soname) {
        for (String prefix : TIED) {
            if (soname.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    /// `1.2.13` of `libz.so.1.2.13`: with one SONAME the greater number serves the smaller one's
    /// programs too (libtool, "Updating version info").
    private static @Nullable Version number(String file) {
        int at = file.lastIndexOf(".so.");
        return at < 0 ? null : Version.leading(file.substring(at + 4)).orElse(null);
    }

    /// The compilers' libraries are compatible backwards: the newer one serves both. All of them
    /// are of one release.
    private boolean keepsCompilers() {
        Version own = image.binaries().cxx().flatMap(cxx -> cxx.glibcxx()).orElse(null);
        Version offered = null;
        for (Library candidate : host.libc().compilerLibraries()) {
            for (String version : candidate.versionsDefined()) {
                Version number = Version.behind("GLIBCXX_", version).orElse(null);
                if (number != null && (offered == null || number.isAtLeast(offered))) {
                    offered = number;
                }
            }
        }
        return own != null && (offered == null || own.isAtLeast(offered));
    }
}
