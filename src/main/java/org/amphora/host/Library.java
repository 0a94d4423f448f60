// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;
import java.util.Map;

/// A shared library (or dynamic program) of the node, with what decides whether an image can take
/// it.
///
/// @param path as it was found: the name that programs or the linker's cache use
/// @param file where links end: `/usr/lib/x86_64-linux-gnu/libmpi.so.40.30.4`; evidence for
/// versions
/// @param soname empty when it has none
/// @param needed its `DT_NEEDED` names
/// @param searched its `DT_RUNPATH`, or `DT_RPATH`, with `$ORIGIN` resolved
/// @param versionsNeeded file name → symbol versions it wants of it:
///     `libc.so.6` → `GLIBC_2.17`, `GLIBC_2.34`
/// @param versionsDefined symbol versions it offers, its own name not among them
/// @param machine as `uname -m` writes it, of the file itself
/// @param abiNote the oldest kernel it accepts (NT_GNU_ABI_TAG), such as `3.2.0`
/// @param executableStack whether it asks for one, which glibc from 2.41 refuses to load
public record Library(
        String path,
        String file,
        String soname,
        List<String> needed,
        List<String> searched,
        Map<String, List<String>> versionsNeeded,
        List<String> versionsDefined,
        Fact<String> machine,
        Fact<String> abiNote,
        boolean executableStack) {

    public Library {
        path = Given.text(path);
        file = Given.text(file);
        soname = Given.text(soname);
        needed = Given.list(needed);
        searched = Given.list(searched);
        versionsNeeded = Given.map(versionsNeeded);
        versionsDefined = Given.list(versionsDefined);
        machine = Fact.given(machine);
        abiNote = Fact.given(abiNote);
    }

    /// The last part of the path.
    public String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
