// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.contents.Mpi.Family;
import org.amphora.contents.Mpi.Fortran;
import org.amphora.contents.Mpi.Launcher;
import org.amphora.contents.Mpi.Library;
import org.amphora.contents.Mpi.Pmi;
import org.amphora.contents.Mpi.PmiClient;
import org.amphora.contents.Mpi.Pmix;
import org.amphora.contents.Mpi.Program;
import org.amphora.contents.Survey.Binary;
import org.amphora.elf.ElfFile;
import org.amphora.elf.Symbols;
import org.amphora.elf.Version;

/// Finds MPI by its symbols: names lie. Debian's MPICH is `libmpich.so.12`, and Open MPI 1.10 is
/// `libmpi.so.12` as MPICH is elsewhere.
final class MpiReader {
    private static final String[] NAMES = {"libmpi", "libpmpi", "libmvapich"};
    private static final String[] OWN = {
        "libmpi",
        "libpmpi",
        "libmvapich",
        "libopen-",
        "libopen_mpi",
        "liboshmem",
        "libompi",
        "libmca_",
        "mca_",
        "ompi_",
        "libprrte"
    };
    private static final Set<String> LAUNCHERS = Set.of("mpirun", "mpiexec", "prterun", "orterun");
    private static final String PMIX = "OpenPMIx ";
    private static final int MAXIMUM_TABLE = 32 << 20;

    private final Survey survey;
    private final List<Library> libraries = new ArrayList<>();
    private final Set<String> sonames = new HashSet<>();

    MpiReader(Survey survey) {
        this.survey = survey;
    }

    Mpi mpi() {
        List<Binary> fortran = new ArrayList<>();
        Map<Binary, Symbols> found = new LinkedHashMap<>();
        for (Binary binary : survey.binaries()) {
            if (!begins(binary.name(), NAMES) || !binary.name().contains(".so")) {
                continue;
            }
            Symbols symbols = symbols(binary);
            if (symbols.defines("MPI_Init") && symbols.defines("MPI_Send")) {
                found.put(binary, symbols);
            } else if (symbols.defines("mpi_init_")) {
                fortran.add(binary);
            }
            sonames.add(binary.soname());
        }
        found.forEach((binary, symbols) -> libraries.add(library(binary, symbols, fortran)));
        return new Mpi(libraries, programs(), pmix(), launchers());
    }

    private Library library(Binary binary, Symbols symbols, List<Binary> fortran) {
        Family family = family(binary, symbols);
        Set<String> texts = family == Family.MPICH ? texts(binary) : Set.of();
        if (texts.stream().anyMatch(text -> text.contains("Intel(R) MPI Library"))) {
            family = Family.INTEL_MPI;
        } else if (texts.stream().anyMatch(text -> text.contains("MVAPICH"))) {
            family = Family.MVAPICH;
        }
        List<String> plugins = family == Family.OPEN_MPI ? plugins(binary) : List.of();
        Release release = release(binary, family, texts);
        if (release.version().isEmpty()) {
            survey.unknown(
                    binary.path(), "neither its name nor its texts tell the release of its MPI");
        }
        return new Library(
                binary.path(),
                binary.soname(),
                names(binary),
                family,
                release.version(),
                release.from(),
                pmi(binary, family, texts, plugins),
                fortran.stream()
                        .filter(binding -> belongs(binding, binary))
                        .map(MpiReader::fortran)
                        .toList(),
                plugins,
                transports(binary, family, texts, plugins),
                binary.soname().startsWith("libmpi_abi."));
    }

    /// A version and what says so.
    private record Release(Optional<Version> version, String from) {}

    /// `MPIR_Err_return_comm` and `MPII_*` are MPICH's alone; Open MPI has `ompi_*`, or asks for
    /// its lower layers. `MPIR_*` tells nothing: debuggers want some of those of every MPI.
    private static Family family(Binary binary, Symbols symbols) {
        if (symbols.defines("MPIR_Err_return_comm")
                || symbols.defined().stream().anyMatch(name -> name.startsWith("MPII_"))) {
            return Family.MPICH;
        }
        boolean ompi =
                symbols.defined().stream().anyMatch(name -> name.startsWith("ompi_"))
                        || binary.elf().needed().stream()
                                .anyMatch(
                                        name ->
                                                name.startsWith("libopen-")
                                                        || name.startsWith("libopen_mpi"));
        return ompi ? Family.OPEN_MPI : Family.UNKNOWN;
    }

