// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.amphora.problem.Problem;

/// The process that starts the jobs of a local queue, in the order in which they came; a later one
/// may pass one that waits for others, never one that waits for room.
final class LocalKeeper {
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final Path directory;

    /// When a job was asked to end.
    private final Map<String, Instant> ending = new HashMap<>();

    LocalKeeper(Path directory) {
        this.directory = directory;
    }

    static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    static long memoryInMebibytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10;
                }
            }
        } catch (IOException | NumberFormatException e) {
            throw new IllegalStateException("cannot read /proc/meminfo", e);
        }
        throw new IllegalStateException("no MemTotal in /proc/meminfo");
    }

    /// Keeps the queue until nothing waits or runs; at once when another keeper does.
    void run() {
        // Who submits between our last look and the unlocking starts a keeper that finds us; so
        // look again.
        boolean again;
        do {
            again = keep() && isBusy(LocalJob.all(directory));
        } while (again);
    }

    /// @return whether the queue was ours
    private boolean keep() {
        try (FileChannel channel = LocalJob.lock(directory.resolve("keeper.lock"));
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                return false;
            }
            List<LocalJob> jobs = LocalJob.all(directory);
            while (isBusy(jobs)) {
                step(jobs);
                Thread.sleep(PAUSE);
                jobs = LocalJob.all(directory);
            }
            return true;
        } catch (IOException e) {
            throw new Problem(
                    "cannot keep the local queue",
                    String.valueOf(e.getMessage()),
                    "check space and rights of " + directory,
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean isBusy(List<LocalJob> jobs) {
        return jobs.stream().anyMatch(job -> !job.status().state().isFinal());
    }

    private void step(List<LocalJob> jobs) throws IOException {
        Map<String, JobStatus> now = new HashMap<>();
        jobs.forEach(job -> now.put(job.id(), job.status()));
        List<LocalJob> running = new ArrayList<>();
        for (LocalJob job : jobs) {
            if (job.isAlive()) {
                running.add(job);
                endWhenTooLarge(job);
                endWhenDue(job);
            }
        }
        boolean full = false;
        for (LocalJob job : jobs) {
            if (state(now, job) != JobState.QUEUED) {
                continue;
            }
            switch (readiness(job, now, jobs)) {
                case NEVER ->
                        job.end(LocalJob.BLOCKED, "the job that it depends on ended otherwise");
                case LATER -> {}
                case NOW -> {
                    full = full || !fits(job, running);
                    if (!full && belowLimit(job, running)) {
                        job.start();
                        running.add(job);
                    }
                }
            }
        }
    }

    private static JobState state(Map<String, JobStatus> now, LocalJob job) {
        JobStatus status = now.get(job.id());
        return status == null ? JobState.UNKNOWN : status.state();
    }

    /// Counting what jobs ask for helps only as long as they keep to it. A control group would hold
    /// them to it at once, but few machines let a user make one with the memory controller.
    private static void endWhenTooLarge(LocalJob job) {
        long limit = job.job().size().memoryInMebibytes().orElse(0);
        if (limit == 0 || job.isEnding()) {
            return;
        }
        long used = job.memoryInBytes() >> 20;
        if (used > limit) {
            job.end(
                    LocalJob.MEMORY,
                    "it had %dM of the %dM that it asked for".formatted(used, limit));
            job.kill();
        }
    }

    private void endWhenDue(LocalJob job) throws IOException {
        Duration age = job.age();
        boolean over = job.job().walltime().map(limit -> age.compareTo(limit) > 0).orElse(false);
        if (over && !job.has(LocalJob.TIMEOUT)) {
            job.end(LocalJob.TIMEOUT);
        }
        if (job.isEnding()) {
            Instant asked = ending.computeIfAbsent(job.id(), _ -> Instant.now());
            if (Instant.now().isAfter(asked.plus(GRACE))) {
                job.signal("KILL");
            }
        }
    }

    private enum Readiness {
        NOW,
        LATER,
        NEVER
    }

    private static Readiness readiness(
            LocalJob job, Map<String, JobStatus> now, List<LocalJob> jobs) {
        if (job.job().dependency().isEmpty()) {
            return Readiness.NOW;
        }
        Job.Dependency dependency = job.job().dependency().get();
        Readiness readiness = Readiness.NOW;
        for (String id : dependency.ids()) {
            List<JobState> others =
                    jobs.stream()
                            .filter(other -> other.belongsTo(id))
                            .map(other -> state(now, other))
                            .toList();
            Readiness one = readiness(dependency.kind(), others);
            if (one == Readiness.NEVER) {
                return one;
            }
            readiness = one == Readiness.LATER ? one : readiness;
        }
        return readiness;
    }

    private static Readiness readiness(Job.Dependency.Kind kind, List<JobState> others) {
        boolean ended = others.stream().allMatch(JobState::isFinal);
        boolean well = others.stream().allMatch(state -> state == JobState.COMPLETED);
        return switch (kind) {
            case AFTERANY -> ended ? Readiness.NOW : Readiness.LATER;
            case AFTEROK -> !ended ? Readiness.LATER : well ? Readiness.NOW : Readiness.NEVER;
            case AFTERNOTOK ->
                    !ended
                            ? Readiness.LATER
                            : others.stream().noneMatch(state -> state == JobState.COMPLETED)
                                    ? Readiness.NOW
                                    : Readiness.NEVER;
            case AFTER ->
                    others.stream().noneMatch(state -> state == JobState.QUEUED)
                            ? Readiness.NOW
                            : Readiness.LATER;
        };
    }

    private static boolean fits(LocalJob job, List<LocalJob> running) {
        int cores = job.job().size().coresOnNode();
        long memory = job.job().size().memoryInMebibytes().orElse(0);
        for (LocalJob other : running) {
            cores += other.job().size().coresOnNode();
            memory += other.job().size().memoryInMebibytes().orElse(0);
        }
        return cores <= cores() && memory <= memoryInMebibytes();
    }

    /// `%N` of an array.
    private static boolean belowLimit(LocalJob job, List<LocalJob> running) {
        int most =
                job.job()
                        .array()
                        .flatMap(array -> array.atOnce().stream().boxed().findFirst())
                        .orElse(Integer.MAX_VALUE);
        return running.stream().filter(other -> other.number() == job.number()).count() < most;
    }
}
