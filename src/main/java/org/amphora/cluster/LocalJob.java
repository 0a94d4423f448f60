// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.amphora.problem.Problem;

/// A job of the local queue, or one element of an array: a folder named by its id.
///
/// - `job.json`, `script`: what was asked; the folder is complete when it has its name.
/// - `process`: process id and start time, once it runs.
/// - `times`, `exit`: the processor time and the status of what has ended.
/// - `cancelled`, `timeout`, `memory`, `blocked`: why somebody ended it, or why it will never
///   start.
record LocalJob(Path directory, String id, Job job) {

    static final String CANCELLED = "cancelled";
    static final String TIMEOUT = "timeout";
    static final String MEMORY = "memory";
    static final String BLOCKED = "blocked";

    /// `USER_HZ`, the unit of times in `/proc/PID/stat`, is 100 on every Linux that runs Java.
    private static final double TICKS_PER_SECOND = 100;

    /// Runs the script with its output in a file, and keeps what it ends with. A signal to the
    /// whole group must not take this shell before it has written that down, so it catches it,
    /// which its children do not inherit.
    private static final String RUNNER =
            """
            trap : TERM INT HUP
            echo $$ "$(cut -d' ' -f22 /proc/$$/stat)" >process.new && mv process.new process
            sh ./script </dev/null >"$1" 2>"$2" &
            child=$!
            wait "$child"; status=$?
            while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
            times >times
            echo "$status" >exit.new && mv exit.new exit
            """;

    /// Adds a job, of an array each element, and gives its id.
    static String add(Path queue, Job job, String script) throws IOException {
        Files.createDirectories(queue.resolve("jobs"));
        try (FileChannel lock = lock(queue.resolve("submit.lock"))) {
            lock.lock();
            int number = next(queue);
            List<String> indices = new ArrayList<>();
            job.array()
                    .ifPresentOrElse(
                            array -> {
                                for (int i = array.first(); i <= array.last(); i += array.step()) {
                                    indices.add("_" + i);
                                }
                            },
                            () -> indices.add(""));
            for (String index : indices) {
                Path made = Files.createTempDirectory(queue, "new");
                Files.writeString(made.resolve("job.json"), JobBook.json(job));
                String export =
                        index.isEmpty()
                                ? ""
                                : "export LOCAL_ARRAY_INDEX=" + index.substring(1) + "\n";
                Files.writeString(
                        made.resolve("script"),
                        "export LOCAL_JOB_ID=" + number + index + "\n" + export + script);
                Files.move(
                        made,
                        queue.resolve("jobs").resolve(number + index),
                        StandardCopyOption.ATOMIC_MOVE);
            }
            return Integer.toString(number);
        }
    }

