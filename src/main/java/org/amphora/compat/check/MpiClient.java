// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;
import org.amphora.host.Mpi.Family;
import org.amphora.host.Mpi.Installation;
import org.amphora.host.Mpi.ProcessInterface;

/// The MPI that the ranks will use: the image's, or the node's where that takes its place.
///
/// @param speaks by which interfaces it can learn its place
record MpiClient(
        boolean isOpenMpi,
        String name,
        Optional<Version> version,
        Set<ProcessInterface> speaks,
        Evidence evidence) {

    /// Empty when there is none.
    static Optional<MpiClient> of(Situation s) {
        if (s.bindsMpi()) {
            return s.nodeMpi().map(MpiClient::of);
        }
        return s.imageMpi().filter(one -> one.family() != Mpi.Family.UNKNOWN).map(MpiClient::of);
    }

    int major() {
        return version.map(Version::major).orElse(0);
    }

    private static MpiClient of(Installation installation) {
        Optional<Version> version = installation.version().value().flatMap(Version::leading);
        Set<ProcessInterface> speaks = EnumSet.noneOf(ProcessInterface.class);
        speaks.addAll(installation.interfaces());
        String name = words(installation.family()) + number(version);
        return new MpiClient(
                installation.family() == Family.OPEN_MPI,
                name,
                version,
                speaks,
                new Evidence(installation.library().path(), name + ", speaks " + words(speaks)));
    }

    private static MpiClient of(Mpi.Library library) {
        Set<ProcessInterface> speaks = EnumSet.noneOf(ProcessInterface.class);
        for (Mpi.PmiClient client : library.pmi()) {
            switch (client.kind()) {
                case PMI1 -> speaks.add(ProcessInterface.PMI1);
                case PMI2 -> speaks.add(ProcessInterface.PMI2);
                case PMIX -> speaks.add(ProcessInterface.PMIX);
                // Its launcher also serves PMIx, which decides.
                case ORTE -> {}
            }
        }
        String name = words(library.family()) + number(library.version());
        return new MpiClient(
                library.family() == Mpi.Family.OPEN_MPI,
                name,
                library.version(),
                speaks,
                Evidence.image(library.path(), name + ", speaks " + words(speaks)));
    }

    static String words(Set<ProcessInterface> interfaces) {
        StringBuilder words = new StringBuilder();
        for (ProcessInterface one : EnumSet.allOf(ProcessInterface.class)) {
            if (interfaces.contains(one)) {
                words.append(words.isEmpty() ? "" : ", ");
                words.append(
                        switch (one) {
                            case PMI1 -> "PMI-1";
                            case PMI2 -> "PMI-2";
                            case PMIX -> "PMIx";
                            case PALS -> "PALS";
                        });
            }
        }
        return words.isEmpty() ? "no process interface" : words.toString();
    }

    private static String words(Mpi.Family family) {
        return switch (family) {
            case OPEN_MPI -> "Open MPI";
            case MPICH -> "MPICH";
            case INTEL_MPI -> "Intel MPI";
            case MVAPICH -> "MVAPICH";
            case UNKNOWN -> "an unknown MPI";
        };
    }

    static String words(Family family) {
        return switch (family) {
            case OPEN_MPI -> "Open MPI";
            case MPICH -> "MPICH";
            case INTEL -> "Intel MPI";
            case MVAPICH -> "MVAPICH";
            case CRAY -> "Cray MPICH";
            case UNKNOWN -> "an unknown MPI";
        };
    }

    private static String number(Optional<Version> version) {
        return version.map(known -> " " + known).orElse("");
    }
}
