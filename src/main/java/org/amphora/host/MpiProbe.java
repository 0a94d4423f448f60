// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Looks for MPI libraries, the programs that start ranks, and PMIx.
final class MpiProbe {

    /// Every name under which an MPI's C library is asked for.
    private static final List<String> NAMES =
            List.of(
                    "libmpi.so.40",
                    "libmpi.so.20",
                    "libmpi.so.12",
                    "libmpich.so.12",
                    "libmpi.so.1",
                    "libmpi.so");

    private static final List<String> FORTRAN =
            List.of(
                    "libmpi_mpifh.so.40",
                    "libmpi_usempif08.so.40",
                    "libmpi_mpifh.so.20",
                    "libmpifort.so.12",
                    "libmpichfort.so.12");

    private static final Pattern OPEN_MPI =
            Pattern.compile("libmpi\\.so\\.(\\d+)\\.(\\d+)\\.(\\d+)");
    private static final Pattern MPICH =
            Pattern.compile("lib(?:mpi|mpich)\\.so\\.12\\.(\\d+)\\.(\\d+)");
    private static final Pattern PMIX = Pattern.compile("libpmix\\.so\\.(\\d+\\.\\d+\\.\\d+)");
    private static final Pattern PMIX_STRING = Pattern.compile("OpenPMIx (\\d+\\.\\d+\\.\\d+)");
    private static final Pattern TRANSPORT =
            Pattern.compile("mca_(?:pml|mtl|btl)_(ucx|ofi|psm2|openib|tcp)\\.so");

    private static final List<String> LAUNCHERS =
            List.of(
                    "mpirun",
                    "mpiexec",
                    "mpirun.openmpi",
                    "mpirun.mpich",
                    "mpiexec.hydra",
                    "orterun",
                    "prterun",
                    "srun",
                    "flux",
                    "jsrun",
                    "aprun",
                    "mpiexec.mpich");

    private final Tree tree;
    private final Libraries libraries;
    private final ResourceManager manager;

    private MpiProbe(Tree tree, Libraries libraries, ResourceManager manager) {
        this.tree = tree;
        this.libraries = libraries;
        this.manager = manager;
    }

    static Mpi probe(Tree tree, Libraries libraries, ResourceManager manager) {
        MpiProbe probe = new MpiProbe(tree, libraries, manager);
        List<Mpi.Installation> installations = probe.installations();
        return new Mpi(installations, probe.launchers(installations), probe.pmix());
    }

    private List<Mpi.Installation> installations() {
        Map<String, Library> byFile = new LinkedHashMap<>();
        Map<String, List<String>> names = new LinkedHashMap<>();
        for (String name : NAMES) {
            libraries
                    .find(name)
                    .ifPresent(
                            library -> {
                                byFile.putIfAbsent(library.file(), library);
                                names.computeIfAbsent(library.file(), _ -> new ArrayList<>())
                                        .add(name);
                            });
        }
        // Installations that the linker does not know: /opt/openmpi-4.1.6/lib.
        for (String prefix : prefixes()) {
            for (String directory : List.of(prefix + "/lib", prefix + "/lib64")) {
                for (String name : NAMES) {
                    libraries
                            .at(directory + "/" + name)
                            .ifPresent(
                                    library -> {
                                        byFile.putIfAbsent(library.file(), library);
                                        names.computeIfAbsent(
                                                        library.file(), _ -> new ArrayList<>())
                                                .add(name);
                                    });
                }
            }
        }
        List<Mpi.Installation> found = new ArrayList<>();
        byFile.forEach(
                (file, library) ->
                        found.add(installation(library, names.getOrDefault(file, List.of()))));
        return found;
    }

