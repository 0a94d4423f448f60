// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.contents.Contents;
import org.amphora.contents.Libc;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;
import org.amphora.host.Host;
import org.amphora.host.Library;
import org.amphora.host.Mpi.Installation;
import org.amphora.problem.Problem;

/// The node's MPI in place of the image's: the library under every name that the image's programs
/// may ask for, all that it needs, and its plugins at the paths that are compiled into it.
///
/// Libraries of a node with a newer glibc than the image bring that with them.
final class MpiBind {
    private static final String WHAT = "cannot put this node's MPI into the container";
    private static final String HYBRID = "keep the image's own MPI: --mpi=hybrid, or no --mpi";
    private static final int SHOWN = 4;

    private final Host host;
    private final Contents image;
    private final InjectionRequest request;
    private final Injection.Collected all;
    private final GlibcOverlay glibc;
    private final Precedence precedence;

    MpiBind(Host host, Contents image, InjectionRequest request, Injection.Collected all) {
        this.host = host;
        this.image = image;
        this.request = request;
        this.all = all;
        this.glibc = new GlibcOverlay(host, image);
        this.precedence = new Precedence(host, image);
    }

    void decide() {
        Mpi.Library wanted = wanted();
        Installation installation = installation(wanted);
        checkVersions(wanted, installation);
        checkSymbols(wanted, installation);
        boolean overlay = needsGlibc(installation);
        addLibraries(wanted, installation);
        for (String directory : installation.pluginDirectories()) {
            all.bind(directory, directory);
        }
        for (String directory : installation.dataDirectories()) {
            all.bind(directory, directory);
        }
        addFabric();
        all.notes.add(
                "mpi: "
                        + installation.family()
                        + " "
                        + installation.version().orElse("of unknown version")
                        + " of this node in place of the image's "
                        + wanted.version().map(Version::toString).orElse(wanted.soname()));
        if (overlay) {
            glibc.add(all);
        }
        String tmpdir = request.variable("PMIX_SERVER_TMPDIR");
        if (tmpdir.startsWith("/") && !tmpdir.startsWith("/tmp/")) {
            all.directories.add(tmpdir);
        }
    }

    private Mpi.Library wanted() {
        return image.mpi().libraries().stream()
                .findFirst()
                .orElseThrow(
                        () ->
                                new Problem(
                                        WHAT,
                                        "the image has no MPI library that could be replaced",
                                        image.mpi().programs().stream()
                                                        .anyMatch(Mpi.Program::isStatic)
                                                ? "its programs have MPI linked in: leave out"
                                                        + " --mpi=bind"
                                                : "leave out --mpi=bind"));
    }

    /// An MPI of the same family; any with the ABI of MPI 5 where the image asks for that.
    private Installation installation(Mpi.Library wanted) {
        Set<String> seen = new TreeSet<>();
        for (Installation installation : host.mpi().installations()) {
            if (wanted.standardAbi()
                    ? installation.abi().isKnown()
                    : isFamily(wanted.family(), installation.family())) {
                return installation;
            }
            seen.add(installation.family() + " " + installation.library().path());
        }
        throw new Problem(
                WHAT,
                "the image has "
                        + wanted.family()
                        + " ("
                        + wanted.path()
                        + "), this node "
                        + (seen.isEmpty() ? "no MPI library" : String.join(", ", seen)),
                HYBRID);
    }

    private static boolean isFamily(Mpi.Family wanted, org.amphora.host.Mpi.Family offered) {
        return switch (wanted) {
            case OPEN_MPI -> offered == org.amphora.host.Mpi.Family.OPEN_MPI;
            case MPICH, INTEL_MPI, MVAPICH -> offered.isMpichLike();
            case UNKNOWN -> false;
        };
    }

    /// Open MPI keeps its C interface for one major version (`Software version changes` of its
    /// manual); the MPICH family for one SONAME number.
    private void checkVersions(Mpi.Library wanted, Installation installation) {
        if (wanted.standardAbi()) {
            return;
        }
        Library library = installation.library();
        if (number(wanted.soname()) != number(library.soname())) {
            throw new Problem(
                    WHAT,
                    "the image's programs ask for "
                            + wanted.soname()
                            + ", this node has "
                            + library.soname()
                            + " ("
                            + library.path()
                            + ")",
                    HYBRID);
        }
        Version old = wanted.version().orElse(null);
        Version now = installation.version().value().flatMap(Version::leading).orElse(null);
        if (wanted.family() == Mpi.Family.OPEN_MPI
                && old != null
                && now != null
                && (now.major() < old.major() || now.major() > old.major() + 1)) {
            throw new Problem(
                    WHAT,
                    "programs of Open MPI "
                            + old
                            + " run with versions "
                            + old.major()
                            + " and "
                            + (old.major() + 1)
                            + ", this node has "
                            + now,
                    HYBRID);
        }
    }

    private static int number(String soname) {
        int at = soname.indexOf(".so.");
        return at < 0
                ? -1
                : Version.leading(soname.substring(at + 4)).map(Version::major).orElse(-1);
    }

