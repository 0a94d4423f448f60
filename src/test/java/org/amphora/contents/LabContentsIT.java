// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.amphora.Lab;
import org.amphora.contents.Mpi.Family;
import org.amphora.contents.Mpi.Pmi;
import org.amphora.elf.Version;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Facts of real Debian releases; what is expected are the versions of their packages.
class LabContentsIT {

    @ParameterizedTest
    @CsvSource({
        "bullseye-openmpi, 11, 2.31, OPEN_MPI, 4.1.0, libmpi.so.40, ORTE PMIX, ofi openib ucx",
        "bookworm-openmpi, 12, 2.36, OPEN_MPI, 4.1.4, libmpi.so.40, ORTE PMIX, ofi openib ucx",
        "trixie-openmpi, 13, 2.41, OPEN_MPI, 5.0.7, libmpi.so.40, PMIX, ofi psm2 ucx",
        "bullseye-mpich, 11, 2.31, MPICH, 3.4.1, libmpich.so.12, PMI1, tcp",
        "bookworm-mpich, 12, 2.36, MPICH, 4.0.2, libmpich.so.12, PMI1, ucx",
        "trixie-mpich, 13, 2.41, MPICH, 4.2.1, libmpich.so.12, PMI1, ucx"
    })
    void knowsTheMpiOfEachRelease(
            String part,
            String debian,
            String glibc,
            Family family,
            String release,
            String soname,
            String pmi,
            String transports) {
        Contents contents = Contents.of(Lab.root(part));

        assertThat(contents.distribution().orElseThrow().id()).isEqualTo("debian");
        assertThat(contents.distribution().orElseThrow().name()).contains(debian);
        assertThat(contents.libc().kind()).isEqualTo(Libc.Kind.GLIBC);
        assertThat(contents.libc().version()).contains(Version.parse(glibc));
        assertThat(contents.libc().kernel()).contains(Version.parse("3.2.0"));
        List<Mpi.Library> libraries = contents.mpi().libraries();
        assertThat(libraries).hasSize(1);
        Mpi.Library library = libraries.getFirst();
        assertThat(library.family()).isEqualTo(family);
        assertThat(library.version()).contains(Version.parse(release));
        assertThat(library.soname()).isEqualTo(soname);
        assertThat(library.pmi().stream().map(Mpi.PmiClient::kind))
                .containsAll(Stream.of(pmi.split(" ")).map(Pmi::valueOf).toList());
        assertThat(library.speaks(Pmi.PMIX)).isEqualTo(pmi.contains("PMIX"));
        assertThat(library.transports()).contains(transports.split(" "));
        assertThat(contents.mpi().programs())
                .filteredOn(program -> program.path().endsWith("/mpi-probe"))
                .hasSize(1)
                .allMatch(program -> program.family() == family)
                .allMatch(program -> program.symbols().contains("MPI_Init"));
    }

    @Test
    void knowsPmixAndTheFabricLibraries() {
        Contents contents = Contents.of(Lab.root("trixie-openmpi"));
        assertThat(contents.mpi().pmix().getFirst().version()).contains(Version.parse("5.0.7"));
        Fabric.Verbs verbs = contents.fabric().verbs().orElseThrow();
        assertThat(verbs.privateAbi()).isEqualTo(OptionalInt.of(34));
        assertThat(verbs.providers())
                .extracting(Fabric.Provider::name)
                .contains("mlx5", "mlx4", "efa", "irdma");
        Fabric.Libfabric libfabric = contents.fabric().libfabric().orElseThrow();
        assertThat(libfabric.version()).contains(Version.parse("1.8"));
        assertThat(libfabric.needed()).isPresent();
        assertThat(libfabric.providers()).contains("verbs", "efa").doesNotContain("cxi");
        assertThat(contents.fabric().ucx().orElseThrow().modules()).contains("ib", "cma");
        assertThat(contents.mpi().launchers()).extracting(Mpi.Launcher::target).contains("prte");
    }

    @Test
    void seesTheFaultsOfTheLab() {
        Contents contents = Contents.of(Lab.root("trixie-openmpi"));
        assertThat(contents.machine().architecture()).contains("amd64");
        assertThat(contents.machine().others())
                .extracting(Machine.Other::path)
                .contains("/opt/faults/foreign");
        assertThat(contents.binaries().executableStacks()).contains("/opt/faults/libstack.so");
        assertThat(contents.binaries().levels())
                .contains(new Binaries.Level("/opt/faults/level-4", 4));
        assertThat(contents.binaries().kernelFloors())
                .filteredOn(floor -> floor.path().equals("/opt/faults/libnewer.so"))
                .hasSize(1)
                .allMatch(floor -> floor.neededBy().contains("/opt/faults/needs-newer"));
    }

    @Test
    void knowsMusl() {
        Contents contents = Contents.of(Lab.root("musl"));
        assertThat(contents.libc().kind()).isEqualTo(Libc.Kind.MUSL);
        assertThat(contents.libc().version()).isPresent();
    }
}
