// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// Flux 0.60 and later: `flux batch` with the directives of RFC 36.
record Flux() implements Dialect {

    /// `flux-jobs(1)`, "JOB STATUS" (flux-core 0.74): the state, and once a job is inactive its
    /// result in the same column.
    private static final Map<String, JobState> STATES =
            Map.ofEntries(
                    Map.entry("NEW", JobState.QUEUED),
                    Map.entry("DEPEND", JobState.QUEUED),
                    Map.entry("PRIORITY", JobState.QUEUED),
                    Map.entry("SCHED", JobState.QUEUED),
                    Map.entry("RUN", JobState.RUNNING),
                    Map.entry("CLEANUP", JobState.COMPLETING),
                    Map.entry("COMPLETED", JobState.COMPLETED),
                    Map.entry("FAILED", JobState.FAILED),
                    Map.entry("CANCELED", JobState.CANCELLED),
                    Map.entry("TIMEOUT", JobState.TIMEOUT));

    private static final String FIELDS = "{id.f58}\t{status}\t{returncode}\t{inactive_reason}";
    private static final Pattern ID = Pattern.compile("^([ƒf][1-9A-HJ-NP-Za-km-z]+)$");

    @Override
    public String name() {
        return "flux";
    }

    @Override
    public List<String> refused(Job job) {
        List<String> refused = new ArrayList<>();
        if (job.size().memoryInMebibytes().isPresent()) {
            refused.add("--memory: Flux does not share out memory");
        }
        if (job.array().isPresent()) {
            refused.add("--array: Flux has none; submit in a loop or with flux bulksubmit");
        }
        if (job.mail().isPresent()) {
            refused.add("--mail-to: Flux sends no mail");
        }
        return refused;
    }

    @Override
    public String script(Job job) {
        JobScript script = new JobScript("#flux:");
        Job.Size size = job.size();
        script.directive("--job-name=" + job.name());
        script.directive("--nodes=" + size.allNodes());
        script.directive("--nslots=" + size.allTasks());
        script.directive("--cores-per-slot=" + size.coresPerTask());
        if (size.gpusPerNode() > 0) {
            int all = size.gpusPerNode() * size.allNodes();
            script.directive("--gpus-per-slot=" + (all + size.allTasks() - 1) / size.allTasks());
        }
        job.walltime()
                .ifPresent(time -> script.directive("--time-limit=" + time.toSeconds() + "s"));
        job.dependency()
                .ifPresent(
                        other ->
                                other.ids()
                                        .forEach(
                                                id ->
                                                        script.directive(
                                                                "--dependency="
                                                                        + word(other.kind())
                                                                        + ":"
                                                                        + id)));
        job.queue().ifPresent(queue -> script.directive("--queue=" + queue));
        job.account().ifPresent(account -> script.directive("--bank=" + account));
        script.directive("--cwd=" + job.directory());
        script.directive("--output=" + file(job, job.outputPattern()));
        job.error().ifPresent(error -> script.directive("--error=" + file(job, error)));
        List<String> launcher =
                switch (job.launcher()) {
                    case Job.Launcher.None() -> List.of();
                    case Job.Launcher.Own(var mpi) -> run(size, mpi);
                    case Job.Launcher.Mpirun() -> JobScript.mpirun(job);
                };
        return script.command(job, launcher);
    }

    private static List<String> run(Job.Size size, Optional<String> mpi) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "flux",
                                "run",
                                "--nodes=" + size.allNodes(),
                                "--ntasks=" + size.allTasks(),
                                "--cores-per-task=" + size.coresPerTask()));
        mpi.ifPresent(kind -> words.addAll(List.of("-o", "pmi=" + kind)));
        return words;
    }

    private static String word(Job.Dependency.Kind kind) {
        return switch (kind) {
            case AFTEROK -> "afterok";
            case AFTERANY -> "afterany";
            case AFTERNOTOK -> "afternotok";
            case AFTER -> "after";
        };
    }

    private static String file(Job job, String pattern) {
        return job.directory().resolve(JobScript.pattern(pattern, "{{id}}", "")).toString();
    }

    @Override
    public List<String> submit() {
        return List.of("flux", "batch");
    }

    @Override
    public Optional<String> jobId(String stdout) {
        return Dialect.idIn(stdout, ID);
    }

    @Override
    public List<Question<JobStatus>> questions(String id) {
        return List.of(
                new Question<>(
                        List.of("flux", "jobs", "--suppress-header", "--format=" + FIELDS, id),
                        Flux::states));
    }

    /// `flux-jobs(1)`, "OUTPUT FORMAT": times since 1970, `0.0` before they come.
    @Override
    public List<Question<Account>> accounts(String id) {
        return List.of(
                new Question<>(
                        List.of(
                                "flux",
                                "jobs",
                                "--suppress-header",
                                "--format=" + FIELDS + "\t{t_run}\t{t_inactive}\t{nodelist}",
                                id),
                        Flux::accountsOf));
    }

    static Map<String, Account> accountsOf(String stdout) {
        Map<String, JobStatus> statuses = states(stdout);
        List<Account> found = new ArrayList<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\t", -1);
            JobStatus status = statuses.get(fields[0].strip());
            if (fields.length >= 7 && status != null && status.state().isFinal()) {
                found.add(
                        new Account(
                                status,
                                Numbers.epoch(fields[4]),
                                Numbers.epoch(fields[5]),
                                Optional.empty(),
                                OptionalLong.empty(),
                                NodeNames.unfolded(fields[6].strip())));
            }
        }
        return Account.byId(found);
    }

    static Map<String, JobStatus> states(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\t", -1);
            if (fields.length < 4) {
                continue;
            }
            String word = fields[1].strip();
            JobState state = STATES.getOrDefault(word, JobState.UNKNOWN);
            JobStatus status =
                    JobStatus.of(fields[0].strip(), state, word).because(fields[3].strip());
            OptionalInt code = Numbers.parse(fields[2]);
            if (state.isFinal() && code.isPresent()) {
                // Below 0: that signal; above 128: a shell between has seen it.
                int number = code.getAsInt();
                status =
                        number < 0
                                ? status.killed(-number)
                                : number > 128
                                        ? status.killed(number - 128)
                                        : status.exited(number);
            }
            found.put(status.id(), status);
        }
        return found;
    }

    @Override
    public List<String> cancel(String id) {
        return List.of("flux", "cancel", id);
    }

    @Override
    public String outputFile(Job job, String id) {
        String pattern = job.outputPattern();
        return job.directory().resolve(JobScript.pattern(pattern, id, "")).toString();
    }
}
