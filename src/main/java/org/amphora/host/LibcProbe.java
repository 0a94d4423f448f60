// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.amphora.elf.ElfFile;
import org.amphora.elf.Version;

/// Reads the C library and the distribution.
final class LibcProbe {

    /// By the psABI of each machine, as glibc installs it.
    private static final Map<String, String> LOADERS =
            Map.of(
                    "x86_64", "/lib64/ld-linux-x86-64.so.2",
                    "aarch64", "/lib/ld-linux-aarch64.so.1",
                    "ppc64le", "/lib64/ld64.so.2",
                    "riscv64", "/lib/ld-linux-riscv64-lp64d.so.1",
                    "s390x", "/lib/ld64.so.1");

    private static final List<String> FAMILY =
            List.of(
                    "libc.so.6",
                    "libm.so.6",
                    "libpthread.so.0",
                    "libdl.so.2",
                    "librt.so.1",
                    "libutil.so.1",
                    "libresolv.so.2",
                    "libnsl.so.1",
                    "libnss_files.so.2",
                    "libnss_dns.so.2",
                    "libmvec.so.1",
                    "libcrypt.so.1");

    private static final List<String> COMPILER =
            List.of("libstdc++.so.6", "libgcc_s.so.1", "libgfortran.so.5");

    private LibcProbe() {}

    static Libc libc(Tree tree, Libraries libraries, String machine) {
        String musl = "/lib/ld-musl-" + machine + ".so.1";
        String loader = LOADERS.getOrDefault(machine, "");
        Map<String, String> release = release(tree);
        List<Library> family = new ArrayList<>();
        Fact<String> version = Fact.absent("libc.so.6");
        boolean glibc = !loader.isEmpty() && tree.exists(loader);
        if (glibc) {
            libraries.at(loader).ifPresent(family::add);
            FAMILY.forEach(name -> libraries.find(name).ifPresent(family::add));
            version = version(libraries);
        }
        boolean isMusl = !glibc && tree.exists(musl);
        String found = glibc ? loader : musl;
        return new Libc(
                glibc || isMusl
                        ? Fact.known(glibc ? "glibc" : "musl", found)
                        : Fact.unknown(found, "no dynamic linker of this machine"),
                version,
                glibc || isMusl ? Fact.known(found, found) : Fact.absent(found),
                distribution(release),
                fact(release.get("PRETTY_NAME")),
                family,
                COMPILER.stream().flatMap(name -> libraries.find(name).stream()).toList());
    }

    private static Fact<String> version(Libraries libraries) {
        Optional<Library> libc = libraries.find("libc.so.6");
        if (libc.isEmpty()) {
            return Fact.unknown("libc.so.6", "not found");
        }
        String path = libc.get().path();
        String release =
                libraries.text(
                        path,
                        "glibc release",
                        () ->
                                libraries
                                        .elf(path)
                                        .flatMap(LibcProbe::release)
                                        .map(Version::toString)
                                        .orElse(""));
        return release.isEmpty()
                ? Fact.unknown(path, "it names no release and defines no GLIBC_ version")
                : Fact.known(release, path);
    }

    private static Optional<Version> release(ElfFile elf) {
        Optional<Version> release = Optional.empty();
        try {
            release = elf.glibcRelease();
        } catch (IOException e) {
            // Damaged section headers hide the text; its symbol versions are read elsewhere.
        }
        return release.or(() -> elf.greatestDefined("GLIBC_"));
    }

    private static Fact<String> distribution(Map<String, String> release) {
        String id = release.getOrDefault("ID", "");
        return fact(
                id.isEmpty() ? null : (id + " " + release.getOrDefault("VERSION_ID", "")).strip());
    }

    private static Fact<String> fact(@org.jspecify.annotations.Nullable String text) {
        return text == null ? Fact.absent("/etc/os-release") : Fact.known(text, "/etc/os-release");
    }

    /// os-release(5): assignments, the values perhaps quoted.
    private static Map<String, String> release(Tree tree) {
        Map<String, String> fields = new TreeMap<>();
        Fact<String> text = tree.text("/etc/os-release");
        text = text.isKnown() ? text : tree.text("/usr/lib/os-release");
        for (String line : text.orElse("").split("\n")) {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                String value = line.substring(equals + 1).strip();
                if (value.length() > 1 && "\"'".indexOf(value.charAt(0)) >= 0) {
                    value = value.substring(1, value.length() - 1);
                }
                fields.put(line.substring(0, equals), value);
            }
        }
        return fields;
    }
}
