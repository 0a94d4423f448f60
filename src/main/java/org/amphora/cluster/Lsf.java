// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// IBM Spectrum LSF 10.1. The script goes to the standard input of `bsub`.
record Lsf() implements Dialect {

    /// "Job states" of Spectrum LSF 10.1, "LSF terms and concepts", and `bjobs(1)`.
    private static final Map<String, JobState> STATES =
            Map.ofEntries(
                    Map.entry("PEND", JobState.QUEUED),
                    Map.entry("PROV", JobState.STARTING),
                    Map.entry("WAIT", JobState.QUEUED),
                    Map.entry("PSUSP", JobState.HELD),
                    Map.entry("RUN", JobState.RUNNING),
                    Map.entry("USUSP", JobState.SUSPENDED),
                    Map.entry("SSUSP", JobState.SUSPENDED),
                    Map.entry("DONE", JobState.COMPLETED),
                    Map.entry("EXIT", JobState.FAILED),
                    Map.entry("POST_DONE", JobState.COMPLETED),
                    Map.entry("POST_ERR", JobState.COMPLETED),
                    Map.entry("UNKWN", JobState.UNKNOWN),
                    Map.entry("ZOMBI", JobState.NODE_FAILED));

    /// "Termination reasons displayed by bacct, bhist, and bjobs", Spectrum LSF 10.1.
    private static final Map<String, JobState> REASONS =
            Map.ofEntries(
                    Map.entry("TERM_RUNLIMIT", JobState.TIMEOUT),
                    Map.entry("TERM_CPULIMIT", JobState.TIMEOUT),
                    Map.entry("TERM_DEADLINE", JobState.TIMEOUT),
                    Map.entry("TERM_MEMLIMIT", JobState.OUT_OF_MEMORY),
                    Map.entry("TERM_SWAP", JobState.OUT_OF_MEMORY),
                    Map.entry("TERM_OWNER", JobState.CANCELLED),
                    Map.entry("TERM_ADMIN", JobState.CANCELLED),
                    Map.entry("TERM_FORCE_OWNER", JobState.CANCELLED),
                    Map.entry("TERM_FORCE_ADMIN", JobState.CANCELLED),
                    Map.entry("TERM_BUCKET_KILL", JobState.CANCELLED),
                    Map.entry("TERM_REMOVE_HUNG_JOB", JobState.NODE_FAILED),
                    Map.entry("TERM_ZOMBIE", JobState.NODE_FAILED));

    private static final Pattern ID = Pattern.compile("Job <(\\d+)>");
    private static final Pattern REASON = Pattern.compile("TERM_[A-Z_]+");

    @Override
    public String name() {
        return "lsf";
    }

    @Override
    public List<String> refused(Job job) {
        return job.array()
                .filter(array -> array.first() < 1)
                .map(array -> List.of("--array " + array + ": LSF counts from 1"))
                .orElse(List.of());
    }

    @Override
    public String script(Job job) {
        JobScript script = new JobScript("#BSUB").index("LSB_JOBINDEX").copiedBy("blaunch");
        Job.Size size = job.size();
        script.directive("-J \"" + job.name() + job.array().map(Lsf::range).orElse("") + "\"");
        script.directive("-n " + size.allTasks() * size.coresPerTask());
        script.directive("-R \"span[ptile=" + size.coresOnNode() + "]\"");
        size.memoryInMebibytes()
                .ifPresent(
                        memory ->
                                script.directive("-M " + memory + "MB")
                                        .directive("-R \"rusage[mem=" + memory + "MB]\""));
        if (size.gpusPerNode() > 0) {
            script.directive("-gpu \"num=" + size.gpusPerNode() + "\"");
        }
        // LSF counts minutes; a started one is whole.
        job.walltime().ifPresent(time -> script.directive("-W " + (time.toSeconds() + 59) / 60));
        job.dependency().ifPresent(other -> script.directive("-w \"" + condition(other) + "\""));
        job.queue().ifPresent(queue -> script.directive("-q " + queue));
        job.account().ifPresent(account -> script.directive("-P " + account));
        script.directive("-cwd " + job.directory());
        script.directive("-o " + file(job, job.outputPattern()));
        job.error().ifPresent(error -> script.directive("-e " + file(job, error)));
        job.mail()
                .ifPresent(
                        mail -> {
                            script.directive("-u " + mail.address());
                            if (mail.atStart()) {
                                script.directive("-B");
                            }
                            if (mail.atEnd()) {
                                script.directive("-N");
                            }
                        });
        return script.command(job, JobScript.mpirun(job));
    }

