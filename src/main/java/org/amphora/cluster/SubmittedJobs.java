// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Gatherers;
import org.amphora.problem.Problem;

/// The jobs that a user has submitted, and what has become of them.
public final class SubmittedJobs {

    /// Managers count the questions that they are asked; more than these at once help nobody.
    private static final int QUESTIONS_AT_ONCE = 4;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration RECENT = Duration.ofDays(1);

    /// Between the queue and the accounts of a manager a job may be unknown to both.
    private static final Duration BETWEEN = Duration.ofMinutes(2);

    private final JobBook book;
    private final Function<String, Cluster> clusters;

    /// A job and what its manager says of it.
    ///
    /// @param outputFile with `*` for what only elements of an array have
    /// @param account of a job that has ended, where somebody asked about this one
    public record Seen(
            JobBook.Entry entry, JobStatus status, String outputFile, Optional<Account> account) {}

    /// @param clusters the manager of a name
    public SubmittedJobs(Map<String, String> environment, Function<String, Cluster> clusters) {
        this.book = new JobBook(environment);
        this.clusters = clusters;
    }

    /// The jobs, the newest first. A manager that does not answer leaves its jobs unknown.
    ///
    /// @param all also those that were submitted more than a day ago and have ended or are
    ///     forgotten
    public List<Seen> list(boolean all) {
        Instant since = Instant.now().minus(RECENT);
        return book.entries().stream()
                .gather(Gatherers.mapConcurrent(QUESTIONS_AT_ONCE, this::seenOrUnknown))
                .flatMap(List::stream)
                .filter(
                        seen ->
                                all
                                        || seen.entry().submitted().isAfter(since)
                                        || !seen.status().state().isFinal()
                                                && seen.status().state() != JobState.UNKNOWN)
                .toList();
    }

    private List<Seen> seenOrUnknown(JobBook.Entry entry) {
        try {
            return seen(entry, entry.id(), _ -> List.of());
        } catch (Problem problem) {
            return List.of(
                    new Seen(
                            entry,
                            JobStatus.unknown(
                                    entry.id(), problem.why().lines().findFirst().orElse("")),
                            "",
                            Optional.empty()));
        }
    }

    /// What a job does now; the elements of an array one by one.
    ///
    /// @throws Problem when nobody has submitted it here, or the manager does not answer
    public List<Seen> status(String id) {
        return seen(entry(id), id, cluster -> cluster.accounts(id));
    }

    private List<Seen> seen(
            JobBook.Entry entry, String id, Function<Cluster, List<Account>> accounts) {
        Cluster cluster = clusters.apply(entry.manager());
        List<JobStatus> statuses = status(cluster, entry, id);
        Map<String, Account> ended = new HashMap<>();
        if (statuses.stream().anyMatch(status -> status.state().isFinal())) {
            accounts.apply(cluster).forEach(account -> ended.put(account.status().id(), account));
        }
        List<Seen> seen = new ArrayList<>();
        for (JobStatus status : statuses) {
            seen.add(
                    new Seen(
                            entry,
                            status,
                            cluster.outputFile(entry.job(), status.id()),
                            Optional.ofNullable(ended.get(status.id()))));
        }
        return seen;
    }

