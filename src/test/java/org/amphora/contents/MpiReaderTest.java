// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.amphora.contents.Mpi.Family;
import org.amphora.contents.Mpi.Pmi;
import org.amphora.elf.ElfBuilder;
import org.amphora.elf.Version;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The libraries are made up; `RealLibrariesIT` has those of Debian.
class MpiReaderTest {
    private static final String LIB = "/usr/lib/x86_64-linux-gnu/";

    @TempDir private Path temporary;

    @ParameterizedTest
    @CsvSource({
        "libmpi.so.12.0.7, 1.10.7",
        "libmpi.so.20.10.1, 2.1.1",
        "libmpi.so.40.20.5, 4.0.5",
        "libmpi.so.40.30.4, 4.1.4",
        "libmpi.so.40.40.7, 5.0.7"
    })
    void knowsOpenMpiByItsNumbers(String name, String release) throws IOException {
        Mpi.Library library = only(Tree.debian(temporary).elf(LIB + name, ContentsTest.openMpi()));
        assertThat(library.family()).isEqualTo(Family.OPEN_MPI);
        assertThat(library.version()).contains(Version.parse(release));
    }

    @Test
    void libmpi12IsNotAlwaysMpich() throws IOException {
        Tree tree =
                Tree.debian(temporary)
                        .elf(
                                LIB + "libmpi.so.12.0.7",
                                ElfBuilder.library("libmpi.so.12")
                                        .defines("MPI_Init", "MPI_Send", "ompi_mpi_comm_world"))
                        .elf(
                                "/opt/mpich/lib/libmpi.so.12.1.8",
                                mpich("libmpi.so.12", "3.3.2", "ch3:nemesis", "PMI_FD"));
        List<Mpi.Library> libraries = tree.contents().mpi().libraries();
        assertThat(libraries)
                .extracting(Mpi.Library::family)
                .containsExactly(Family.MPICH, Family.OPEN_MPI);
        assertThat(libraries.getFirst().version()).contains(Version.parse("3.3.2"));
        assertThat(libraries.getFirst().speaks(Pmi.PMI1)).isTrue();
        assertThat(libraries.getFirst().transports()).containsExactly("tcp");
    }

    @Test
    void knowsTheNamesOfOneLibrary() throws IOException {
        Mpi.Library library =
                only(
                        Tree.debian(temporary)
                                .elf(
                                        LIB + "libmpich.so.12.4.1",
                                        mpich("libmpich.so.12", "4.2.1", "ch4:ofi", "PMI_FD"))
                                .link(LIB + "libmpich.so.12", "libmpich.so.12.4.1")
                                .link(LIB + "libmpi.so.12", "libmpich.so.12")
                                .elf(
                                        LIB + "libmpichfort.so.12.4.1",
                                        ElfBuilder.library("libmpichfort.so.12")
                                                .needs("libmpich.so.12")
                                                .needs("libgfortran.so.5")
                                                .defines("mpi_init_")));
        assertThat(library.names())
                .containsExactly("libmpi.so.12", "libmpich.so.12", "libmpich.so.12.4.1");
        assertThat(library.transports()).containsExactly("ofi");
        assertThat(library.fortran()).hasSize(1);
        assertThat(library.fortran().getFirst().runtime()).contains("libgfortran.so.5");
    }

    @Test
    void tellsIntelFromItsTexts() throws IOException {
        Mpi.Library library =
                only(
                        Tree.debian(temporary)
                                .elf(
                                        "/opt/intel/lib/libmpi.so.12.0.0",
                                        mpich(
                                                "libmpi.so.12",
                                                "Intel(R) MPI Library 2021.10 for Linux* OS",
                                                "PMI_FD",
                                                "I_MPI_PMI_LIBRARY")));
        assertThat(library.family()).isEqualTo(Family.INTEL_MPI);
        assertThat(library.speaks(Pmi.PMI2)).isTrue();
    }

    @Test
    void readsProcessManagementFromComponents() throws IOException {
        Mpi.Library library =
                only(
                        Tree.debian(temporary)
                                .elf(LIB + "libmpi.so.40.30.4", ContentsTest.openMpi())
                                .elf(
                                        LIB + "openmpi/lib/openmpi3/mca_pmix_ext3x.so",
                                        ElfBuilder.library("mca_pmix_ext3x.so")
                                                .needs("libpmix.so.2"))
                                .elf(
                                        LIB + "openmpi/lib/openmpi3/mca_pml_ucx.so",
                                        ElfBuilder.library("mca_pml_ucx.so")));
        assertThat(library.plugins()).containsExactly(LIB + "openmpi/lib/openmpi3");
        assertThat(library.speaks(Pmi.PMIX)).isTrue();
        assertThat(library.speaks(Pmi.ORTE)).isTrue();
        assertThat(library.speaks(Pmi.PMI2)).isFalse();
        assertThat(library.transports()).containsExactly("tcp", "ucx");
    }

    @Test
    void listsWhoUsesIt() throws IOException {
        Mpi mpi =
                Tree.debian(temporary)
                        .elf(LIB + "libmpi.so.40.30.4", ContentsTest.openMpi())
                        .elf(
                                "/usr/bin/solver",
                                ElfBuilder.program("/lib64/ld-linux-x86-64.so.2")
                                        .needs("libmpi.so.40")
                                        .wants("MPI_Init", "ompi_mpi_double", "printf"))
                        .elf(
                                "/usr/bin/ompi_info",
                                ElfBuilder.program("/lib64/ld-linux-x86-64.so.2")
                                        .needs("libmpi.so.40"))
                        .elf(
                                "/usr/bin/inside",
                                ElfBuilder.program("/lib64/ld-linux-x86-64.so.2")
                                        .section(
                                                ".strtab",
                                                "\0main\0MPI_Init\0"
                                                        .getBytes(StandardCharsets.UTF_8)))
                        .contents()
                        .mpi();
        assertThat(mpi.programs())
                .extracting(Mpi.Program::path)
                .containsExactly("/usr/bin/inside", "/usr/bin/solver");
        assertThat(mpi.programs().getFirst().isStatic()).isTrue();
        Mpi.Program solver = mpi.programs().getLast();
        assertThat(solver.family()).isEqualTo(Family.OPEN_MPI);
        assertThat(solver.symbols()).containsExactly("MPI_Init");
    }

    private static Mpi.Library only(Tree tree) {
        List<Mpi.Library> libraries = tree.contents().mpi().libraries();
        assertThat(libraries).hasSize(1);
        return libraries.getFirst();
    }

    private static ElfBuilder mpich(String soname, String... texts) {
        return ElfBuilder.library(soname)
                .defines("MPI_Init", "MPI_Send", "MPIR_Err_return_comm")
                .section(
                        ".rodata",
                        ("\0" + String.join("\0", texts) + "\0").getBytes(StandardCharsets.UTF_8));
    }
}
