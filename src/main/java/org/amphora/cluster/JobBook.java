// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.amphora.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What a user has submitted: a file for each job, because managers forget, and know neither the
/// image nor where the output went. Entries are written whole and never changed; an empty file
/// beside one says that the user has cancelled the job.
public final class JobBook {
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Path directory;

    /// One submitted job.
    ///
    /// @param image as the user named it
    /// @param script what the manager was given
    public record Entry(
            String manager, String id, String image, Instant submitted, Path script, Job job) {}

    /// The book of the caller.
    public JobBook(Map<String, String> environment) {
        this.directory = stateDirectory(environment).resolve("jobs");
    }

    /// `XDG_STATE_HOME/amphora`, else `HOME/.local/state/amphora` (XDG base directories 0.8).
    ///
    /// @throws Problem when neither variable names a directory
    static Path stateDirectory(Map<String, String> environment) {
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        String home = environment.getOrDefault("HOME", "");
        if (state.startsWith("/")) {
            return Path.of(state, "amphora");
        }
        if (home.startsWith("/")) {
            return Path.of(home, ".local", "state", "amphora");
        }
        throw new Problem(
                "cannot remember jobs",
                "neither XDG_STATE_HOME nor HOME names a directory",
                "export HOME=$(getent passwd $(id -u) | cut -d: -f6)");
    }

    /// Where the script of a new job may lie; nodes see it where they see the home directory.
    public Path newScript(Job job) {
        return directory.resolve("scripts").resolve(job.name() + "." + unique() + ".sh");
    }

    /// For the names of this process's files; the random numbers of the JDK take 10 ms to begin.
    private static String unique() {
        return Long.toHexString(System.currentTimeMillis())
                + "."
                + ProcessHandle.current().pid()
                + "."
                + Long.toHexString(System.nanoTime());
    }

    /// Does in the background what the first {@link #add} of a process takes longest for, while
    /// the manager is asked.
    public void prepare(Entry entry) {
        Thread.ofPlatform()
                .daemon()
                .start(
                        () -> {
                            var _ = MAPPER.writeValueAsString(entry);
                        });
    }

    public void add(Entry entry) {
        Path file = directory.resolve(fileName(entry, entry.id()) + ".json");
        try {
            Files.createDirectories(directory);
            Path beside = directory.resolve(".new." + unique());
            Files.writeString(beside, MAPPER.writeValueAsString(entry));
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new Problem(
                    "cannot remember job " + entry.id(),
                    "the job is submitted, but not in " + directory + ": " + e.getMessage(),
                    "check space and rights; the manager's own commands know the job",
                    e);
        }
    }

    /// All jobs, the newest first; files that are no entries are passed over.
    public List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(name -> name.toString().endsWith(".json")).toList()) {
                read(file).ifPresent(entries::add);
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the list of jobs",
                    String.valueOf(e.getMessage()),
                    "ls -l " + directory,
                    e);
        }
        entries.sort(Comparator.comparing(Entry::submitted).reversed());
        return entries;
    }

    /// Notes that the user has ended a job, or an element: not every manager tells that from an end
    /// by a signal, and some forget at once what had not started.
    void noteCancelled(Entry entry, String id) {
        Path file = cancelled(entry, id);
        try {
            Files.createDirectories(directory);
            Files.writeString(file, "");
        } catch (IOException e) {
            throw new Problem(
                    "cannot remember that job " + id + " was cancelled",
                    "it is cancelled, but " + file + " cannot be written: " + e.getMessage(),
                    "check space and rights of " + directory,
                    e);
        }
    }

    /// Whether the user has ended it, by itself or with its array.
    boolean isCancelled(Entry entry, String id) {
        return Files.exists(cancelled(entry, id)) || Files.exists(cancelled(entry, entry.id()));
    }

    private Path cancelled(Entry entry, String id) {
        return directory.resolve(fileName(entry, id) + ".cancelled");
    }

    private static String fileName(Entry entry, String id) {
        return entry.manager() + " " + id.replace('/', '_');
    }

    private static Optional<Entry> read(Path file) {
        try {
            return Optional.of(MAPPER.readValue(Files.readString(file), Entry.class));
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// The newest job of that id, or the array that it is an element of.
    public Optional<Entry> find(String id) {
        return entries().stream()
                .filter(entry -> id.equals(entry.id()) || isElement(id, entry.id()))
                .findFirst();
    }

    private static boolean isElement(String id, String array) {
        String base = array.replaceFirst("\\[].*", "");
        return id.startsWith(base + "_") || id.startsWith(base + ".") || id.startsWith(base + "[");
    }

    static String json(Job job) {
        return MAPPER.writeValueAsString(job);
    }

    static Job job(String json) throws IOException {
        try {
            return MAPPER.readValue(json, Job.class);
        } catch (JacksonException e) {
            throw new IOException("no job: " + e.getOriginalMessage(), e);
        }
    }
}
