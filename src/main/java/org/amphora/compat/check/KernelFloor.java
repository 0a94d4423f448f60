// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.contents.Libc;
import org.amphora.elf.Version;

/// R1.1, R1.4: the image's C library refuses this kernel.
final class KernelFloor {

    static final Check CHECK =
            new Check(
                    "KERNEL-FLOOR",
                    "R1.1, R1.4",
                    Severity.BLOCK,
                    "The image's C library refuses this kernel",
                    """
                    Each C library carries a note with the oldest kernel it was built for. Up to glibc
                    2.35 the loader compares it with the running kernel and ends every program with
                    `FATAL: kernel too old`. From 2.36 on the check is gone: programs start, and system
                    calls that the kernel lacks are replaced by older ones where the library knows how.
                    """,
                    "glibc csu/abi-note.c and commit b46d250656 (2.36); floors from "
                            + "sysdeps/unix/sysv/linux/configure of each release; read on Debian 11 "
                            + "to 13",
                    KernelFloor::look);

    private KernelFloor() {}

    private static Outcome look(Situation s) {
        Libc libc = s.contents().libc();
        Version kernel = s.kernel().orElse(null);
        Version glibc = s.glibc().orElse(null);
        if (libc.kind() == Libc.Kind.MUSL || libc.kind() == Libc.Kind.NONE) {
            return Outcome.notApplicable("the image does not use glibc");
        }
        if (kernel == null) {
            return Outcome.unknown("the node's kernel version: " + s.host().kernel().version());
        }
        if (glibc == null) {
            return Outcome.unknown("the version of the image's C library");
        }
        Version floor =
                libc.kernel().or(() -> GlibcTable.kernelFloor(glibc, architecture(s))).orElse(null);
        if (floor == null) {
            return Outcome.unknown("which kernel the image's glibc " + glibc + " was built for");
        }
        if (kernel.isAtLeast(floor)) {
            return Outcome.passed(
                    "kernel " + kernel + " is at least " + floor + replaced(glibc, kernel));
        }
        List<Evidence> evidence =
                List.of(
                        Evidence.of(s.host().kernel().release()),
                        Evidence.image(
                                libc.path(),
                                "glibc " + glibc + " for Linux " + floor + " or newer"));
        Fix older =
                new Fix.Advice(
                        "take a variant of the image on an older base, one whose C library accepts Linux "
                                + kernel);
        return libc.refusesOldKernels()
                ? Outcome.found(
                        Severity.BLOCK,
                        "The image's glibc "
                                + glibc
                                + " wants Linux "
                                + floor
                                + " or newer; this node runs "
                                + kernel
                                + ".",
                        evidence,
                        "FATAL: kernel too old",
                        older)
                : Outcome.found(
                        Severity.WARN,
                        "The image's glibc "
                                + glibc
                                + " was built for Linux "
                                + floor
                                + " or newer and this node runs "
                                + kernel
                                + "; programs start, but may fail at single system calls.",
                        evidence,
                        older);
    }

    private static String architecture(Situation s) {
        return s.contents().machine().architecture().orElse("");
    }

    private static String replaced(Version glibc, Version kernel) {
        List<String> calls = SyscallTable.replaced(glibc, kernel);
        return calls.isEmpty()
                ? ""
                : "; its glibc " + glibc + " does without " + Evidence.some(calls);
    }
}
