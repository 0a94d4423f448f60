// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import org.amphora.elf.Version;
import org.amphora.injection.Remedy;

/// R1.7: a library wants an executable stack.
final class Execstack {

    static final Check CHECK =
            new Check(
                    "EXECSTACK",
                    "R1.7",
                    Severity.WARN,
                    "A library wants an executable stack",
                    """
                    From 2.41 on glibc refuses to load, at run time, a library that asks for an
                    executable stack. Python extensions and plugins from old or hand-written assembler
                    are the usual case.
                    """,
                    "glibc 2.41 elf/dl-load.c and NEWS",
                    Execstack::look);

    private Execstack() {}

    private static Outcome look(Situation s) {
        List<String> files = s.contents().binaries().executableStacks();
        if (files.isEmpty()) {
            return Outcome.passed("no library asks for an executable stack");
        }
        Version glibc = s.glibc().orElse(null);
        if (glibc == null) {
            return Outcome.unknown(
                    "the version of the image's C library, which decides whether it is refused");
        }
        if (!s.contents().libc().refusesExecutableStacks()) {
            return Outcome.passed("glibc " + glibc + " allows it for " + Evidence.some(files));
        }
        String first = files.getFirst();
        return Mending.found(
                s,
                Remedy.EXEC_STACK,
                Severity.WARN,
                first
                        + " asks for an executable stack, which the image's glibc "
                        + glibc
                        + " refuses when a program loads it at run time.",
                files.stream()
                        .limit(4)
                        .map(file -> Evidence.image(file, "PT_GNU_STACK with execute permission"))
                        .toList(),
                first.substring(first.lastIndexOf('/') + 1)
                        + ": cannot enable executable stack as shared object requires: Invalid argument",
                new Fix.Command(
                        "patchelf --clear-execstack " + first + "   # in the recipe's %post"));
    }
}
