// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// OAR 2.5. A job has its nodes and cores; starting something on each is left to the user, with
/// `mpirun` over `oarsh`.
record Oar() implements Dialect {

    /// `OAR::IO` and `oarsub(1)`, section "STATES TRANSITIONS".
    private static final Map<String, JobState> STATES =
            Map.ofEntries(
                    Map.entry("Waiting", JobState.QUEUED),
                    Map.entry("Hold", JobState.HELD),
                    Map.entry("toLaunch", JobState.STARTING),
                    Map.entry("toAckReservation", JobState.QUEUED),
                    Map.entry("Launching", JobState.STARTING),
                    Map.entry("Running", JobState.RUNNING),
                    Map.entry("Suspended", JobState.SUSPENDED),
                    Map.entry("Resuming", JobState.SUSPENDED),
                    Map.entry("Finishing", JobState.COMPLETING),
                    Map.entry("Terminated", JobState.COMPLETED),
                    Map.entry("toError", JobState.COMPLETING),
                    Map.entry("Error", JobState.FAILED));

    private static final Pattern ID = Pattern.compile("OAR_JOB_ID=(\\d+)");
    private static final Pattern ARRAY_ID = Pattern.compile("OAR_ARRAY_ID=(\\d+)");
    private static final Pattern HEAD = Pattern.compile("^Job_Id: (\\d+)$");

    @Override
    public String name() {
        return "oar";
    }

    @Override
    public List<String> refused(Job job) {
        List<String> refused = new ArrayList<>();
        if (job.size().memoryInMebibytes().isPresent()) {
            refused.add("--memory: OAR shares out cores; choose nodes with --native '-p …'");
        }
        job.dependency()
                .filter(other -> other.kind() != Job.Dependency.Kind.AFTERANY)
                .ifPresent(
                        other ->
                                refused.add(
                                        "--dependency "
                                                + other.kind().word()
                                                + ": OAR only waits for the end, however it comes"
                                                + " (afterany)"));
        job.array()
                .filter(array -> array.step() != 1 || array.first() != 1)
                .ifPresent(array -> refused.add("--array " + array + ": OAR counts from 1 by 1"));
        job.array()
                .filter(array -> array.atOnce().isPresent())
                .ifPresent(array -> refused.add("--array …%N: OAR has no such limit"));
        return refused;
    }

    @Override
    public String script(Job job) {
        JobScript script = new JobScript("#OAR").index("OAR_ARRAY_INDEX").copiedBy("oarsh");
        Job.Size size = job.size();
        script.directive("-n " + job.name());
        String resources = "/nodes=" + size.allNodes() + "/core=" + size.coresOnNode();
        if (size.gpusPerNode() > 0) {
            resources = "/nodes=" + size.allNodes() + "/gpu=" + size.gpusPerNode();
        }
        script.directive(
                "-l "
                        + resources
                        + job.walltime()
                                .map(time -> ",walltime=" + JobScript.clock(time))
                                .orElse(""));
        job.array().ifPresent(array -> script.directive("--array " + array.count()));
        job.dependency()
                .ifPresent(other -> other.ids().forEach(id -> script.directive("-a " + id)));
        job.queue().ifPresent(queue -> script.directive("-q " + queue));
        job.account().ifPresent(account -> script.directive("--project " + account));
        script.directive("-d " + job.directory());
        // Its own pattern for names knows the id of an element only, and refuses spaces.
        script.directive("-O /dev/null").directive("-E /dev/null");
        script.line(
                "exec >"
                        + file(job, pattern(job))
                        + " 2>"
                        + job.error().map(error -> file(job, error)).orElse("&1"));
        job.mail().ifPresent(mail -> script.directive("--notify " + events(mail)));
        List<String> launcher =
                job.launcher() instanceof Job.Launcher.None
                        ? List.of()
                        : List.of(
                                "mpirun",
                                "-np",
                                Integer.toString(size.allTasks()),
                                "-machinefile",
                                "\"$OAR_NODEFILE\"");
        return script.command(job, launcher);
    }

    private static String events(Job.Mail mail) {
        List<String> tags = new ArrayList<>();
        if (mail.atStart()) {
            tags.add("RUNNING");
        }
        if (mail.atEnd()) {
            tags.add("END");
        }
        if (mail.atFailure()) {
            tags.add("ERROR");
        }
        return "[" + String.join(",", tags) + "]mail:" + mail.address();
    }

    private static String pattern(Job job) {
        String ids = job.array().isPresent() ? "%j.%i" : "%j";
        return job.output().orElse("OAR." + job.name() + "." + ids + ".stdout");
    }

    /// A word for the shell of the job, whose variables stand between its quoted parts.
    private static String file(Job job, String pattern) {
        String path = job.directory().resolve(pattern).toString();
        return JobScript.pattern(
                "'" + path.replace("'", "'\\''") + "'",
                "'\"$OAR_ARRAY_ID\"'",
                "'\"$OAR_ARRAY_INDEX\"'");
    }

    /// `-S` makes oarsub read the comments of the script.
    @Override
    public List<String> submit() {
        return List.of("oarsub", "-S");
    }