    private List<String> prefixes() {
        List<String> prefixes = new ArrayList<>();
        for (String name : tree.list("/opt")) {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.contains("mpi")) {
                prefixes.add("/opt/" + name);
                tree.list("/opt/" + name)
                        .forEach(version -> prefixes.add("/opt/" + name + "/" + version));
            }
        }
        return prefixes;
    }

    private Mpi.Installation installation(Library library, List<String> names) {
        List<String> evidence = new ArrayList<>();
        Mpi.Family family = family(library, evidence);
        String file = library.file();
        String directory = file.substring(0, Math.max(0, file.lastIndexOf('/')));
        List<String> plugins = pluginDirectories(family, directory);
        List<Library> all = new ArrayList<>(List.of(library));
        List<Library> fortran = fortran(directory, family);
        all.addAll(fortran);
        for (String plugin : plugins) {
            all.addAll(libraries.in(plugin, ""));
        }
        Set<String> missing = new LinkedHashSet<>();
        List<Library> closure = libraries.closure(all, missing);
        Optional<Library> abi = libraries.at(directory + "/libmpi_abi.so.1");
        return new Mpi.Installation(
                family,
                version(family, file),
                evidence,
                library,
                names,
                fortran,
                abi.map(one -> Fact.known(one, one.path())).orElse(Fact.absent("libmpi_abi.so.1")),
                interfaces(family, library, closure),
                transports(plugins, closure),
                plugins,
                dataDirectories(family),
                closure,
                List.copyOf(missing),
                functions(library, fortran));
    }

    private List<String> functions(Library library, List<Library> fortran) {
        Set<String> functions = new TreeSet<>();
        for (Library one : Stream.concat(Stream.of(library), fortran.stream()).toList()) {
            String words =
                    libraries.text(
                            one.path(),
                            "functions",
                            () ->
                                    libraries.symbols(one.path()).stream()
                                            .filter(Mpi.Installation::isFunction)
                                            .collect(Collectors.joining(" ")));
            functions.addAll(words.isEmpty() ? List.of() : List.of(words.split(" ")));
        }
        return List.copyOf(functions);
    }

    /// By the symbols that only one of them defines; `MPIR_` alone is no sign, Open MPI has such
    /// names too.
    private Mpi.Family family(Library library, List<String> evidence) {
        String path = library.path();
        for (String symbol : List.of("ompi_mpi_comm_world", "ompi_mpi_init")) {
            if (libraries.defines(path, symbol)) {
                evidence.add(path + " defines " + symbol);
                return Mpi.Family.OPEN_MPI;
            }
        }
        for (String name : library.needed()) {
            if (name.startsWith("libopen-pal") || name.startsWith("libopen_mpi")) {
                evidence.add(path + " needs " + name);
                return Mpi.Family.OPEN_MPI;
            }
        }
        if (libraries.defines(path, "I_MPI_Init") || library.file().contains("/intel")) {
            evidence.add(library.file());
            return Mpi.Family.INTEL;
        }
        if (libraries.defines(path, "MPIR_Err_return_comm")) {
            evidence.add(path + " defines MPIR_Err_return_comm");
            boolean cray = library.file().contains("/cray") || library.soname().contains("_gnu_");
            return cray ? Mpi.Family.CRAY : Mpi.Family.MPICH;
        }
        return Mpi.Family.UNKNOWN;
    }

    /// Releases by the numbers of the file (libtool): 40.30 is 4.1, 12.2 is MPICH 4.0.
    private static Fact<String> version(Mpi.Family family, String file) {
        Matcher open = OPEN_MPI.matcher(file);
        if (family == Mpi.Family.OPEN_MPI && open.find()) {
            String release =
                    switch (open.group(1) + "." + open.group(2)) {
                        case "40.0" -> "3.0." + open.group(3);
                        case "40.10" -> "3.1." + open.group(3);
                        case "40.20" -> "4.0." + open.group(3);
                        case "40.30" -> "4.1." + open.group(3);
                        case "40.40" -> "5.0." + open.group(3);
                        case "40.50" -> "6.0." + open.group(3);
                        case "20.0" -> "2.0";
                        case "20.10" -> "2.1";
                        case "12.0" -> "1.10";
                        case "1.6" -> "1.8";
                        default -> "";
                    };
            return release.isEmpty()
                    ? Fact.unknown(file, "no release is known for these numbers")
                    : Fact.known(release, file);
        }
        Matcher mpich = MPICH.matcher(file);
        if (family.isMpichLike() && mpich.find()) {
            String release =
                    switch (mpich.group(1)) {
                        case "0" -> "3.1";
                        case "1" -> "3.2";
                        case "2" -> "4.0";
                        case "3" -> "4.1";
                        case "4" -> "4.2";
                        case "5" -> "4.3";
                        case "6" -> "5.0";
                        default -> "";
                    };
            return release.isEmpty()
                    ? Fact.unknown(file, "no release is known for these numbers")
                    : Fact.known(release, file);
        }
        return Fact.unknown(file, "the file name has no version");
    }

    private List<String> pluginDirectories(Mpi.Family family, String directory) {
        List<String> found = new ArrayList<>();
        List<String> candidates = new ArrayList<>();
        if (family == Mpi.Family.OPEN_MPI) {
            // Debian has two levels: openmpi/lib/openmpi3 beside the library's own directory.
            candidates.addAll(
                    List.of(
                            directory + "/openmpi",
                            directory + "/openmpi3",
                            directory + "/../../lib/openmpi3",
                            directory + "/openmpi/lib/openmpi3",
                            directory + "/openmpi/lib/openmpi",
                            directory + "/pmix",
                            directory + "/pmix2/lib/pmix"));
            String usual = directory.replaceFirst("/openmpi/lib$", "");
            candidates.add(usual + "/pmix2/lib/pmix");
        }
        candidates.addAll(
                List.of(directory + "/ucx", directory + "/libibverbs", directory + "/libfabric"));
        String usual = directory.replaceFirst("/openmpi/lib$", "");
        candidates.addAll(List.of(usual + "/ucx", usual + "/libibverbs", usual + "/libfabric"));
        for (String candidate : candidates) {
            Optional<String> real = tree.real(candidate);
            if (real.isPresent()
                    && tree.isDirectory(real.get())
                    && !found.contains(real.get())
                    && tree.list(real.get()).stream().anyMatch(name -> name.contains(".so"))) {
                found.add(real.get());
            }
        }
        return found;
    }

    private List<Library> fortran(String directory, Mpi.Family family) {
        List<Library> found = new ArrayList<>();
        for (String name : FORTRAN) {
            boolean open = name.startsWith("libmpi_");
            if (open == (family == Mpi.Family.OPEN_MPI)) {
                libraries.at(directory + "/" + name).ifPresent(found::add);
            }
        }
        return found;
    }

    private List<Mpi.ProcessInterface> interfaces(
            Mpi.Family family, Library library, List<Library> closure) {
        List<Mpi.ProcessInterface> found = new ArrayList<>();
        if (closure.stream().anyMatch(one -> one.name().startsWith("libpmix"))
                || closure.stream().anyMatch(one -> one.name().startsWith("mca_pmix_"))) {
            found.add(Mpi.ProcessInterface.PMIX);
        }
        if (family.isMpichLike()) {
            found.add(Mpi.ProcessInterface.PMI1);
            if (libraries.defines(library.path(), "PMI2_Init")) {
                found.add(Mpi.ProcessInterface.PMI2);
            }
        } else if (closure.stream().anyMatch(one -> one.name().startsWith("libpmi2.so"))) {
            found.add(Mpi.ProcessInterface.PMI2);
        }
        if (closure.stream().anyMatch(one -> one.name().startsWith("libpals"))) {
            found.add(Mpi.ProcessInterface.PALS);
        }
        return found;
    }

    private List<String> transports(List<String> plugins, List<Library> closure) {
        Set<String> found = new LinkedHashSet<>();
        for (String directory : plugins) {
            for (String name : tree.list(directory)) {
                Matcher transport = TRANSPORT.matcher(name);
                if (transport.matches()) {
                    found.add(transport.group(1));
                }
            }
        }
        for (Library one : closure) {
            if (one.name().startsWith("libucp")) {
                found.add("ucx");
            }
            if (one.name().startsWith("libfabric")) {
                found.add("ofi");
            }
        }
        return List.copyOf(found);
    }

    private List<String> dataDirectories(Mpi.Family family) {
        List<String> candidates =
                family == Mpi.Family.OPEN_MPI
                        ? List.of(
                                "/usr/share/openmpi",
                                "/usr/share/pmix",
                                "/usr/share/pmix2",
                                "/etc/openmpi",
                                "/etc/pmix")
                        : List.of("/usr/share/mpich", "/etc/mpich");
        return candidates.stream().filter(tree::isDirectory).toList();
    }

    private List<Mpi.Launcher> launchers(List<Mpi.Installation> installations) {
        List<Mpi.Launcher> found = new ArrayList<>();
        Set<String> seen = new LinkedHashSet<>();
        for (String name : LAUNCHERS) {
            Fact<String> path = tree.program(name);
            String file = path.value().flatMap(tree::real).orElse("");
            if (path.isKnown() && seen.add(name + file)) {
                found.add(launcher(name, path.orElse(""), file, installations));
            }
        }
        return found;
    }

    private Mpi.Launcher launcher(
            String name, String path, String file, List<Mpi.Installation> installations) {
        String kind = kind(name, file);
        List<Mpi.ProcessInterface> offers =
                switch (kind) {
                    case "orte", "prrte" -> List.of(Mpi.ProcessInterface.PMIX);
                    case "hydra", "flux" -> List.of(Mpi.ProcessInterface.PMI1);
                    case "srun" -> ofSlurm();
                    case "jsrun" -> List.of(Mpi.ProcessInterface.PMIX);
                    case "pals" -> List.of(Mpi.ProcessInterface.PALS);
                    default -> List.of();
                };
        boolean open = kind.equals("orte") || kind.equals("prrte");
        Fact<String> version = Fact.unknown(file, "the program is not asked");
        for (Mpi.Installation installation : installations) {
            boolean same =
                    open && installation.family() == Mpi.Family.OPEN_MPI
                            || kind.equals("hydra") && installation.family().isMpichLike();
            if (same && !version.isKnown()) {
                version = installation.version();
            }
        }
        return new Mpi.Launcher(
                name,
                path,
                file,
                kind.isEmpty() ? Fact.absent(file) : Fact.known(kind, file),
                version,
                offers);
    }

    private String kind(String name, String file) {
        String last = file.substring(file.lastIndexOf('/') + 1);
        List<String> needed = libraries.at(file).map(Library::needed).orElse(List.of());
        if (needed.stream().anyMatch(one -> one.startsWith("libopen-rte"))) {
            return "orte";
        }
        // From Open MPI 5 on mpirun is a small program that becomes prterun.
        if (needed.stream().anyMatch(one -> one.startsWith("libprrte"))
                || last.startsWith("mpirun")
                        && needed.stream().anyMatch(one -> one.startsWith("libpmix"))) {
            return "prrte";
        }
        return switch (last) {
            case "orterun" -> "orte";
            case "prterun", "prte" -> "prrte";
            case "mpiexec.hydra", "mpiexec.mpich", "mpirun.mpich" -> "hydra";
            case "srun", "flux", "jsrun", "aprun" -> last;
            default -> name.equals("srun") ? "srun" : "";
        };
    }

    private List<Mpi.ProcessInterface> ofSlurm() {
        List<Mpi.ProcessInterface> offers = new ArrayList<>();
        for (String type : manager.mpiTypes().orElse(List.of())) {
            if (type.startsWith("pmix")) {
                if (!offers.contains(Mpi.ProcessInterface.PMIX)) {
                    offers.add(Mpi.ProcessInterface.PMIX);
                }
            } else if (type.equals("pmi2")) {
                offers.add(Mpi.ProcessInterface.PMI1);
                offers.add(Mpi.ProcessInterface.PMI2);
            } else if (type.equals("cray_shasta")) {
                offers.add(Mpi.ProcessInterface.PALS);
            }
        }
        return offers;
    }

    private List<Mpi.PmixLibrary> pmix() {
        List<Mpi.PmixLibrary> found = new ArrayList<>();
        libraries
                .find("libpmix.so.2")
                .ifPresent(
                        library -> found.add(new Mpi.PmixLibrary(library, pmixVersion(library))));
        return found;
    }

    /// libpmix keeps its version as a text (OpenPMIx 4.2 and later); before, the file name counts
    /// interfaces and not releases.
    private Fact<String> pmixVersion(Library library) {
        String version =
                libraries.text(library.path(), "PMIx release", () -> pmixText(library.file()));
        if (!version.isEmpty()) {
            return Fact.known(version, library.file());
        }
        return PMIX.matcher(library.file()).find()
                ? Fact.unknown(library.file(), "it does not say its release")
                : Fact.unknown(library.file(), "the file name has no version");
    }

    private String pmixText(String file) {
        byte[] bytes = tree.bytes(file, 16 << 20).orElse(new byte[0]);
        Matcher version = PMIX_STRING.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        return version.find() ? version.group(1) : "";
    }
}
