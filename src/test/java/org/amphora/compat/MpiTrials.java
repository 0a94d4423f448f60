// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.Lab;
import org.amphora.compat.Trial.Outcome;

/// Every launcher of this machine, and Open MPI 5's on a node with Debian 13, with every MPI
/// library of the lab.
final class MpiTrials {

    private static final List<String> IMAGES =
            List.of(
                    "bullseye-openmpi",
                    "bookworm-openmpi",
                    "trixie-openmpi",
                    "bullseye-mpich",
                    "bookworm-mpich",
                    "trixie-mpich");

    /// What happens, measured, for each of the images.
    private static final String MATRIX =
            """
            mpirun.openmpi                    runs       runs       runs       singletons singletons singletons
            debian13: mpirun.openmpi          fails      fails      runs       singletons singletons singletons
            mpiexec.hydra                     singletons singletons singletons runs       runs       runs
            srun --mpi=pmix                   runs       runs       runs       singletons singletons singletons
            srun --mpi=pmi2                   fails      fails      singletons runs       runs       runs
            srun --mpi=none                   fails      fails      singletons singletons singletons singletons
            """;

    private MpiTrials() {}

    /// The trials.
    ///
    /// @param node the Slurm node that ranks are to run on
    static List<Trial> all(String node) {
        List<Trial> trials = new ArrayList<>();
        for (String line : MATRIX.lines().toList()) {
            List<String> words = List.of(line.split(" +"));
            int truths = words.size() - IMAGES.size();
            for (int image = 0; image < IMAGES.size(); image++) {
                trials.add(
                        trial(
                                words.subList(0, truths),
                                IMAGES.get(image),
                                Outcome.of(words.get(truths + image)),
                                node));
            }
        }
        for (String image : IMAGES.subList(0, 2)) {
            trials.add(
                    trial(List.of("debian13:", "mpirun.openmpi"), image, Outcome.RUNS, node)
                            .options("--mpi=hybrid")
                            .notes("MPI-OMPI5-LAUNCH-4"));
        }
        trials.addAll(bound(node));
        return trials;
    }

    /// This machine's MPI over that of the image. Programs of Open MPI 5 do not run with 4.
    private static List<Trial> bound(String node) {
        List<Trial> trials = new ArrayList<>();
        for (String image : IMAGES) {
            boolean open = image.endsWith("openmpi");
            Trial trial =
                    trial(
                                    List.of(open ? "mpirun.openmpi" : "mpiexec.hydra"),
                                    image,
                                    Outcome.RUNS,
                                    node)
                            .options("--mpi=bind");
            trials.add(image.equals("trixie-openmpi") ? trial.fails("MPI-SYMBOLS") : trial);
        }
        return trials;
    }

    private static Trial trial(List<String> start, String image, Outcome truth, String node) {
        Trial trial =
                new Trial(
                        String.join(" ", start) + " with " + image,
                        image,
                        "exchanged 4194304 bytes",
                        "mpi-probe");
        List<String> words = new ArrayList<>(start);
        if (words.remove("debian13:")) {
            trial.onNode(
                    Path.of("setup/as-node").toAbsolutePath().toString(),
                    Lab.root("trixie-openmpi").toString());
        }
        words.addAll(
                switch (words.getFirst()) {
                    case "srun" -> List.of("-N", "1", "-w", node);
                    case "mpirun.openmpi" -> List.of("--oversubscribe");
                    default -> List.of();
                });
        words.addAll(List.of("-n", "2"));
        // Its two failures have a cause and a fix of their own.
        boolean newer = start.contains("debian13:") && truth == Outcome.FAILS;
        return trial.under(words).ends(truth, newer ? "MPI-OMPI5-LAUNCH-4" : "MPI-PMI-PAIR");
    }
}