    /// Libtool's numbers in the file name, and for MPICH the text of the release in the library,
    /// if the two agree.
    private static Release release(Binary binary, Family family, Set<String> texts) {
        int so = binary.name().indexOf(".so.");
        Optional<Version> numbers =
                so < 0 ? Optional.empty() : Version.leading(binary.name().substring(so + 4));
        if (family == Family.OPEN_MPI) {
            return new Release(numbers.flatMap(MpiReleases::openMpi), "name " + binary.name());
        }
        Optional<Version> series = numbers.flatMap(MpiReleases::mpich);
        if (family == Family.MPICH) {
            Optional<Version> text =
                    texts.stream()
                            .filter(candidate -> candidate.length() <= 12)
                            .flatMap(candidate -> Version.leading(candidate).stream())
                            .filter(
                                    version ->
                                            series.isPresent()
                                                    ? version.major() == series.get().major()
                                                            && version.minor()
                                                                    >= series.get().minor()
                                                    : version.major() >= 3 && version.major() <= 9)
                            .max(Version::compareTo);
            if (text.isPresent()) {
                return new Release(text, "text in " + binary.name());
            }
        }
        return new Release(series, series.isEmpty() ? "" : "name " + binary.name());
    }

    private List<PmiClient> pmi(
            Binary binary, Family family, Set<String> texts, List<String> plugins) {
        List<PmiClient> clients = new ArrayList<>();
        List<Binary> parts = new ArrayList<>(List.of(binary));
        for (String needed : binary.elf().needed()) {
            if (needed.startsWith("libopen")) {
                parts.addAll(survey.named(needed));
            }
        }
        for (Binary component : survey.binaries()) {
            if (plugins.contains(component.directory())
                    && component.name().startsWith("mca_pmix_")) {
                parts.add(component);
            }
        }
        for (Binary part : parts) {
            needs(part, "libpmix.so", Pmi.PMIX, clients);
            needs(part, "libpmi.so", Pmi.PMI1, clients);
            needs(part, "libpmi2.so", Pmi.PMI2, clients);
            if (part.name().startsWith("mca_pmix_pmix")) {
                add(clients, Pmi.PMIX, part.path());
            }
        }
        if (family == Family.OPEN_MPI) {
            binary.elf().needed().stream()
                    .filter(name -> name.startsWith("libopen-rte."))
                    .forEach(name -> add(clients, Pmi.ORTE, binary.path() + " needs " + name));
        } else {
            for (String text : texts) {
                if (text.equals("PMI_FD")) {
                    add(clients, Pmi.PMI1, binary.path() + " asks for the variable PMI_FD");
                }
                if (text.equals("PMI2_DEBUG") || text.equals("I_MPI_PMI2")) {
                    add(clients, Pmi.PMI2, binary.path() + " asks for the variable " + text);
                }
                if (text.equals("I_MPI_PMI_LIBRARY")) {
                    add(clients, Pmi.PMI2, binary.path() + " loads what I_MPI_PMI_LIBRARY names");
                }
            }
        }
        return clients;
    }

    private static void needs(Binary part, String library, Pmi kind, List<PmiClient> clients) {
        part.elf().needed().stream()
                .filter(name -> name.startsWith(library))
                .forEach(name -> add(clients, kind, part.path() + " needs " + name));
    }

    private static void add(List<PmiClient> clients, Pmi kind, String evidence) {
        if (clients.stream().noneMatch(client -> client.kind() == kind)) {
            clients.add(new PmiClient(kind, evidence));
        }
    }

