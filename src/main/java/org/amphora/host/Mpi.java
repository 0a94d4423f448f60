// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// MPI on the node: libraries, launchers, PMIx.
///
/// @param installations libraries, the one that the linker prefers first
/// @param launchers `mpirun`, `prterun`, `mpiexec.hydra`, `srun` … on PATH and beside installations
/// @param pmix libpmix files
public record Mpi(
        List<Installation> installations, List<Launcher> launchers, List<PmixLibrary> pmix) {

    public Mpi {
        installations = Given.list(installations);
        launchers = Given.list(launchers);
        pmix = Given.list(pmix);
    }

    /// Who made an MPI. By symbols of the library, never by its name: Debian's `libmpi.so.12` may
    /// be Open MPI 1.10.
    public enum Family {
        OPEN_MPI,
        /// MPICH itself, or a descendant that does not say more.
        MPICH,
        INTEL,
        MVAPICH,
        CRAY,
        UNKNOWN;

        /// Whether the MPICH ABI initiative holds for it.
        public boolean isMpichLike() {
            return this == MPICH || this == INTEL || this == MVAPICH || this == CRAY;
        }
    }

    /// How ranks learn who they are.
    public enum ProcessInterface {
        PMI1,
        PMI2,
        PMIX,
        /// Cray's PALS.
        PALS
    }

    /// One MPI that applications of the node link to.
    ///
    /// @param version `4.1.4`; by file name, strings or pkg-config as the family allows
    /// @param evidence which symbols or strings told family and version
    /// @param library the C library
    /// @param names other names of the same library: `libmpich.so.12` beside `libmpi.so.12`
    /// @param fortran the Fortran libraries
    /// @param abi `libmpi_abi.so.1`, the interface of MPI 5
    /// @param interfaces what its ranks can be started by
    /// @param transports fabric software that it was built for: `ucx`, `ofi`, `psm2`, `openib`,
    /// `tcp`
    /// @param pluginDirectories absolute paths that it loads plugins from
    /// @param dataDirectories help texts and settings, `/usr/share/openmpi`, `/etc/openmpi`
    /// @param closure library, plugins and all that they need, the glibc family left out
    /// @param unresolved names that the closure needs and this node lacks
    /// @param functions what programs can call, of C and of Fortran as GNU compilers spell it
    public record Installation(
            Family family,
            Fact<String> version,
            List<String> evidence,
            Library library,
            List<String> names,
            List<Library> fortran,
            Fact<Library> abi,
            List<ProcessInterface> interfaces,
            List<String> transports,
            List<String> pluginDirectories,
            List<String> dataDirectories,
            List<Library> closure,
            List<String> unresolved,
            List<String> functions) {

        public Installation {
            family = family == null ? Family.UNKNOWN : family;
            version = Fact.given(version);
            evidence = Given.list(evidence);
            names = Given.list(names);
            fortran = Given.list(fortran);
            abi = Fact.given(abi);
            interfaces = Given.list(interfaces);
            transports = Given.list(transports);
            pluginDirectories = Given.list(pluginDirectories);
            dataDirectories = Given.list(dataDirectories);
            closure = Given.list(closure);
            unresolved = Given.list(unresolved);
            functions = Given.list(functions);
        }

        /// Those of a program's wishes that this MPI cannot fulfil. Names that it does not list, as
        /// those of other compilers, are not looked for.
        public List<String> lacks(Collection<String> wishes) {
            Set<String> known = new HashSet<>(functions);
            return wishes.stream()
                    .filter(name -> isFunction(name) && !known.contains(name))
                    .sorted()
                    .toList();
        }

        /// `MPI_Send`, `MPIX_Query_cuda_support`, `mpi_send_`.
        static boolean isFunction(String name) {
            if (name.startsWith("mpi_")) {
                return name.endsWith("_") && !name.endsWith("__");
            }
            int at = name.startsWith("MPI_") ? 5 : name.startsWith("MPIX_") ? 6 : name.length();
            return at < name.length() && Character.isLowerCase(name.charAt(at));
        }
    }

    /// A program that starts ranks.
    ///
    /// @param name as it is called: `mpirun`, `mpiexec.hydra`, `srun`
    /// @param path where that is, links unresolved
    /// @param file where links end
    /// @param kind `orte`, `prrte`, `hydra`, `srun`, `flux`, `jsrun`, `aprun`, `pals`; absent when
    ///     the file does not tell
    /// @param version of the MPI, or of Slurm, that it belongs to
    /// @param offers what its ranks are given
    public record Launcher(
            String name,
            String path,
            String file,
            Fact<String> kind,
            Fact<String> version,
            List<ProcessInterface> offers) {

        public Launcher {
            name = Given.text(name);
            path = Given.text(path);
            file = Given.text(file);
            kind = Fact.given(kind);
            version = Fact.given(version);
            offers = Given.list(offers);
        }
    }

    /// A PMIx library.
    ///
    /// @param version `4.2.2`
    public record PmixLibrary(Library library, Fact<String> version) {

        public PmixLibrary {
            version = Fact.given(version);
        }
    }
}
