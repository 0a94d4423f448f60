// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.amphora.problem.Problem;

/// What was seen of one rank and those beside it on its node: whether its MPI has met the others,
/// by which way messages go, and what else makes a job slow without anybody saying so.
///
/// Nothing is preloaded and nobody is asked: a rank that has met the others holds a connection to
/// the launcher's PMIx server, or its PMI descriptor, or shares memory with its neighbours; one
/// that has not is alone with all it has. `docs/gpu-and-mpi.md` says what each line means.
///
/// @param rank its number; empty when no launcher has given one
/// @param world how many ranks its MPI knows, as far as that shows: all, or 1; 0 while it has not
///     begun
/// @param expected how many were started
/// @param lines for people
/// @param failure why it is no use to go on; empty when all is well or nothing is certain
public record Proof(
        String rank, int world, int expected, List<String> lines, Optional<Problem> failure) {
    private static final String CHECK = "amphora check IMAGE --for 'LAUNCHER WORDS' names one";

    public Proof {
        lines = List.copyOf(lines);
    }

    /// Judges.
    ///
    /// @param neighbours the other ranks of the same program on this node
    /// @param fabrics devices of this node with an active port: `mlx5_0`
    static Proof of(Rank rank, List<Rank> neighbours, List<String> fabrics) {
        if (rank.mpi().isEmpty() || !hasBegun(rank)) {
            return new Proof(rank.number(), 0, rank.expected(), List.of(), Optional.empty());
        }
        List<Rank> met = neighbours.stream().filter(rank::sharesMemoryWith).toList();
        String evidence = evidence(rank, met.size());
        int world = evidence.isEmpty() ? 1 : rank.expected();
        boolean alone = world < rank.expected();
        List<String> lines = new ArrayList<>();
        lines.add(
                "world      "
                        + world
                        + " of "
                        + rank.expected()
                        + (evidence.isEmpty() ? ": nothing leads to the others" : ": " + evidence));
        lines.add("library    " + rank.mpi().orElse(""));
        List<String> open = Transports.fabric(rank);
        lines.add("transport  " + Transports.text(rank, open, !met.isEmpty()));
        lines.add("cma        " + cma(rank, met));
        lines.add("gpu        " + Transports.gpu(rank));
        Optional<Problem> failure = Optional.empty();
        if (alone) {
            failure = Optional.of(alone(rank));
        } else if (rank.nodes() > 1 && !fabrics.isEmpty() && open.isEmpty()) {
            failure = Optional.of(slow(rank, fabrics));
        }
        return new Proof(rank.number(), world, rank.expected(), lines, failure);
    }

    /// MPI_Init of Open MPI and of MPICH with UCX starts threads, and every MPI shares memory when
    /// it has neighbours. MPICH's ch3 (before version 4) does none of that in a process alone, but
    /// listens for others.
    private static boolean hasBegun(Rank rank) {
        return rank.threads() > 1
                || !rank.segments().isEmpty()
                || rank.readsPmix()
                || rank.listens() && !rank.isOpenMpi();
    }

    /// How it is known that the rank has met the others; empty when nothing says so.
    private static String evidence(Rank rank, int neighbours) {
        if (neighbours > 0) {
            return "it shares memory with " + neighbours + " on this node";
        }
        if (rank.readsPmix() || isConnected(rank)) {
            return "it is connected to the launcher's PMIx server";
        }
        boolean speaksPmi =
                !rank.isOpenMpi() || rank.hasLibrary("libpmi.so") || rank.hasLibrary("libpmi2.so");
        String descriptor = rank.environment().getOrDefault("PMI_FD", "");
        if (speaksPmi && rank.descriptors().contains(descriptor)) {
            return "it holds the launcher's PMI descriptor";
        }
        return rank.hasLibrary("libpals.so") ? "it uses PALS" : "";
    }

    /// `PMIX_SERVER_URI4` is `NAME;tcp4://127.0.0.1:34725`.
    private static boolean isConnected(Rank rank) {
        for (var variable : rank.environment().entrySet()) {
            String value = variable.getValue();
            if (!variable.getKey().startsWith("PMIX_SERVER_URI")) {
                continue;
            }
            String port = value.substring(value.lastIndexOf(':') + 1);
            if (rank.connections().stream()
                    .anyMatch(one -> Integer.toString(one.remotePort()).equals(port))) {
                return true;
            }
        }
        return false;
    }

    private static String cma(Rank rank, List<Rank> met) {
        if (met.isEmpty()) {
            return "no rank beside it on this node";
        }
        boolean same =
                met.stream().allMatch(one -> one.userNamespace().equals(rank.userNamespace()));
        return same
                ? "possible: the ranks of this node share one user namespace"
                : "not possible: the ranks are in different user namespaces (--no-join?)";
    }

    private static Problem alone(Rank rank) {
        return new Problem(
                "the ranks do not see each other",
                rank.expected()
                        + " were started, but the MPI of rank "
                        + rank.number()
                        + " ("
                        + rank.mpi().orElse("")
                        + ") believes to be the only one: "
                        + offered(rank)
                        + ", and it uses none of that",
                "take a launcher that this MPI understands: " + CHECK);
    }

    private static String offered(Rank rank) {
        List<String> offers = new ArrayList<>();
        if (rank.environment().keySet().stream().anyMatch(name -> name.startsWith("PMIX_SERVER"))) {
            offers.add("PMIx");
        }
        if (rank.environment().containsKey("PMI_FD")) {
            offers.add("PMI");
        }
        return offers.isEmpty()
                ? "its launcher offers neither PMI nor PMIx"
                : "its launcher offers " + String.join(" and ", offers);
    }

    private static Problem slow(Rank rank, List<String> fabrics) {
        return new Problem(
                "messages between the nodes go through TCP",
                "this node has an active fabric ("
                        + String.join(", ", fabrics)
                        + "), but rank "
                        + rank.number()
                        + " ("
                        + rank.mpi().orElse("")
                        + ") has opened none of its devices",
                "take this node's MPI (--mpi=bind), or see what amphora check says of the image");
    }
}
