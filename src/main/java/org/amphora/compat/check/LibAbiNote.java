// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.List;
import org.amphora.contents.Binaries;
import org.amphora.elf.Version;
import org.amphora.injection.Remedy;

/// R1.2: a library asks for a newer kernel than the C library does.
final class LibAbiNote {

    static final Check CHECK =
            new Check(
                    "LIB-ABI-NOTE",
                    "R1.2",
                    Severity.BLOCK,
                    "A library asks for a newer kernel than the C library does",
                    """
                    Some libraries, Qt above all, carry a kernel note of their own because they call
                    `getrandom`, `renameat2` or `statx` directly. A loader before glibc 2.36 skips such
                    a file and says that it does not exist, although it is there.
                    """,
                    "glibc elf/dl-load.c open_verify(); libQt5Core 5.15 and libQt6Core 6.4 "
                            + "carry 3.17.0; seen in nipreps/fmriprep#2535, OpenMS/OpenMS#7092, "
                            + "frankyeh/DSI-Studio#69",
                    LibAbiNote::look);

    private LibAbiNote() {}

    private static Outcome look(Situation s) {
        Version kernel = s.kernel().orElse(null);
        if (s.contents().binaries().kernelFloors().isEmpty()) {
            return Outcome.passed("no library asks for more than the C library does");
        }
        if (kernel == null) {
            return Outcome.unknown("the node's kernel version: " + s.host().kernel().version());
        }
        List<Binaries.Floor> high =
                s.contents().binaries().kernelFloors().stream()
                        .filter(floor -> !kernel.isAtLeast(floor.kernel()))
                        .toList();
        if (high.isEmpty()) {
            return Outcome.passed("kernel " + kernel + " satisfies the notes of all libraries");
        }
        Version glibc = s.glibc().orElse(null);
        if (glibc == null) {
            return Outcome.unknown(
                    "the version of the image's C library, which decides whether notes count");
        }
        if (!s.contents().libc().refusesOldKernels()) {
            return Outcome.passed("glibc " + glibc + " ignores the notes of libraries");
        }
        Binaries.Floor first =
                high.stream().filter(floor -> loads(s, floor)).findFirst().orElse(high.getFirst());
        String name = first.path().substring(first.path().lastIndexOf('/') + 1);
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(Evidence.of(s.host().kernel().release()));
        high.stream()
                .limit(4)
                .forEach(
                        floor ->
                                evidence.add(
                                        Evidence.image(
                                                floor.path(), "note for Linux " + floor.kernel())));
        if (!first.neededBy().isEmpty()) {
            evidence.add(
                    Evidence.image(first.path(), "loaded by " + Evidence.some(first.neededBy())));
        }
        return Mending.found(
                s,
                Remedy.ABI_NOTE,
                loads(s, first) ? Severity.BLOCK : Severity.WARN,
                name
                        + " asks for Linux "
                        + first.kernel()
                        + ", this node runs "
                        + kernel
                        + ", and the image's glibc "
                        + glibc
                        + " then says that the file is missing.",
                evidence,
                "error while loading shared libraries: "
                        + name
                        + ": cannot open shared object file: No such file or directory",
                new Fix.Command(
                        "strip --remove-section=.note.ABI-tag "
                                + first.path()
                                + "   # in the recipe's %post"));
    }

    /// Whether what is started is such a file or asks for it; what others ask for may not matter.
    private static boolean loads(Situation s, Binaries.Floor floor) {
        return s.starts(floor.path()) || floor.neededBy().stream().anyMatch(s::starts);
    }
}