    /// Directories with components, those of this library if there are several Open MPIs: below
    /// its own directory.
    private List<String> plugins(Binary library) {
        Set<String> all = new TreeSet<>();
        for (Binary binary : survey.binaries()) {
            if (binary.name().startsWith("mca_")) {
                all.add(binary.directory());
            }
        }
        List<String> below =
                all.stream().filter(path -> path.startsWith(library.directory() + "/")).toList();
        return below.isEmpty() ? List.copyOf(all) : below;
    }

    private Set<String> transports(
            Binary library, Family family, Set<String> texts, List<String> plugins) {
        Set<String> transports = new TreeSet<>();
        for (Binary binary : survey.binaries()) {
            if (plugins.contains(binary.directory())) {
                component(binary.name(), transports);
            }
        }
        for (String needed : library.elf().needed()) {
            if (needed.startsWith("libucp.")) {
                transports.add("ucx");
            } else if (needed.startsWith("libfabric.")) {
                transports.add("ofi");
            } else if (needed.startsWith("libpsm2.")) {
                transports.add("psm2");
            } else if (needed.startsWith("libibverbs.")) {
                transports.add("verbs");
            }
        }
        for (String text : texts) {
            if (text.startsWith("ch4:") && text.length() <= 8) {
                transports.add(text.substring("ch4:".length()));
            } else if (text.startsWith("ch3:") && text.length() <= 16) {
                transports.add("tcp");
            }
        }
        if (family == Family.OPEN_MPI || family == Family.INTEL_MPI) {
            transports.add("tcp");
        }
        return transports;
    }

    private static void component(String name, Set<String> transports) {
        switch (name) {
            case "mca_pml_ucx.so" -> transports.add("ucx");
            case "mca_mtl_ofi.so", "mca_btl_ofi.so" -> transports.add("ofi");
            case "mca_mtl_psm2.so" -> transports.add("psm2");
            case "mca_btl_openib.so" -> transports.add("openib");
            default -> {}
        }
    }

    private Set<String> names(Binary library) {
        Set<String> names = new TreeSet<>(Set.of(library.name()));
        for (Survey.Link link : survey.links()) {
            String name = Survey.nameOf(link.path());
            if (begins(name, NAMES)
                    && survey.binary(link.path()).filter(library::equals).isPresent()) {
                names.add(name);
            }
        }
        return names;
    }

    private static boolean belongs(Binary binding, Binary library) {
        return binding.elf().needed().contains(library.soname());
    }

    private static Fortran fortran(Binary binding) {
        return new Fortran(
                binding.path(),
                binding.soname(),
                binding.elf().needed().stream()
                        .filter(
                                name ->
                                        name.startsWith("libgfortran.")
                                                || name.startsWith("libifcore")
                                                || name.startsWith("libflang"))
                        .findFirst());
    }