    private JobBook.Entry entry(String id) {
        return book.find(id)
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot find job " + id,
                                        "you have submitted no job of that id from here",
                                        "amphora jobs --all"));
    }

    /// Ends a job; one that has ended already stays as it is.
    public void cancel(String id) {
        JobBook.Entry entry = entry(id);
        Cluster cluster = clusters.apply(entry.manager());
        if (!haveEnded(status(cluster, entry, id))) {
            cluster.cancel(id);
            book.noteCancelled(entry, id);
        }
    }

    /// What the manager says, corrected by what only we know.
    private List<JobStatus> status(Cluster cluster, JobBook.Entry entry, String id) {
        return cluster.status(id).stream().map(status -> corrected(entry, status)).toList();
    }

    /// A job that the user has ended and that the manager says was killed, or knows no more, has
    /// been cancelled.
    private JobStatus corrected(JobBook.Entry entry, JobStatus status) {
        boolean isKilled = status.state() == JobState.FAILED && status.signal().isPresent();
        return (isKilled || status.state() == JobState.UNKNOWN)
                        && book.isCancelled(entry, status.id())
                ? status.instead(JobState.CANCELLED)
                : status;
    }

    private static boolean haveEnded(List<JobStatus> statuses) {
        return statuses.stream().allMatch(status -> status.state().isFinal());
    }

    /// Waits until a job and all its elements have ended, also while the manager is away.
    ///
    /// @param notes hears when the manager is away and when it is back
    /// @throws Problem when the manager has forgotten the job
    public List<JobStatus> await(String id, Consumer<String> notes) {
        JobBook.Entry entry = entry(id);
        Cluster cluster = clusters.apply(entry.manager());
        AtomicReference<String> away = new AtomicReference<>("");
        Instant known = Instant.now();
        Duration pause = FIRST_PAUSE;
        while (true) {
            Optional<List<JobStatus>> answer = ask(cluster, entry, id, away, notes);
            if (answer.isPresent()) {
                List<JobStatus> all = answer.get();
                if (haveEnded(all)) {
                    return all;
                }
                boolean unknown =
                        all.stream().anyMatch(status -> status.state() == JobState.UNKNOWN);
                known = unknown ? known : Instant.now();
            } else {
                known = Instant.now();
            }
            if (Instant.now().isAfter(known.plus(BETWEEN))) {
                throw new Problem(
                        "cannot tell how job " + id + " ended",
                        cluster.manager() + " does not know it any more",
                        "amphora logs " + id + "; ask the site whether it keeps accounts of jobs");
            }
            sleep(pause);
            pause = pause.multipliedBy(3).dividedBy(2);
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        }
    }

    private Optional<List<JobStatus>> ask(
            Cluster cluster,
            JobBook.Entry entry,
            String id,
            AtomicReference<String> away,
            Consumer<String> notes) {
        try {
            List<JobStatus> answer = status(cluster, entry, id);
            if (!away.getAndSet("").isEmpty()) {
                notes.accept(cluster.manager() + " answers again");
            }
            return Optional.of(answer);
        } catch (Problem problem) {
            if (away.getAndSet(problem.what()).isEmpty()) {
                notes.accept(cluster.manager() + " does not answer; waiting for it");
            }
            return Optional.empty();
        }
    }

    /// Copies what a job has printed.
    ///
    /// @param follow goes on until the job has ended
    public void output(String id, boolean follow, PrintWriter out) {
        JobBook.Entry entry = entry(id);
        Cluster cluster = clusters.apply(entry.manager());
        String pattern = cluster.outputFile(entry.job(), id);
        if (!follow) {
            List<Path> files = files(pattern);
            if (files.isEmpty()) {
                throw new Problem(
                        "cannot show the output of job " + id,
                        "there is no file " + pattern + " yet",
                        "amphora status " + id);
            }
            files.forEach(file -> copy(file, 0, out));
            return;
        }
        Map<Path, Long> shown = new HashMap<>();
        boolean ended = false;
        while (true) {
            for (Path file : files(pattern)) {
                shown.merge(file, copy(file, shown.getOrDefault(file, 0L), out), Long::sum);
            }
            out.flush();
            if (ended) {
                return;
            }
            ended = haveEnded(status(cluster, entry, id));
            sleep(ended ? FIRST_PAUSE : Duration.ofSeconds(1));
        }
    }

    private static List<Path> files(String pattern) {
        Path path = Path.of(pattern);
        List<Path> files = new ArrayList<>();
        Path directory = path.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return files;
        }
        // Only our own star is one; the rest of the name is literal.
        String glob = path.getFileName().toString().replaceAll("([\\[\\]{}?\\\\])", "\\\\$1");
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, glob)) {
            found.forEach(files::add);
        } catch (IOException e) {
            throw new Problem(
                    "cannot look for " + pattern,
                    String.valueOf(e.getMessage()),
                    "ls -l " + directory,
                    e);
        }
        files.sort(null);
        return files;
    }

    private static long copy(Path file, long from, PrintWriter out) {
        try (var in = Files.newInputStream(file)) {
            in.skipNBytes(Math.min(from, Files.size(file)));
            byte[] bytes = in.readAllBytes();
            out.print(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
            return bytes.length;
        } catch (IOException e) {
            throw new Problem(
                    "cannot read " + file, String.valueOf(e.getMessage()), "ls -l " + file, e);
        }
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("cannot wait any longer", "interrupted", "run it again", e);
        }
    }
}
