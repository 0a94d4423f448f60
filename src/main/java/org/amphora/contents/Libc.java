// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.amphora.elf.Version;

/// The C library that the programs of an image use.
///
/// @param path of it; empty when there is none
/// @param linker path of the dynamic linker; empty when there is none
/// @param version 2.36 of glibc, 1.2.5 of musl
/// @param kernel the oldest kernel it runs on, by its ABI note
/// @param isa the x86-64 level it needs, 1 to 4; 0 when it does not tell
/// @param defined symbol versions it has: `GLIBC_2.34`, `GLIBC_ABI_DT_RELR`
public record Libc(
        Kind kind,
        String path,
        String linker,
        Optional<Version> version,
        Optional<Version> kernel,
        int isa,
        SortedSet<String> defined) {

    /// Which C library.
    public enum Kind {
        GLIBC,
        MUSL,
        /// There are only programs that need none, or no programs.
        NONE,
        /// The programs ask for a linker that is not known, or not there.
        UNKNOWN
    }

    private static final Version IGNORES_KERNEL = Version.parse("2.36");
    private static final Version REFUSES_STACKS = Version.parse("2.41");

    public Libc {
        defined = Collections.unmodifiableSortedSet(new TreeSet<>(defined));
    }

    /// Whether it refuses programs and libraries whose note asks for a newer kernel, as glibc did
    /// up to 2.35 (elf/dl-load.c, `open_verify()`).
    public boolean refusesOldKernels() {
        return isGlibc() && !version.orElseThrow().isAtLeast(IGNORES_KERNEL);
    }

    /// Whether libraries that are loaded at run time may not ask for an executable stack, as from
    /// glibc 2.41 on (its NEWS).
    public boolean refusesExecutableStacks() {
        return isGlibc() && version.orElseThrow().isAtLeast(REFUSES_STACKS);
    }

    private boolean isGlibc() {
        return kind == Kind.GLIBC && version.isPresent();
    }
}