    private static String range(Job.Array array) {
        return "["
                + array.first()
                + "-"
                + array.last()
                + (array.step() == 1 ? "" : ":" + array.step())
                + "]"
                + (array.atOnce().isPresent() ? "%" + array.atOnce().getAsInt() : "");
    }

    private static String condition(Job.Dependency dependency) {
        String word =
                switch (dependency.kind()) {
                    case AFTEROK -> "done";
                    case AFTERANY -> "ended";
                    case AFTERNOTOK -> "exit";
                    case AFTER -> "started";
                };
        return String.join(
                " && ", dependency.ids().stream().map(id -> word + "(" + id + ")").toList());
    }

    private static String file(Job job, String pattern) {
        return job.directory().resolve(JobScript.pattern(pattern, "%J", "%I")).toString();
    }

    @Override
    public List<String> submit() {
        return List.of("bsub");
    }

    @Override
    public boolean readsStandardInput() {
        return true;
    }

    /// `Job <12> is submitted to queue <normal>.`
    @Override
    public Optional<String> jobId(String stdout) {
        Matcher id = ID.matcher(stdout);
        return id.find() ? Optional.of(id.group(1)) : Optional.empty();
    }

    @Override
    public List<Question<JobStatus>> questions(String id) {
        return List.of(
                new Question<>(
                        List.of(
                                "bjobs",
                                "-a",
                                "-noheader",
                                "-o",
                                "jobid jobindex stat exit_code exit_reason pend_reason"
                                        + " delimiter='^'",
                                id),
                        Lsf::states));
    }

    static Map<String, JobStatus> states(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\\^", -1);
            if (fields.length < 6) {
                continue;
            }
            String index = fields[1].strip();
            String id = fields[0].strip() + (index.equals("0") ? "" : "[" + index + "]");
            String word = fields[2].strip();
            JobState state = STATES.getOrDefault(word, JobState.UNKNOWN);
            String reason = fields[state.isFinal() ? 4 : 5].strip();
            JobStatus status =
                    JobStatus.of(id, state, word).because(reason.equals("-") ? "" : reason);
            found.put(id, state.isFinal() ? ended(status, fields[3]) : status);
        }
        return found;
    }

    private static JobStatus ended(JobStatus status, String code) {
        Matcher reason = REASON.matcher(status.reason());
        JobState state =
                reason.find()
                        ? REASONS.getOrDefault(reason.group(), status.state())
                        : status.state();
        JobStatus ended = status.instead(state);
        OptionalInt exit = Numbers.parse(code);
        if (exit.isEmpty()) {
            return state == JobState.COMPLETED ? ended.exited(0) : ended;
        }
        return exit.getAsInt() > 128
                ? ended.killed(exit.getAsInt() - 128)
                : ended.exited(exit.getAsInt());
    }

    @Override
    public List<String> cancel(String id) {
        return List.of("bkill", id);
    }

    @Override
    public String outputFile(Job job, String id) {
        int open = id.indexOf('[');
        String number = open < 0 ? id : id.substring(0, open);
        String index = open < 0 ? "*" : id.substring(open + 1).replace("]", "");
        String pattern = job.outputPattern();
        return job.directory().resolve(JobScript.pattern(pattern, number, index)).toString();
    }
}