    /// An array's own id is that of its first job.
    @Override
    public Optional<String> jobId(String stdout) {
        Matcher array = ARRAY_ID.matcher(stdout);
        if (array.find()) {
            return Optional.of(array.group(1));
        }
        Matcher id = ID.matcher(stdout);
        return id.find() ? Optional.of(id.group(1)) : Optional.empty();
    }

    /// A single job is an array of one.
    @Override
    public List<Question<JobStatus>> questions(String id) {
        return List.of(
                new Question<>(
                        List.of("oarstat", "-f", "--array", array(id)),
                        answer -> only(id, states(answer))));
    }

    @Override
    public boolean isPartial(String id, Set<String> answered) {
        return false;
    }

    private static String array(String id) {
        return id.split("_", 2)[0];
    }

    private static <T> Map<String, T> only(String id, Map<String, T> all) {
        all.keySet().removeIf(found -> id.contains("_") && !found.equals(id));
        return all;
    }

    static Map<String, JobStatus> states(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        jobs(stdout).forEach((id, fields) -> found.put(id, status(id, fields)));
        return found;
    }

    /// The jobs of an array by `ARRAY_INDEX`: the ids that OAR gives them tell neither.
    private static Map<String, Map<String, String>> jobs(String stdout) {
        List<Map<String, String>> jobs = new ArrayList<>(Blocks.parse(stdout, HEAD));
        jobs.removeIf(fields -> !fields.containsKey("state"));
        Map<String, Map<String, String>> found = new LinkedHashMap<>();
        for (Map<String, String> fields : jobs) {
            String id = fields.getOrDefault(Blocks.ID, "");
            String array = fields.getOrDefault("job_array_id", id);
            String index = fields.getOrDefault("job_array_index", "1");
            found.put(jobs.size() == 1 ? id : array + "_" + index, fields);
        }
        return found;
    }

    private static JobStatus status(String id, Map<String, String> fields) {
        String word = fields.getOrDefault("state", "");
        JobStatus status = JobStatus.of(id, STATES.getOrDefault(word, JobState.UNKNOWN), word);
        String message = fields.getOrDefault("message", "");
        return ended(
                        status,
                        fields.getOrDefault("exit_code", ""),
                        fields.getOrDefault("events", ""))
                .because(message);
    }

    /// `oarstat` writes local time; with `TZ=UTC` that is UTC.
    @Override
    public List<Question<Account>> accounts(String id) {
        return List.of(
                new Question<>(
                        List.of("env", "TZ=UTC", "oarstat", "-f", "--array", array(id)),
                        answer -> only(id, accountsOf(answer))));
    }

    static Map<String, Account> accountsOf(String stdout) {
        List<Account> found = new ArrayList<>();
        jobs(stdout)
                .forEach(
                        (id, fields) -> {
                            JobStatus status = status(id, fields);
                            if (status.state().isFinal()) {
                                found.add(account(status, fields));
                            }
                        });
        return Account.byId(found);
    }

    private static Account account(JobStatus status, Map<String, String> fields) {
        String hosts = fields.getOrDefault("assigned_hostnames", "");
        return new Account(
                status,
                Numbers.date(fields.getOrDefault("startTime", "")),
                Numbers.date(fields.getOrDefault("stopTime", "")),
                Optional.empty(),
                OptionalLong.empty(),
                hosts.isEmpty() ? List.of() : List.of(hosts.split("\\+")));
    }

    /// `exit_code = 256 (1,0,0)`: the status of wait(2), then exit status, signal and core dump.
    /// The reasons for which OAR itself ends a job stand among its events.
    private static JobStatus ended(JobStatus status, String code, String events) {
        if (!status.state().isFinal()) {
            return status;
        }
        JobState state = status.state();
        if (events.contains("WALLTIME")) {
            state = JobState.TIMEOUT;
        } else if (events.contains("FRAG_JOB_REQUEST")) {
            state = JobState.CANCELLED;
        } else if (events.contains("SUSPECTED") || events.contains("PING_CHECKER")) {
            state = JobState.NODE_FAILED;
        }
        OptionalInt wait = Numbers.parse(code.split(" ", 2)[0]);
        if (wait.isEmpty()) {
            return JobStatus.of(status.id(), state, status.word());
        }
        int signal = wait.getAsInt() & 0x7f;
        int exit = wait.getAsInt() >> 8 & 0xff;
        if (state == JobState.COMPLETED && wait.getAsInt() != 0) {
            state = JobState.FAILED;
        }
        JobStatus plain = JobStatus.of(status.id(), state, status.word());
        return signal != 0 ? plain.killed(signal) : plain.exited(exit);
    }

    @Override
    public List<String> cancel(String id) {
        int underscore = id.indexOf('_');
        return underscore < 0
                ? List.of("oardel", "--array", id)
                : List.of(
                        "oardel",
                        "--sql",
                        "array_id = "
                                + id.substring(0, underscore)
                                + " AND array_index = "
                                + id.substring(underscore + 1));
    }

    @Override
    public String outputFile(Job job, String id) {
        String[] parts = id.split("_", 2);
        String index = parts.length > 1 ? parts[1] : "*";
        return job.directory().resolve(JobScript.pattern(pattern(job), parts[0], index)).toString();
    }
}