    /// What the image's programs import must be there, whatever the versions promise.
    private void checkSymbols(Mpi.Library wanted, Installation installation) {
        for (Mpi.Program program : image.mpi().programs()) {
            if (!program.library().orElse("").equals(wanted.soname())) {
                continue;
            }
            List<String> missing = installation.lacks(program.symbols());
            if (!missing.isEmpty()) {
                throw new Problem(
                        WHAT,
                        installation.library().path()
                                + " lacks "
                                + String.join(", ", missing.stream().limit(SHOWN).toList())
                                + " that "
                                + program.path()
                                + " of the image asks for",
                        HYBRID);
            }
        }
    }

    /// Whether the node's libraries need more than the image's glibc has.
    private boolean needsGlibc(Installation installation) {
        Libc libc = image.libc();
        if (libc.kind() != Libc.Kind.GLIBC) {
            throw new Problem(
                    WHAT,
                    "its libraries need glibc, the image's C library is " + libc.kind(),
                    HYBRID);
        }
        String machine = machine(installation.library().machine().orElse(""));
        String architecture = image.machine().architecture().orElse(machine);
        if (!machine.isEmpty() && !machine.equals(architecture)) {
            throw new Problem(
                    WHAT, "the image is for " + architecture + ", this node is " + machine, HYBRID);
        }
        Optional<GlibcOverlay.Lack> lack = glibc.lack(installation.closure());
        if (lack.isPresent()
                && !(glibc.isPossible() && request.remedies().contains(Remedy.GLIBC))) {
            throw new Problem(
                    WHAT,
                    lack.get().library().path()
                            + " needs "
                            + lack.get().version()
                            + ", the image has glibc "
                            + libc.version().map(Version::toString).orElse("of unknown version")
                            + " and this node "
                            + host.libc().version(),
                    HYBRID);
        }
        return lack.isPresent();
    }

    private static String machine(String machine) {
        return switch (machine) {
            case "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> machine;
        };
    }

    private void addLibraries(Mpi.Library wanted, Installation installation) {
        Library main =
                wanted.standardAbi()
                        ? installation.abi().value().orElse(installation.library())
                        : installation.library();
        Set<String> names = new LinkedHashSet<>(wanted.names());
        names.add(wanted.soname());
        names.add(main.soname());
        if (installation.family().isMpichLike() && !wanted.standardAbi()) {
            names.addAll(List.of("libmpi.so.12", "libmpich.so.12"));
        }
        names.forEach(name -> all.library(main.path(), name));
        all.bind(main.path(), wanted.path());
        for (Mpi.Fortran fortran : wanted.fortran()) {
            installation.fortran().stream()
                    .filter(library -> binding(library.soname()).equals(binding(fortran.soname())))
                    .findFirst()
                    .ifPresent(
                            library -> {
                                all.library(library.path(), fortran.soname());
                                all.bind(library.path(), fortran.path());
                            });
        }
        for (Library library : installation.closure()) {
            if (!isPlugin(installation, library) && !precedence.keepsImages(library)) {
                all.library(
                        library.path(),
                        library.soname().isEmpty() ? library.name() : library.soname());
            }
        }
    }

    /// Which language binding a library is, whoever packaged it.
    private static String binding(String soname) {
        String name = soname.contains(".so") ? soname.substring(0, soname.indexOf(".so")) : soname;
        return name.replace("libmpich", "libmpi").replace("libmpifort", "libmpi_mpifh");
    }

    /// Some drivers of libibverbs are links to a library beside their directory, which others link
    /// with: that one is no plugin.
    private static boolean isPlugin(Installation installation, Library library) {
        return installation.pluginDirectories().stream()
                .anyMatch(directory -> library.file().startsWith(directory + "/"));
    }

    /// Verbs drivers and UCX's modules belong to the libraries of the same node: they are put there
    /// together, at the places that are compiled in.
    private void addFabric() {
        host.fabric().verbs().value().ifPresent(this::addVerbs);
        host.fabric()
                .ucx()
                .value()
                .flatMap(ucx -> ucx.moduleDirectory().value())
                .ifPresent(directory -> all.bind(directory, directory));
        host.fabric()
                .libfabric()
                .value()
                .flatMap(libfabric -> libfabric.providerDirectory().value())
                .ifPresent(directory -> all.bind(directory, directory));
        host.fabric().devices().forEach(device -> all.device(device.path()));
    }

    private void addVerbs(org.amphora.host.Fabric.Verbs verbs) {
        verbs.providerDirectory().value().ifPresent(directory -> all.bind(directory, directory));
        for (Library provider : verbs.providers()) {
            if (!provider.file().equals(provider.path())) {
                all.bind(provider.file(), provider.file());
            }
        }
        if (!verbs.configuration().isEmpty()) {
            all.bind("/etc/libibverbs.d", "/etc/libibverbs.d");
        }
    }
}
