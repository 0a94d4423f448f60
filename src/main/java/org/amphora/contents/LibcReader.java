// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.amphora.contents.Survey.Binary;
import org.amphora.elf.ElfFile;
import org.amphora.elf.Version;

/// Finds the program that decides what an image is made for, and its C library.
final class LibcReader {
    private static final String MUSL = "ld-musl-";
    private static final String GLIBC = "libc.so.6";

    private final Survey survey;
    private final Packages packages;
    private final Optional<Binary> decider;

    LibcReader(Survey survey, Packages packages, EntryPoint entryPoint) {
        this.survey = survey;
        this.packages = packages;
        this.decider = decider(entryPoint);
    }

    Machine machine(Optional<String> label) {
        Optional<String> architecture = decider.map(binary -> binary.elf().architecture());
        Map<String, List<Binary>> others = new TreeMap<>();
        for (Binary binary : survey.binaries()) {
            String its = binary.elf().architecture();
            if (!its.equals(architecture.orElse(its))) {
                others.computeIfAbsent(its, _ -> new ArrayList<>()).add(binary);
            }
        }
        return new Machine(
                architecture,
                decider.map(Binary::path).orElse(""),
                label,
                others.entrySet().stream()
                        .map(
                                entry ->
                                        new Machine.Other(
                                                entry.getKey(),
                                                entry.getValue().getFirst().path(),
                                                entry.getValue().size()))
                        .toList());
    }

    Libc libc() {
        Optional<Binary> asking =
                decider.filter(binary -> binary.elf().interpreter().isPresent())
                        .or(this::mostCommonDynamic);
        if (asking.isEmpty()) {
            return new Libc(
                    Libc.Kind.NONE,
                    "",
                    "",
                    Optional.empty(),
                    decider.flatMap(binary -> binary.elf().abiNote()).map(ElfFile.AbiNote::kernel),
                    decider.map(binary -> binary.elf().isaNeeded()).orElse(0),
                    Collections.emptySortedSet());
        }
        String interpreter = asking.get().elf().interpreter().orElse("");
        Optional<Binary> linker = survey.binary(interpreter);
        if (Survey.nameOf(interpreter).startsWith(MUSL)) {
            return musl(interpreter, linker);
        }
        Optional<Binary> library = glibc(asking.get(), linker);
        if (linker.isEmpty() || library.isEmpty()) {
            survey.unknown(
                    "libc",
                    linker.isEmpty()
                            ? asking.get().path()
                                    + " asks for the linker "
                                    + interpreter
                                    + ", which is not in the image"
                            : "the image has a linker, " + interpreter + ", but no " + GLIBC);
            return new Libc(
                    Libc.Kind.UNKNOWN,
                    library.map(Binary::path).orElse(""),
                    linker.map(Binary::path).orElse(""),
                    Optional.empty(),
                    Optional.empty(),
                    0,
                    Collections.emptySortedSet());
        }
        ElfFile elf = library.get().elf();
        return new Libc(
                Libc.Kind.GLIBC,
                library.get().path(),
                linker.get().path(),
                glibcVersion(library.get()),
                elf.abiNote().map(ElfFile.AbiNote::kernel),
                Math.max(elf.isaNeeded(), linker.get().elf().isaNeeded()),
                new TreeSet<>(elf.versionsDefined()));
    }

    private Libc musl(String interpreter, Optional<Binary> linker) {
        Optional<Version> version =
                linker.flatMap(this::muslVersion).or(() -> packages.version("musl"));
        if (linker.isEmpty()) {
            survey.unknown("libc", "the linker " + interpreter + " is not in the image");
        } else if (version.isEmpty()) {
            survey.unknown("libc version", linker.get().path() + " does not tell it");
        }
        return new Libc(
                Libc.Kind.MUSL,
                linker.map(Binary::path).orElse(""),
                linker.map(Binary::path).orElse(""),
                version,
                Optional.empty(),
                linker.map(binary -> binary.elf().isaNeeded()).orElse(0),
                Collections.emptySortedSet());
    }

    /// musl `src/internal/version.c`: the version stands as a text of its own in its data.
    private Optional<Version> muslVersion(Binary linker) {
        List<Version> found = new ArrayList<>();
        try {
            linker.elf()
                    .texts(
                            5,
                            text -> {
                                boolean alone =
                                        text.length() <= 7 && Version.leading(text).isPresent();
                                if (alone && (text.startsWith("1.") || text.startsWith("0."))) {
                                    Version.leading(text)
                                            .filter(version -> version.toString().equals(text))
                                            .ifPresent(found::add);
                                }
                            });
        } catch (IOException e) {
            return Optional.empty();
        }
        return found.stream().findFirst();
    }

    /// Its release, or the greatest version it defines when it does not name one.
    private Optional<Version> glibcVersion(Binary library) {
        Optional<Version> release = Optional.empty();
        try {
            release = library.elf().glibcRelease();
        } catch (IOException e) {
            survey.unknown(library.path(), String.valueOf(e.getMessage()));
        }
        return release.or(() -> library.elf().greatestDefined("GLIBC_"));
    }

    private Optional<Binary> glibc(Binary asking, Optional<Binary> linker) {
        List<Binary> all =
                survey.named(GLIBC).stream()
                        .filter(
                                binary ->
                                        binary.elf()
                                                        .architecture()
                                                        .equals(asking.elf().architecture())
                                                && binary.elf()
                                                        .greatestDefined("GLIBC_")
                                                        .isPresent())
                        .toList();
        return all.stream()
                .filter(
                        binary ->
                                linker.isPresent()
                                        && binary.directory().equals(linker.get().directory()))
                .findFirst()
                .or(() -> all.stream().filter(binary -> isUsual(binary.directory())).findFirst())
                .or(() -> all.stream().findFirst());
    }

    private static boolean isUsual(String directory) {
        return directory.startsWith("/lib") || directory.startsWith("/usr/lib");
    }

    private Optional<Binary> decider(EntryPoint entryPoint) {
        return survey.binary("/bin/sh")
                .or(() -> survey.binary(entryPoint.path()))
                .or(
                        () ->
                                entryPoint.scripts().stream()
                                        .flatMap(script -> script.interpreter().stream())
                                        .flatMap(program -> survey.binary(program).stream())
                                        .findFirst())
                .or(this::mostCommonDynamic)
                .or(() -> survey.binaries().stream().filter(b -> b.elf().isProgram()).findFirst());
    }

    private Optional<Binary> mostCommonDynamic() {
        Map<String, List<Binary>> byLinker = new HashMap<>();
        for (Binary binary : survey.binaries()) {
            if (binary.file().isExecutable() && binary.elf().interpreter().isPresent()) {
                byLinker.computeIfAbsent(
                                binary.elf().interpreter().orElse(""), _ -> new ArrayList<>())
                        .add(binary);
            }
        }
        return byLinker.values().stream()
                .max((a, b) -> Integer.compare(a.size(), b.size()))
                .map(List::getFirst);
    }
}
