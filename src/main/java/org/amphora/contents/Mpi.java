// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.elf.Version;

/// The MPI of an image: libraries, what they can talk to, who uses them, and the launchers beside
/// them.
public record Mpi(
        List<Library> libraries,
        List<Program> programs,
        List<Pmix> pmix,
        List<Launcher> launchers) {

    public Mpi {
        libraries = List.copyOf(libraries);
        programs = List.copyOf(programs);
        pmix = List.copyOf(pmix);
        launchers = List.copyOf(launchers);
    }

    /// Whose library it is; by its symbols, for names lie.
    public enum Family {
        OPEN_MPI,
        MPICH,
        INTEL_MPI,
        MVAPICH,
        /// It has the symbols of MPI and no others that are known.
        UNKNOWN
    }

    /// How a rank learns its place among the others.
    public enum Pmi {
        /// PMI-1 over an inherited descriptor.
        PMI1,
        PMI2,
        PMIX,
        /// By the launcher of Open MPI up to 4.1, `mpirun` and its daemons.
        ORTE
    }

    /// A C library of MPI.
    ///
    /// @param path of the file itself
    /// @param names under which it is found, links and the file itself, without directory
    /// @param version of the release, `4.1.4`
    /// @param versionFrom what says so: a file name or a text in the library
    /// @param pmi what it can talk to, with the file or symbol that says so
    /// @param fortran its Fortran libraries
    /// @param plugins directories of components it loads at run time
    /// @param transports `ucx`, `ofi`, `openib`, `psm2`, `tcp`, as components or built in
    /// @param standardAbi whether it has the ABI of MPI 5 (`libmpi_abi.so.1`)
    public record Library(
            String path,
            String soname,
            Set<String> names,
            Family family,
            Optional<Version> version,
            String versionFrom,
            List<PmiClient> pmi,
            List<Fortran> fortran,
            List<String> plugins,
            Set<String> transports,
            boolean standardAbi) {

        public Library {
            names = Ordered.copy(names);
            pmi = List.copyOf(pmi);
            fortran = List.copyOf(fortran);
            plugins = List.copyOf(plugins);
            transports = Ordered.copy(transports);
        }

        public boolean speaks(Pmi kind) {
            return pmi.stream().anyMatch(client -> client.kind() == kind);
        }
    }

    /// A process management interface of a library.
    ///
    /// @param evidence the file, or file and symbol, that says so
    public record PmiClient(Pmi kind, String evidence) {}

    /// A Fortran binding.
    ///
    /// @param runtime SONAME of the compiler's runtime library, `libgfortran.so.5`
    public record Fortran(String path, String soname, Optional<String> runtime) {}

    /// A program or library of the image, not of the MPI, that uses MPI.
    ///
    /// @param library SONAME it asks for; empty when MPI is linked into it
    /// @param family by the symbols it wants; `UNKNOWN` when it wants only those that all have
    /// @param symbols of MPI it wants
    public record Program(
            String path, Optional<String> library, Family family, Set<String> symbols) {
        public Program {
            symbols = Ordered.copy(symbols);
        }

        public boolean isStatic() {
            return library.isEmpty();
        }
    }

    /// A PMIx library.
    public record Pmix(String path, String soname, Optional<Version> version) {}

    /// `mpirun` and the like inside.
    ///
    /// @param target what it is after links: `orterun`, `mpiexec.hydra`, `prterun`
    public record Launcher(String path, String target) {}
}
