// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Gatherers;
import org.amphora.catalog.VersionId;
import org.amphora.cluster.Cluster;
import org.amphora.cluster.JobState;
import org.amphora.problem.Problem;
import org.amphora.records.Usage;

/// Who would miss a version.
///
/// @param users who launched it since then
/// @param jobs that launched it and have not ended
record Impact(VersionId id, Instant since, List<Usage.User> users, List<RunningJob> jobs) {

    /// The resource manager is asked about each, so these are the newest only.
    private static final int JOBS_AT_MOST = 200;

    private static final int QUESTIONS_AT_ONCE = 4;

    /// A manager that has left so many questions without answer is not asked any more: each may
    /// take seconds.
    private static final int UNANSWERED_AT_MOST = 4;

    /// A job as its manager sees it now.
    record RunningJob(Usage.OpenJob job, JobState state) {}

    Impact {
        users = List.copyOf(users);
        jobs = List.copyOf(jobs);
    }

    static Impact of(Usage usage, VersionId id, Instant since) {
        List<Usage.OpenJob> open = usage.openJobs(id.app(), id.version(), since, JOBS_AT_MOST);
        List<RunningJob> running =
                open.isEmpty()
                        ? List.of()
                        : running(Cluster.detect(System.getenv(), Manager.launcher()), open);
        return new Impact(id, since, usage.users(id.app(), id.version(), since), running);
    }

    private static List<RunningJob> running(Cluster cluster, List<Usage.OpenJob> open) {
        AtomicInteger unanswered = new AtomicInteger();
        return open.stream()
                .gather(
                        Gatherers.mapConcurrent(
                                QUESTIONS_AT_ONCE,
                                job -> new RunningJob(job, state(cluster, job.job(), unanswered))))
                .filter(job -> !job.state().isFinal() && job.state() != JobState.UNKNOWN)
                .toList();
    }

    private static JobState state(Cluster cluster, String job, AtomicInteger unanswered) {
        if (unanswered.get() >= UNANSWERED_AT_MOST) {
            return JobState.UNKNOWN;
        }
        try {
            return cluster.status(job).getFirst().state();
        } catch (Problem e) {
            // It does not answer now: nothing is known of the job.
            unanswered.incrementAndGet();
            return JobState.UNKNOWN;
        }
    }

    /// For people.
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(
                users.isEmpty()
                        ? "nobody has launched " + id + " since " + day(since)
                        : id + " since " + day(since) + ":");
        for (Usage.User user : users) {
            lines.add(
                    "  %-16s %-12s %8d launches, last %s"
                            .formatted(
                                    user.person(), user.team(), user.launches(), day(user.last())));
        }
        for (RunningJob job : jobs) {
            lines.add(
                    "  %-16s job %s is %s, since %s"
                            .formatted(
                                    job.job().person(),
                                    job.job().job(),
                                    job.state(),
                                    day(job.job().started())));
        }
        return lines;
    }

    private static String day(Instant time) {
        return time.toString().substring(0, 10);
    }
}
