// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.amphora.contents.Fabric.Helper;
import org.amphora.contents.Fabric.Libfabric;
import org.amphora.contents.Fabric.Ucx;
import org.amphora.contents.Fabric.Verbs;
import org.amphora.contents.Survey.Binary;
import org.amphora.elf.Version;

/// Finds the libraries for fast networks.
final class FabricReader {
    private static final String DRIVER = "-rdmav";
    private static final String PRIVATE = "IBVERBS_PRIVATE_";
    private static final String VERBS_DIRECTORY = "/etc/libibverbs.d";
    private static final List<String> HELPERS =
            List.of(
                    "libcxi.so",
                    "libpsm2.so",
                    "libpsm_infinipath.so",
                    "libefa.so",
                    "libxpmem.so",
                    "libmunge.so",
                    "libpmi.so",
                    "libpmi2.so",
                    "libpals.so");

    private final Survey survey;
    private final Packages packages;

    FabricReader(Survey survey, Packages packages) {
        this.survey = survey;
        this.packages = packages;
    }

    Fabric fabric() {
        return new Fabric(verbs(), libfabric(), ucx(), helpers());
    }

    private Optional<Verbs> verbs() {
        return survey.named("libibverbs.so.1").stream()
                .findFirst()
                .map(
                        library ->
                                new Verbs(
                                        library.path(),
                                        privateAbi(library.elf().versionsDefined()),
                                        library.elf().greatestDefined("IBVERBS_"),
                                        providers(),
                                        survey.tree().names(VERBS_DIRECTORY).stream()
                                                .map(name -> VERBS_DIRECTORY + "/" + name)
                                                .toList(),
                                        survey.named("librdmacm.so.1").stream()
                                                .findFirst()
                                                .map(Binary::path)));
    }

    /// Some drivers are libraries of their own, and the driver's name is a link to those.
    private List<Fabric.Provider> providers() {
        Map<String, Binary> drivers = new TreeMap<>();
        survey.binaries().forEach(binary -> drivers.put(binary.path(), binary));
        for (Survey.Link link : survey.links()) {
            if (link.path().contains(DRIVER)) {
                survey.binary(link.path()).ifPresent(binary -> drivers.put(link.path(), binary));
            }
        }
        List<Fabric.Provider> providers = new ArrayList<>();
        drivers.forEach(
                (path, binary) -> {
                    String name = Survey.nameOf(path);
                    int end = name.indexOf(DRIVER);
                    if (name.startsWith("lib") && end > 0) {
                        Set<String> needed = new TreeSet<>();
                        binary.elf().versionsNeeded().values().forEach(needed::addAll);
                        providers.add(
                                new Fabric.Provider(
                                        name.substring("lib".length(), end),
                                        path,
                                        privateAbi(needed)));
                    }
                });
        return providers;
    }

    private static OptionalInt privateAbi(Set<String> versions) {
        return versions.stream()
                .flatMap(name -> Version.behind(PRIVATE, name).stream())
                .mapToInt(Version::major)
                .max();
    }

    private Optional<Libfabric> libfabric() {
        Optional<Binary> library = survey.named("libfabric.so.1").stream().findFirst();
        if (library.isEmpty()) {
            return Optional.empty();
        }
        Optional<Version> needed = Optional.empty();
        Set<String> providers = new TreeSet<>();
        for (Binary binary : survey.binaries()) {
            if (binary.elf().needed().contains("libfabric.so.1")) {
                Optional<Version> its = binary.elf().greatestNeeded("FABRIC_");
                if (its.isPresent() && (needed.isEmpty() || its.get().isAtLeast(needed.get()))) {
                    needed = its;
                }
            }
            if (binary.directory().endsWith("/libfabric") && binary.name().endsWith("-fi.so")) {
                providers.add(provider(binary.name()));
            }
        }
        for (String name : library.get().elf().needed()) {
            int so = name.indexOf(".so");
            switch (so < 0 ? name : name.substring(0, so)) {
                case "libcxi" -> providers.add("cxi");
                case "libpsm2" -> providers.add("psm2");
                case "libpsm_infinipath" -> providers.add("psm");
                case "libefa" -> providers.add("efa");
                case "libibverbs" -> providers.add("verbs");
                case "libopx" -> providers.add("opx");
                case "libucp" -> providers.add("ucx");
                default -> {}
            }
        }
        return Optional.of(
                new Libfabric(
                        library.get().path(),
                        library.get().elf().greatestDefined("FABRIC_"),
                        needed,
                        providers));
    }

    /// `libverbs-fi.so` is the provider `verbs`.
    private static String provider(String name) {
        String stem = name.substring(0, name.length() - "-fi.so".length());
        return stem.startsWith("lib") ? stem.substring("lib".length()) : stem;
    }

    private Optional<Ucx> ucx() {
        Optional<Binary> library = survey.named("libucp.so.0").stream().findFirst();
        if (library.isEmpty()) {
            return Optional.empty();
        }
        Optional<Version> version = packages.version("libucx").or(() -> packages.version("ucx"));
        if (version.isEmpty()) {
            survey.unknown(library.get().path(), "no package database tells the release of UCX");
        }
        Set<String> modules = new TreeSet<>();
        for (Binary binary : survey.binaries()) {
            String name = binary.name();
            if (binary.directory().endsWith("/ucx") && name.startsWith("libuct_")) {
                int end = name.indexOf(".so");
                modules.add(name.substring("libuct_".length(), end < 0 ? name.length() : end));
            }
        }
        return Optional.of(new Ucx(library.get().path(), version, modules));
    }

    private List<Helper> helpers() {
        List<Helper> helpers = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (HELPERS.stream().anyMatch(name -> binary.soname().startsWith(name + "."))) {
                helpers.add(new Helper(binary.soname(), binary.path()));
            }
        }
        return helpers;
    }
}
