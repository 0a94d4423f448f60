// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// HTCondor 9 and later. What is submitted is a description and not a script: several nodes are
/// the parallel universe, an array is `queue`.
record HtCondor() implements Dialect {

    /// `JobStatus` of the job's ClassAd (`docs/codes-other-values`, HTCondor 24).
    private static final Map<String, JobState> STATES =
            Map.of(
                    "1", JobState.QUEUED,
                    "2", JobState.RUNNING,
                    "3", JobState.CANCELLED,
                    "4", JobState.COMPLETED,
                    "5", JobState.HELD,
                    "6", JobState.COMPLETING,
                    "7", JobState.SUSPENDED);

    private static final Map<String, String> WORDS =
            Map.of(
                    "1", "Idle",
                    "2", "Running",
                    "3", "Removed",
                    "4", "Completed",
                    "5", "Held",
                    "6", "Transferring Output",
                    "7", "Suspended");

    /// `HoldReasonCode` (same page): 34 memory, 46 and 47 a duration that was passed.
    private static final Map<String, JobState> HELD_FOR =
            Map.of(
                    "34", JobState.OUT_OF_MEMORY,
                    "46", JobState.TIMEOUT,
                    "47", JobState.TIMEOUT);

    private static final List<String> FIELDS =
            List.of(
                    "-af:jt",
                    "JobStatus",
                    "ExitCode",
                    "ExitBySignal",
                    "ExitSignal",
                    "HoldReasonCode",
                    "HoldReason");

    private static final Pattern ID = Pattern.compile("^(\\d+)\\.(\\d+)( - \\1\\.(\\d+))?$");

    @Override
    public String name() {
        return "htcondor";
    }

    @Override
    public List<String> refused(Job job) {
        List<String> refused = new ArrayList<>();
        if (job.dependency().isPresent()) {
            refused.add("--dependency: HTCondor orders jobs with DAGMan, not one by one");
        }
        if (job.staging().isPresent()) {
            refused.add("--stage node: HTCondor moves files itself; name the image in --native");
        }
        if (job.queue().isPresent()) {
            refused.add("--queue: HTCondor has no queues; use --native 'requirements = …'");
        }
        if (job.size().allNodes() > 1 && job.array().isPresent()) {
            refused.add("--array with several nodes: the parallel universe has no arrays");
        }
        if (!(job.launcher() instanceof Job.Launcher.None) && job.size().allNodes() > 1) {
            refused.add(
                    "--nodes with a launcher: machines of the parallel universe share no mpirun");
        }
        return refused;
    }

    @Override
    public String script(Job job) {
        Job.Size size = job.size();
        boolean parallel = size.allNodes() > 1;
        StringBuilder text = new StringBuilder();
        List<String> words = new ArrayList<>(JobScript.mpirun(job));
        words.addAll(job.command());
        line(text, "universe", parallel ? "parallel" : "vanilla");
        line(text, "batch_name", job.name());
        line(text, "executable", "/usr/bin/env");
        line(text, "transfer_executable", "false");
        line(text, "should_transfer_files", "NO");
        line(text, "arguments", "\"" + arguments(words) + "\"");
        line(text, "initialdir", job.directory().toString());
        line(text, "getenv", "true");
        List<String> variables = new ArrayList<>();
        new TreeMap<>(job.environment())
                .forEach((name, value) -> variables.add(arguments(List.of(name + "=" + value))));
        if (job.array().isPresent()) {
            variables.add(JobScript.INDEX + "=$(index)");
        }
        if (!variables.isEmpty()) {
            line(text, "environment", "\"" + String.join(" ", variables) + "\"");
        }
        line(text, "request_cpus", Integer.toString(size.coresOnNode()));
        size.memoryInMebibytes().ifPresent(memory -> line(text, "request_memory", memory + "MB"));
        if (size.gpusPerNode() > 0) {
            line(text, "request_gpus", Integer.toString(size.gpusPerNode()));
        }
        job.walltime()
                .ifPresent(
                        time ->
                                line(
                                        text,
                                        "allowed_execute_duration",
                                        Long.toString(time.toSeconds())));
        job.account().ifPresent(account -> line(text, "accounting_group", account));
        line(text, "output", file(job, job.outputPattern()));
        line(text, "error", file(job, job.error().orElse(job.outputPattern())));
        job.mail()
                .ifPresent(
                        mail -> {
                            line(text, "notify_user", mail.address());
                            line(text, "notification", events(mail));
                        });
        job.options().forEach(option -> text.append(option).append('\n'));
        if (parallel) {
            line(text, "machine_count", Integer.toString(size.allNodes()));
        }
        job.array()
                .flatMap(array -> array.atOnce().stream().boxed().findFirst())
                .ifPresent(most -> line(text, "max_materialize", Integer.toString(most)));
        return text.append(
                        job.array()
                                .map(
                                        array ->
                                                "queue index from seq %d %d %d |\n"
                                                        .formatted(
                                                                array.first(),
                                                                array.step(),
                                                                array.last()))
                                .orElse("queue\n"))
                .toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(" = ").append(value).append('\n');
    }

