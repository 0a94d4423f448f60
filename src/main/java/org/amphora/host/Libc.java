// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;

/// The node's C library and distribution.
///
/// @param kind `glibc` or `musl`
/// @param version `2.36`: the release that it names, else the highest `GLIBC_2.x` that it defines
/// @param loader path of the dynamic linker
/// @param distribution `ID` and `VERSION_ID` of os-release: `debian 12`
/// @param name os-release's PRETTY_NAME, for people
/// @param family ld.so, libc, libm and the others that belong together and must never be mixed with
///     another libc's; the first is ld.so, the second libc
/// @param compilerLibraries libstdc++, libgcc_s and libgfortran, whose symbol versions host
///     libraries may need
public record Libc(
        Fact<String> kind,
        Fact<String> version,
        Fact<String> loader,
        Fact<String> distribution,
        Fact<String> name,
        List<Library> family,
        List<Library> compilerLibraries) {

    public Libc {
        kind = Fact.given(kind);
        version = Fact.given(version);
        loader = Fact.given(loader);
        distribution = Fact.given(distribution);
        name = Fact.given(name);
        family = Given.list(family);
        compilerLibraries = Given.list(compilerLibraries);
    }
}