    private List<Program> programs() {
        List<Program> programs = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (begins(binary.name(), OWN)) {
                continue;
            }
            Optional<String> asked =
                    binary.elf().needed().stream()
                            .filter(
                                    name ->
                                            sonames.contains(name)
                                                    || begins(name, NAMES) && name.contains(".so"))
                            .findFirst();
            if (asked.isPresent()) {
                program(binary, asked).ifPresent(programs::add);
            } else if (binary.elf().isProgram() && hasMpiInside(binary)) {
                programs.add(
                        new Program(binary.path(), Optional.empty(), Family.UNKNOWN, Set.of()));
            }
        }
        return programs;
    }

    /// A file that asks for the library but for none of its functions, such as `ompi_info`, runs
    /// without ranks.
    private Optional<Program> program(Binary binary, Optional<String> library) {
        Symbols symbols = symbols(binary);
        Set<String> wanted = new TreeSet<>();
        for (String name : symbols.undefined()) {
            if (name.startsWith("MPI_") || name.startsWith("MPIX_") || name.startsWith("mpi_")) {
                wanted.add(name);
            }
        }
        // The linker gives a program its own copy of a variable, so it may count as defined.
        boolean ompi =
                symbols.undefined().stream().anyMatch(name -> name.startsWith("ompi_mpi_"))
                        || symbols.defined().stream()
                                .anyMatch(name -> name.startsWith("ompi_mpi_"));
        Family family = Family.UNKNOWN;
        if (ompi) {
            family = Family.OPEN_MPI;
        } else if (library.orElse("").startsWith("libmpich")) {
            family = Family.MPICH;
        }
        return wanted.isEmpty()
                ? Optional.empty()
                : Optional.of(new Program(binary.path(), library, family, wanted));
    }

    /// A program into which MPI was linked still has its names, unless it was stripped.
    private boolean hasMpiInside(Binary binary) {
        for (ElfFile.Section section : binary.sections()) {
            if (section.name().equals(".strtab") && section.size() <= MAXIMUM_TABLE) {
                try {
                    byte[] names = binary.elf().read(section, 0, (int) section.size());
                    return contains(names, "\0MPI_Init\0") || contains(names, "\0PMPI_Init\0");
                } catch (IOException e) {
                    survey.unknown(binary.path(), String.valueOf(e.getMessage()));
                }
            }
        }
        return false;
    }

    private static boolean contains(byte[] bytes, String text) {
        byte[] wanted = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        for (int i = 0; i <= bytes.length - wanted.length; i++) {
            int same = 0;
            while (same < wanted.length && bytes[i + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return true;
            }
        }
        return false;
    }

    private List<Pmix> pmix() {
        List<Pmix> found = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (binary.name().startsWith("libpmix.so")) {
                Optional<Version> version = pmixVersion(texts(binary));
                if (version.isEmpty()) {
                    survey.unknown(binary.path(), "no text in it tells its release");
                }
                found.add(new Pmix(binary.path(), binary.soname(), version));
            }
        }
        return found;
    }

    /// Since 4.1 it names itself; before, the version stands alone.
    private static Optional<Version> pmixVersion(Set<String> texts) {
        Optional<Version> named =
                texts.stream()
                        .filter(text -> text.contains(PMIX))
                        .map(text -> text.substring(text.indexOf(PMIX) + PMIX.length()))
                        .flatMap(text -> Version.leading(text).stream())
                        .findFirst();
        return named.or(
                () ->
                        texts.stream()
                                .filter(text -> text.length() <= 10)
                                .flatMap(text -> Version.leading(text).stream())
                                .filter(version -> dots(version) == 2)
                                .max(Version::compareTo));
    }

    private static long dots(Version version) {
        return version.toString().chars().filter(c -> c == '.').count();
    }

    /// `mpirun.openmpi` and `mpiexec.hydra` count: a link to them may come with the configuration
    /// of packages.
    private List<Launcher> launchers() {
        List<Launcher> launchers = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (binary.directory().endsWith("bin") && isLauncher(binary.name())) {
                launchers.add(new Launcher(binary.path(), binary.name()));
            }
        }
        for (Survey.Link link : survey.links()) {
            if (Survey.directoryOf(link.path()).endsWith("bin")
                    && isLauncher(Survey.nameOf(link.path()))) {
                survey.tree()
                        .find(link.path())
                        .ifPresent(
                                target ->
                                        launchers.add(
                                                new Launcher(
                                                        link.path(),
                                                        Survey.nameOf(target.path()))));
            }
        }
        launchers.sort((a, b) -> a.path().compareTo(b.path()));
        return launchers;
    }

    private static boolean isLauncher(String name) {
        int dot = name.indexOf('.');
        return LAUNCHERS.contains(dot < 0 ? name : name.substring(0, dot));
    }

    private Symbols symbols(Binary binary) {
        try {
            return binary.elf().symbols();
        } catch (IOException e) {
            survey.unknown(binary.path(), String.valueOf(e.getMessage()));
            return new Symbols(Set.of(), Set.of());
        }
    }

    private Set<String> texts(Binary binary) {
        Set<String> texts = new HashSet<>();
        try {
            binary.elf().texts(5, texts::add);
        } catch (IOException e) {
            survey.unknown(binary.path(), String.valueOf(e.getMessage()));
        }
        return texts;
    }

    private static boolean begins(String name, String... prefixes) {
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