    /// The "new" syntax of `condor_submit(1)`: words with spaces in single quotes, both quotes
    /// doubled.
    private static String arguments(List<String> words) {
        List<String> quoted = new ArrayList<>();
        for (String word : words) {
            String doubled = word.replace("'", "''").replace("\"", "\"\"");
            boolean plain = !word.isEmpty() && word.chars().noneMatch(c -> " \t'".indexOf(c) >= 0);
            quoted.add(plain ? doubled : "'" + doubled + "'");
        }
        return String.join(" ", quoted);
    }

    private static String events(Job.Mail mail) {
        return mail.atEnd() ? mail.atStart() ? "Always" : "Complete" : "Error";
    }

    private static String file(Job job, String pattern) {
        return job.directory()
                .resolve(JobScript.pattern(pattern, "$(Cluster)", "$(index)"))
                .toString();
    }

    @Override
    public List<String> submit() {
        return List.of("condor_submit", "-terse");
    }

    /// Further words are lines of the description.
    @Override
    public List<String> submit(Job job, String file) {
        return List.of("condor_submit", "-terse", file);
    }

    /// `12.0 - 12.99`
    @Override
    public Optional<String> jobId(String stdout) {
        return Dialect.idIn(stdout, ID);
    }

    @Override
    public List<Question<JobStatus>> questions(String id) {
        List<Question<JobStatus>> questions = new ArrayList<>();
        for (String program : List.of("condor_q", "condor_history")) {
            List<String> words = new ArrayList<>(List.of(program, id));
            words.addAll(FIELDS);
            questions.add(new Question<>(words, HtCondor::states));
        }
        return questions;
    }

    /// "Job ClassAd Attributes" of the manual of HTCondor 24: times since 1970, processor time in
    /// seconds, memory in mebibytes.
    @Override
    public List<Question<Account>> accounts(String id) {
        List<String> words = new ArrayList<>(List.of("condor_history", id));
        words.addAll(FIELDS);
        words.addAll(
                List.of(
                        "JobCurrentStartDate",
                        "CompletionDate",
                        "RemoteUserCpu+RemoteSysCpu",
                        "MemoryUsage",
                        "LastRemoteHost"));
        return List.of(new Question<>(words, HtCondor::accountsOf));
    }

    static Map<String, Account> accountsOf(String stdout) {
        Map<String, JobStatus> statuses = states(stdout);
        List<Account> found = new ArrayList<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\t", -1);
            JobStatus status = statuses.get(fields[0].strip());
            if (fields.length >= 12 && status != null) {
                // slot1_2@node
                String node = fields[11].strip().replaceFirst("^.*@", "");
                found.add(
                        new Account(
                                status,
                                Numbers.epoch(fields[7]),
                                Numbers.epoch(fields[8]),
                                Numbers.time(fields[9]),
                                Numbers.bytes(fields[10].strip() + "M"),
                                node.equals("undefined") ? List.of() : List.of(node)));
            }
        }
        return Account.byId(found);
    }

    /// Process 0 is the whole of most jobs; to search the history for each question costs.
    @Override
    public boolean isPartial(String id, Set<String> answered) {
        return answered.size() > 1;
    }

    static Map<String, JobStatus> states(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\t", -1);
            if (fields.length < 7) {
                continue;
            }
            String code = fields[1].strip();
            String word = WORDS.getOrDefault(code, code);
            JobState state = STATES.getOrDefault(code, JobState.UNKNOWN);
            String reason = fields[6].strip();
            JobStatus status =
                    JobStatus.of(fields[0].strip(), state, word)
                            .because(reason.equals("undefined") ? "" : reason);
            if (state == JobState.HELD && HELD_FOR.containsKey(fields[5].strip())) {
                JobState why = HELD_FOR.getOrDefault(fields[5].strip(), state);
                status = status.instead(why);
            }
            found.put(status.id(), state == JobState.COMPLETED ? ended(status, fields) : status);
        }
        return found;
    }

    private static JobStatus ended(JobStatus status, String[] fields) {
        OptionalInt signal = Numbers.parse(fields[4]);
        OptionalInt exit = Numbers.parse(fields[2]);
        if (fields[3].strip().equals("true") && signal.isPresent()) {
            return status.instead(JobState.FAILED).killed(signal.getAsInt());
        }
        if (exit.isPresent() && exit.getAsInt() != 0) {
            return status.instead(JobState.FAILED).exited(exit.getAsInt());
        }
        return exit.isPresent() ? status.exited(0) : status;
    }

    @Override
    public List<String> cancel(String id) {
        return List.of("condor_rm", id);
    }

    @Override
    public boolean canStage() {
        return false;
    }

    /// Processes are counted from 0, whatever the indices are.
    @Override
    public String outputFile(Job job, String id) {
        String[] parts = id.split("\\.", 2);
        String index =
                job.array()
                        .filter(_ -> parts.length > 1)
                        .map(a -> a.first() + a.step() * Integer.parseInt(parts[1]))
                        .map(String::valueOf)
                        .orElse("*");
        return job.directory()
                .resolve(JobScript.pattern(job.outputPattern(), parts[0], index))
                .toString();
    }
}
