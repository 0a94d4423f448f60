// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.contents.Libc;
import org.amphora.elf.Version;
import org.amphora.host.Library;
import org.amphora.injection.Remedy;

/// R1.4 of injection, 1.4: libraries of the node need a newer C library.
final class LibcInject {

    static final Check CHECK =
            new Check(
                    "LIBC-INJECT",
                    "R1.4 of injection, 1.4",
                    Severity.BLOCK,
                    "Libraries of the node need a newer C library",
                    """
                    Libraries that are brought from the node (its MPI, the GPU driver) want symbol
                    versions of the C library and of libstdc++. Each library is compared with what the
                    image really defines; driver libraries ask for so little that they fit nearly
                    everywhere. Parts of two C libraries must never be mixed.
                    """,
                    "gABI symbol versioning (.gnu.version_r, .gnu.version_d); libcuda 470, "
                            + "535 and 550 need GLIBC_2.7 to 2.9; partial mixes measured on Debian 11 "
                            + "and 12; apptainer/apptainer#598, #945, #2421, #3041",
                    LibcInject::look);

    private LibcInject() {}

    private static Outcome look(Situation s) {
        List<Library> libraries = InjectedLibraries.of(s);
        if (libraries.isEmpty()) {
            return Outcome.notApplicable("nothing of the node's libraries is brought in");
        }
        Libc libc = s.contents().libc();
        if (libc.kind() != Libc.Kind.GLIBC) {
            return Outcome.notApplicable("the image does not use glibc, see MUSL-INJECT");
        }
        if (libc.defined().isEmpty()) {
            return Outcome.unknown("which symbol versions the image's C library has");
        }
        List<InjectedLibraries.Missing> missing =
                InjectedLibraries.missing(libraries, libc.defined());
        if (missing.isEmpty()) {
            return Outcome.passed(
                    libraries.size()
                            + " libraries of the node need nothing newer than the image's glibc");
        }
        InjectedLibraries.Missing first = missing.getFirst();
        List<Evidence> evidence = new ArrayList<>();
        missing.stream()
                .limit(4)
                .forEach(one -> evidence.add(new Evidence(one.path(), "needs " + one.version())));
        evidence.add(
                Evidence.image(
                        libc.path(),
                        "glibc "
                                + libc.version()
                                        .map(Version::toString)
                                        .orElse("of unknown version")));
        return Mending.found(
                s,
                Remedy.GLIBC,
                Severity.BLOCK,
                first.name()
                        + " of the node needs "
                        + first.version()
                        + ", which the image's glibc does not have.",
                evidence,
                libc.path()
                        + ": version `"
                        + first.version()
                        + "' not found (required by "
                        + first.path()
                        + ")",
                s.bindsMpi()
                        ? BoundMpi.KEEP_IMAGES
                        : new Fix.Advice(
                                "take a newer variant of the image, or one whose glibc is at least the node's "
                                        + s.host().libc().version().orElse("")));
    }
}
