// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.host.Host;
import org.amphora.host.Mpi.Launcher;
import org.amphora.host.Mpi.ProcessInterface;

/// A launcher of the node that the ranks' MPI understands.
final class PmiFix {

    private PmiFix() {}

    static Fix of(Situation s, MpiClient client) {
        Host host = s.host();
        LaunchWords words = s.request().launch();
        int ranks = words.ranks().orElse(2);
        boolean slurm =
                words.program().equals("srun")
                        || words.program().isEmpty()
                        || host.resourceManager().kind().orElse("").equals("slurm");
        Optional<String> type = slurm ? mpiType(host, client.speaks()) : Optional.empty();
        if (type.isPresent()) {
            String start = words.program().equals("srun") ? words.words() : "srun -n " + ranks;
            return new Fix.Command(withType(start, type.get()) + " amphora exec IMAGE …");
        }
        Optional<Launcher> other =
                host.mpi().launchers().stream().filter(one -> serves(one, client)).findFirst();
        if (other.isPresent()) {
            return new Fix.Command(other.get().path() + " -n " + ranks + " amphora exec IMAGE …");
        }
        String wanted = client.isOpenMpi() ? "PMIx (pmix)" : MpiClient.words(client.speaks());
        return new Fix.Advice(
                "no launcher of this node gives "
                        + wanted
                        + ": ask the administrator for Slurm's "
                        + (client.isOpenMpi() ? "pmix" : "pmi2")
                        + " plugin, or use an image with another MPI");
    }

    /// The same command line with another `--mpi`.
    static String withType(String words, String type) {
        String without = words.replaceAll("\\s+--mpi(=|\\s+)\\S+", "");
        return without.replaceFirst("^(\\S+)", "$1 --mpi=" + type);
    }

    /// A value for `--mpi` that Slurm has; the plain name where its plugins are not known.
    static Optional<String> mpiType(Host host, Set<ProcessInterface> speaks) {
        List<String> types = host.resourceManager().mpiTypes().orElse(List.of());
        boolean unknown = host.resourceManager().mpiTypes().isUnknown();
        if (speaks.contains(ProcessInterface.PMIX)
                && (unknown || types.stream().anyMatch(type -> type.startsWith("pmix")))) {
            return types.contains("pmix") || types.isEmpty()
                    ? Optional.of("pmix")
                    : types.stream().filter(type -> type.startsWith("pmix")).findFirst();
        }
        boolean old =
                speaks.contains(ProcessInterface.PMI1) || speaks.contains(ProcessInterface.PMI2);
        return old && (unknown || types.contains("pmi2")) ? Optional.of("pmi2") : Optional.empty();
    }

    private static boolean serves(Launcher launcher, MpiClient client) {
        return switch (launcher.kind().orElse("")) {
            case "orte" -> client.isOpenMpi();
            case "prrte" -> client.isOpenMpi() && client.major() >= 5;
            case "hydra" -> client.speaks().contains(ProcessInterface.PMI1);
            default -> false;
        };
    }
}
