// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// A running process that a launcher has started as one of several, as /proc shows it (proc(5)).
///
/// @param environment with which it was started
/// @param libraries paths of the shared libraries that it has loaded
/// @param segments shared memory that it can write to, path by device and inode: processes that
///     show the same one talk through it
/// @param readsPmix whether it has mapped the data that a PMIx server offers
/// @param threads how many
/// @param connections of its TCP sockets
/// @param listens whether it waits for others on a TCP socket
/// @param devices device files that it has open
/// @param descriptors numbers of its open files
/// @param userNamespace `user:[4026531837]`
record Rank(
        long pid,
        Map<String, String> environment,
        Set<String> libraries,
        Map<String, String> segments,
        boolean readsPmix,
        int threads,
        List<Connection> connections,
        boolean listens,
        Set<String> devices,
        Set<String> descriptors,
        String userNamespace) {

    /// What names the rank, launcher by launcher; the innermost launcher first.
    private static final List<String> RANK =
            List.of(
                    "OMPI_COMM_WORLD_RANK",
                    "PMIX_RANK",
                    "PMI_RANK",
                    "FLUX_TASK_RANK",
                    "PALS_RANKID",
                    "SLURM_PROCID");

    private static final List<String> SIZE =
            List.of(
                    "OMPI_COMM_WORLD_SIZE",
                    "PMI_SIZE",
                    "FLUX_JOB_SIZE",
                    "SLURM_STEP_NUM_TASKS",
                    "SLURM_NTASKS");

    private static final List<String> MPI = List.of("libmpi.so", "libmpich.so", "libmpi_abi.so");

    /// An established connection, addresses as the kernel writes them.
    record Connection(String local, String remote, int remotePort) {

        /// Whether the other end is on another machine.
        boolean leavesNode() {
            boolean loopback =
                    remote.length() == 8 ? remote.endsWith("7F") : remote.endsWith("0100007F");
            return !loopback && !remote.equals(local);
        }
    }

    Rank {
        environment = Map.copyOf(environment);
        libraries = Set.copyOf(libraries);
        segments = Map.copyOf(segments);
        connections = List.copyOf(connections);
        devices = Set.copyOf(devices);
        descriptors = Set.copyOf(descriptors);
    }

    /// Reads one.
    ///
    /// @param proc `/proc`
    /// @return empty when there is no such process, or it may not be looked at
    static Optional<Rank> read(Path proc, long pid) {
        Path process = proc.resolve(Long.toString(pid));
        try {
            Map<String, String> segments = new HashMap<>();
            Set<String> libraries = new TreeSet<>();
            boolean readsPmix = readMaps(process, segments, libraries);
            Set<String> devices = new TreeSet<>();
            Set<String> descriptors = new HashSet<>();
            Set<String> sockets = new HashSet<>();
            readDescriptors(process, descriptors, devices, sockets);
            List<Connection> connections = new ArrayList<>();
            boolean listens = readSockets(process, sockets, connections);
            return Optional.of(
                    new Rank(
                            pid,
                            environment(process),
                            libraries,
                            segments,
                            readsPmix,
                            count(process.resolve("task")),
                            connections,
                            listens,
                            devices,
                            descriptors,
                            Files.readSymbolicLink(process.resolve("ns/user")).toString()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Map<String, String> environment(Path process) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String entry : text(process.resolve("environ")).split("\0")) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                environment.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return environment;
    }

    /// Lines of `address perms offset dev inode path`.
    private static boolean readMaps(
            Path process, Map<String, String> segments, Set<String> libraries) throws IOException {
        boolean pmix = false;
        for (String line : text(process.resolve("maps")).split("\n")) {
            String[] fields = line.split(" +", 6);
            if (fields.length < 6) {
                continue;
            }
            String path = fields[5];
            boolean shared = fields[1].endsWith("s");
            if (shared && path.contains("pmix")) {
                pmix = true;
            } else if (shared
                    && fields[1].contains("w")
                    && (path.startsWith("/dev/shm/") || path.startsWith("/SYSV"))) {
                segments.put(fields[3] + " " + fields[4], path);
            } else if (path.contains(".so")) {
                libraries.add(path);
            }
        }
        return pmix;
    }

    private static void readDescriptors(
            Path process, Set<String> descriptors, Set<String> devices, Set<String> sockets)
            throws IOException {
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            for (Path file : files.toList()) {
                descriptors.add(String.valueOf(file.getFileName()));
                String target = target(file);
                if (target.startsWith("socket:[")) {
                    sockets.add(target.substring("socket:[".length(), target.length() - 1));
                } else if (target.startsWith("/dev/")) {
                    devices.add(target);
                }
            }
        }
    }

    /// Descriptors come and go while they are looked at.
    private static String target(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /// States `01` and `0A` of `include/net/tcp_states.h`: established, listening.
    private static boolean readSockets(
            Path process, Set<String> sockets, List<Connection> connections) throws IOException {
        boolean listens = false;
        for (String table : List.of("net/tcp", "net/tcp6")) {
            for (String line : text(process.resolve(table)).split("\n")) {
                String[] fields = line.strip().split(" +");
                if (fields.length <= 9 || !sockets.contains(fields[9])) {
                    continue;
                }
                if (fields[3].equals("01")) {
                    String[] local = fields[1].split(":");
                    String[] remote = fields[2].split(":");
                    connections.add(
                            new Connection(local[0], remote[0], Integer.parseInt(remote[1], 16)));
                }
                listens |= fields[3].equals("0A");
            }
        }
        return listens;
    }

    private static int count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return (int) entries.count();
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /// Its number; empty when no launcher has given one.
    String number() {
        return first(RANK);
    }

    /// How many the launcher has started; 1 when it does not say.
    int expected() {
        return number(first(SIZE), 1);
    }

    /// How many nodes they are on; 1 when nobody says.
    int nodes() {
        return number(first(List.of("SLURM_STEP_NUM_NODES", "SLURM_NNODES", "FLUX_JOB_NNODES")), 1);
    }

    private String first(List<String> names) {
        for (String name : names) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                return value;
            }
        }
        return "";
    }

    private static int number(String text, int otherwise) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    /// The MPI library that it has loaded; empty as long as there is none.
    Optional<String> mpi() {
        return libraries.stream()
                .filter(path -> MPI.stream().anyMatch(start -> name(path).startsWith(start)))
                .findFirst();
    }

    /// Whether that is an Open MPI.
    boolean isOpenMpi() {
        return hasLibrary("libopen-pal.so") || hasLibrary("libopen_mpi.so");
    }

    boolean hasLibrary(String start) {
        return libraries.stream().anyMatch(path -> name(path).startsWith(start));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /// Whether it shares memory with that one.
    boolean sharesMemoryWith(Rank other) {
        return segments.keySet().stream().anyMatch(other.segments::containsKey);
    }
}