    static FileChannel lock(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static int next(Path queue) throws IOException {
        Path file = queue.resolve("last-id");
        int last = 0;
        try {
            last = Numbers.parse(Files.readString(file)).orElse(0);
        } catch (NoSuchFileException e) {
            // The first job of this queue.
            last = 0;
        }
        Files.writeString(file, Integer.toString(last + 1));
        return last + 1;
    }

    /// All jobs, the oldest first.
    static List<LocalJob> all(Path queue) {
        List<LocalJob> jobs = new ArrayList<>();
        try (Stream<Path> folders = Files.list(queue.resolve("jobs"))) {
            for (Path folder : folders.toList()) {
                jobs.add(
                        new LocalJob(
                                folder,
                                folder.getFileName().toString(),
                                JobBook.job(Files.readString(folder.resolve("job.json")))));
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | UncheckedIOException e) {
            throw new Problem(
                    "cannot read the local queue",
                    String.valueOf(e.getMessage()),
                    "ls -l " + queue.resolve("jobs"),
                    e);
        }
        jobs.sort(Comparator.comparingInt(LocalJob::number).thenComparingInt(LocalJob::index));
        return jobs;
    }

    int number() {
        return Numbers.parse(id.split("_", 2)[0]).orElse(0);
    }

    int index() {
        int underscore = id.indexOf('_');
        return underscore < 0 ? 0 : Numbers.parse(id.substring(underscore + 1)).orElse(0);
    }

    /// Whether this is that job, or an element of that array.
    boolean belongsTo(String wanted) {
        return id.equals(wanted) || id.startsWith(wanted + "_");
    }

    JobStatus status() {
        OptionalInt exit = Numbers.parse(text("exit").orElse(""));
        if (exit.isPresent()) {
            int code = exit.getAsInt();
            JobState state = code == 0 ? JobState.COMPLETED : JobState.FAILED;
            JobStatus status = endedBy(state, "ended");
            return code > 128 ? status.killed(code - 128) : status.exited(code);
        }
        if (isAlive()) {
            return JobStatus.of(id, isEnding() ? JobState.COMPLETING : JobState.RUNNING, "running");
        }
        if (text("process").isPresent()) {
            return endedBy(JobState.NODE_FAILED, "lost")
                    .because("its process is gone and left no exit status");
        }
        if (has(BLOCKED)) {
            return JobStatus.of(id, JobState.CANCELLED, "blocked")
                    .because(text(BLOCKED).orElse(""));
        }
        return endedBy(JobState.QUEUED, "waiting");
    }

    /// Once it has ended by itself or was killed: from when to when the files are.
    Optional<Account> account() {
        return time("exit")
                .map(
                        end ->
                                new Account(
                                        status(),
                                        time("process"),
                                        Optional.of(end),
                                        text("times").flatMap(LocalJob::ofChildren),
                                        OptionalLong.empty(),
                                        List.of()));
    }

    /// The second line of `times` (POSIX, "Special Built-In Utilities") is about what the shell has
    /// started: `0m1.25s 0m0.50s`, user and system.
    private static Optional<Duration> ofChildren(String times) {
        String[] lines = times.replace('m', ':').split("\n");
        return lines.length < 2
                ? Optional.empty()
                : Stream.of(lines[1].split(" "))
                        .flatMap(word -> Numbers.time(word).stream())
                        .reduce(Duration::plus);
    }

    private Optional<Instant> time(String name) {
        try {
            return Optional.of(Files.getLastModifiedTime(directory.resolve(name)).toInstant());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private JobStatus endedBy(JobState otherwise, String word) {
        if (has(CANCELLED)) {
            return JobStatus.of(id, JobState.CANCELLED, CANCELLED);
        }
        if (has(MEMORY)) {
            return JobStatus.of(id, JobState.OUT_OF_MEMORY, MEMORY)
                    .because(text(MEMORY).orElse(""));
        }
        return has(TIMEOUT)
                ? JobStatus.of(id, JobState.TIMEOUT, TIMEOUT)
                : JobStatus.of(id, otherwise, word);
    }

    /// Whether somebody has asked it to end.
    boolean isEnding() {
        return has(CANCELLED) || has(TIMEOUT) || has(MEMORY);
    }

    boolean has(String mark) {
        return Files.exists(directory.resolve(mark));
    }

    /// Notes why a job ends, or will never start, and asks its processes to.
    void end(String mark) {
        end(mark, "");
    }

    void end(String mark, String why) {
        if (status().state().isFinal()) {
            return;
        }
        try {
            Files.writeString(directory.resolve(mark), why);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        signal("TERM");
    }

    /// To the whole group of the job's processes.
    void signal(String name) {
        pid().filter(pid -> isAlive())
                .ifPresent(
                        pid ->
                                org.amphora.process.Command.of("kill", "-s", name, "--", "-" + pid)
                                        .run());
    }

    /// Kills what it runs at once, and leaves the shell that writes down how that ended.
    void kill() {
        pid().map(Long::valueOf)
                .ifPresent(
                        shell ->
                                LocalProcesses.ofSession(shell).stream()
                                        .filter(pid -> !pid.equals(shell))
                                        .flatMap(pid -> ProcessHandle.of(pid).stream())
                                        .forEach(ProcessHandle::destroyForcibly));
    }

    /// The memory that its processes have now, what they share counted once.
    long memoryInBytes() {
        return pid().map(Long::valueOf)
                .map(LocalProcesses::ofSession)
                .map(LocalProcesses::memoryInBytes)
                .orElse(0L);
    }

    /// Starts it, in a session of its own, so that it does not end with its keeper.
    void start() throws IOException {
        String output = outputFile(job, id);
        String error = job.error().map(pattern -> file(job, pattern, id)).orElse("&1");
        Process process =
                new ProcessBuilder(
                                "setsid",
                                "sh",
                                "-c",
                                error.equals("&1") ? RUNNER.replace("2>\"$2\"", "2>&1") : RUNNER,
                                "amphora-job",
                                output,
                                error)
                        .directory(directory.toFile())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(directory.resolve("errors").toFile())
                        .start();
        // Until the shell has written its own line, nobody would know that it runs.
        while (process.isAlive() && text("process").isEmpty()) {
            Thread.onSpinWait();
        }
    }

    private Optional<String> pid() {
        return text("process").map(line -> line.split(" ", 2)[0]);
    }

    /// Whether its shell runs: a process of that id that was started at that time.
    boolean isAlive() {
        Optional<String> line = text("process");
        if (line.isEmpty()) {
            return false;
        }
        String[] words = line.get().split(" ");
        try {
            String stat = Files.readString(Path.of("/proc", words[0], "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return words.length > 1 && fields[19].equals(words[1]) && !fields[0].equals("Z");
        } catch (IOException e) {
            return false;
        }
    }

    /// For how long its shell has run, by the clock of this machine's kernel: its files may lie on
    /// a server whose clock is minutes away, and somebody may set ours.
    Duration age() throws IOException {
        long ticks = Long.parseLong(text("process").orElse("0 0").split(" ", 2)[1]);
        double sinceBoot =
                Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", 2)[0]);
        return Duration.ofMillis(Math.round(1000 * (sinceBoot - ticks / TICKS_PER_SECOND)));
    }

    private Optional<String> text(String name) {
        try {
            return Optional.of(Files.readString(directory.resolve(name)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static String outputFile(Job job, String id) {
        return file(job, job.outputPattern(), id);
    }

    private static String file(Job job, String pattern, String id) {
        String[] parts = id.split("_", 2);
        return job.directory()
                .resolve(JobScript.pattern(pattern, parts[0], parts.length > 1 ? parts[1] : "*"))
                .toString();
    }
}
