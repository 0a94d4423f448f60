// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// Slurm, 20.02 and later. `scontrol` answers while the controller remembers a job (`MinJobAge`),
/// `sacct` afterwards where the site keeps accounts.
record Slurm() implements Dialect {

    /// `job_state_codes` of Slurm 25.05 and `job_state_string()` in `slurm_protocol_defs.c`: base
    /// states first, then the flags that are shown in their place.
    private static final Map<String, JobState> STATES =
            Map.ofEntries(
                    Map.entry("PENDING", JobState.QUEUED),
                    Map.entry("RUNNING", JobState.RUNNING),
                    Map.entry("SUSPENDED", JobState.SUSPENDED),
                    Map.entry("COMPLETED", JobState.COMPLETED),
                    Map.entry("CANCELLED", JobState.CANCELLED),
                    Map.entry("FAILED", JobState.FAILED),
                    Map.entry("TIMEOUT", JobState.TIMEOUT),
                    Map.entry("NODE_FAIL", JobState.NODE_FAILED),
                    Map.entry("PREEMPTED", JobState.CANCELLED),
                    Map.entry("BOOT_FAIL", JobState.NODE_FAILED),
                    Map.entry("DEADLINE", JobState.TIMEOUT),
                    Map.entry("OUT_OF_MEMORY", JobState.OUT_OF_MEMORY),
                    Map.entry("COMPLETING", JobState.COMPLETING),
                    Map.entry("CONFIGURING", JobState.STARTING),
                    Map.entry("EXPEDITING", JobState.QUEUED),
                    Map.entry("LAUNCH_FAILED", JobState.NODE_FAILED),
                    Map.entry("POWER_UP_NODE", JobState.STARTING),
                    Map.entry("RECONFIG_FAIL", JobState.NODE_FAILED),
                    Map.entry("REQUEUED", JobState.QUEUED),
                    Map.entry("REQUEUE_FED", JobState.QUEUED),
                    Map.entry("REQUEUE_HOLD", JobState.HELD),
                    Map.entry("RESIZING", JobState.RUNNING),
                    Map.entry("RESV_DEL_HOLD", JobState.HELD),
                    Map.entry("REVOKED", JobState.CANCELLED),
                    Map.entry("SIGNALING", JobState.RUNNING),
                    Map.entry("SPECIAL_EXIT", JobState.HELD),
                    Map.entry("STAGE_OUT", JobState.COMPLETING),
                    Map.entry("STOPPED", JobState.SUSPENDED),
                    Map.entry("UPDATE_DB", JobState.COMPLETING));

    /// ExitCode 125 is what Slurm gives a job that the kernel killed for its memory.
    private static final String KILLED_FOR_MEMORY = "0:125";

    @Override
    public String name() {
        return "slurm";
    }

    @Override
    public List<String> refused(Job job) {
        return List.of();
    }

    @Override
    public String script(Job job) {
        JobScript script = new JobScript("#SBATCH").index("SLURM_ARRAY_TASK_ID").copiedBy("sbcast");
        Job.Size size = job.size();
        script.directive("--job-name=" + job.name());
        size.nodes().ifPresent(nodes -> script.directive("--nodes=" + nodes));
        if (size.tasks().isPresent() || size.tasksPerNode().isEmpty()) {
            script.directive("--ntasks=" + size.allTasks());
        }
        size.tasksPerNode().ifPresent(tasks -> script.directive("--ntasks-per-node=" + tasks));
        script.directive("--cpus-per-task=" + size.coresPerTask());
        size.memoryInMebibytes().ifPresent(memory -> script.directive("--mem=" + memory + "M"));
        if (size.gpusPerNode() > 0) {
            script.directive("--gres=gpu:" + size.gpusPerNode());
        }
        job.walltime().ifPresent(time -> script.directive("--time=" + JobScript.clock(time)));
        job.array().ifPresent(array -> script.directive("--array=" + array));
        job.dependency().ifPresent(other -> script.directive("--dependency=" + other));
        job.queue().ifPresent(queue -> script.directive("--partition=" + queue));
        job.account().ifPresent(account -> script.directive("--account=" + account));
        script.directive("--output=" + file(job, pattern(job)));
        job.error().ifPresent(error -> script.directive("--error=" + file(job, error)));
        job.mail()
                .ifPresent(
                        mail ->
                                script.directive("--mail-user=" + mail.address())
                                        .directive("--mail-type=" + events(mail)));
        // What srun inherits must not come from the shell that submitted.
        script.directive("--export=ALL");
        List<String> launcher =
                switch (job.launcher()) {
                    case Job.Launcher.None() -> List.of();
                    case Job.Launcher.Own(var mpi) -> srun(job, mpi);
                    case Job.Launcher.Mpirun() -> JobScript.mpirun(job);
                };
        return script.command(job, launcher);
    }

    /// From Slurm 22.05 on a step does not inherit `--cpus-per-task` of its job.
    private static List<String> srun(Job job, Optional<String> mpi) {
        List<String> words = new ArrayList<>(List.of("srun"));
        mpi.ifPresent(kind -> words.add("--mpi=" + kind));
        words.add("--cpus-per-task=" + job.size().coresPerTask());
        return words;
    }

    private static String events(Job.Mail mail) {
        List<String> events = new ArrayList<>();
        if (mail.atStart()) {
            events.add("BEGIN");
        }
        if (mail.atEnd()) {
            events.add("END");
        }
        if (mail.atFailure()) {
            events.add("FAIL");
        }
        return String.join(",", events);
    }

    private static String pattern(Job job) {
        return job.output().orElse(job.array().isPresent() ? "slurm-%j_%i.out" : "slurm-%j.out");
    }

    private static String file(Job job, String pattern) {
        boolean array = job.array().isPresent();
        String file =
                job.directory()
                        .resolve(JobScript.pattern(pattern, array ? "%A" : "%j", "%a"))
                        .toString();
        return file.contains(" ") ? '"' + file + '"' : file;
    }

    @Override
    public List<String> submit() {
        return List.of("sbatch", "--parsable");
    }

    /// `12`, or `12;cluster` in a federation; messages of plugins may come before.
    @Override
    public Optional<String> jobId(String stdout) {
        return stdout.lines()
                .map(line -> line.strip().split(";", 2)[0])
                .filter(word -> !word.isEmpty() && word.chars().allMatch(Character::isDigit))
                .findFirst();
    }

    @Override
    public List<Question<JobStatus>> questions(String id) {
        return List.of(
                new Question<>(
                        List.of("scontrol", "--oneliner", "show", "job", id), Slurm::ofController),
                new Question<>(
                        List.of(
                                "sacct",
                                "--jobs=" + id,
                                "--allocations",
                                "--noheader",
                                "--parsable2",
                                "--format=JobID,State,ExitCode"),
                        Slurm::ofAccounts));
    }

    static Map<String, JobStatus> ofController(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (Map<String, String> job : jobs(stdout)) {
            ofController(job, id(job)).ifPresent(status -> found.put(status.id(), status));
        }
        return found;
    }

    /// The fields of each job that `scontrol --oneliner` has printed.
    private static List<Map<String, String>> jobs(String stdout) {
        List<Map<String, String>> jobs = new ArrayList<>();
        for (String line : stdout.split("\n")) {
            Map<String, String> fields = new LinkedHashMap<>();
            for (String word : line.split(" ")) {
                int equals = word.indexOf('=');
                if (equals > 0) {
                    fields.putIfAbsent(word.substring(0, equals), word.substring(equals + 1));
                }
            }
            jobs.add(fields);
        }
        return jobs;
    }

    private static String id(Map<String, String> fields) {
        String array = fields.get("ArrayJobId");
        String index = fields.get("ArrayTaskId");
        return array != null && index != null
                ? array + "_" + index
                : fields.getOrDefault("JobId", "");
    }

    private static Optional<JobStatus> ofController(Map<String, String> fields, String id) {
        String state = fields.get("JobState");
        if (id.isEmpty() || state == null) {
            return Optional.empty();
        }
        String reason = fields.getOrDefault("Reason", "None");
        JobStatus status =
                ended(status(id, state), fields.getOrDefault("ExitCode", ""))
                        .because(reason.equals("None") ? "" : reason);
        // A job that nobody may start has no state of its own.
        return status.state() == JobState.QUEUED && reason.startsWith("JobHeld")
                ? Optional.of(JobStatus.of(id, JobState.HELD, state).because(reason))
                : Optional.of(status);
    }

    /// Times come as seconds since 1970 when `SLURM_TIME_FORMAT` asks for them (`scontrol(1)`,
    /// `sacct(1)`, "ENVIRONMENT VARIABLES"), so that no time zone has to be guessed.
    @Override
    public List<Question<Account>> accounts(String id) {
        List<String> seconds = List.of("env", "SLURM_TIME_FORMAT=%s");
        List<String> books = new ArrayList<>(seconds);
        books.addAll(
                List.of(
                        "sacct",
                        "--jobs=" + id,
                        "--noheader",
                        "--parsable2",
                        "--format=JobID,JobIDRaw,State,ExitCode,Start,End,TotalCPU,MaxRSS,NodeList"));
        List<String> controller = new ArrayList<>(seconds);
        controller.addAll(List.of("scontrol", "--oneliner", "show", "job", id));
        return List.of(
                new Question<>(books, Slurm::accountsOfBooks),
                new Question<>(controller, Slurm::accountsOfController));
    }

    /// A line for the job, then one for each step, `12.batch`, `12.0`; memory stands at the steps
    /// only, and time at the job is that of all steps. An element of an array, `12_3`, is there by
    /// its number too: that is its `SLURM_JOB_ID`, by which its launches are recorded.
    static Map<String, Account> accountsOfBooks(String stdout) {
        List<Account> parts = new ArrayList<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\\|", -1);
            if (fields.length < 9) {
                continue;
            }
            boolean isJob = fields[0].indexOf('.') < 0;
            for (String id : both(withoutStep(fields[0]), withoutStep(fields[1]))) {
                parts.add(
                        new Account(
                                ended(status(id, fields[2]), fields[3]),
                                isJob ? Numbers.epoch(fields[4]) : Optional.empty(),
                                isJob ? Numbers.epoch(fields[5]) : Optional.empty(),
                                isJob ? Numbers.time(fields[6]) : Optional.empty(),
                                Numbers.bytes(fields[7]),
                                isJob ? nodes(fields[8]) : List.of()));
            }
        }
        return Account.byId(parts.reversed());
    }

    private static Set<String> both(String id, String number) {
        return new LinkedHashSet<>(List.of(id, number));
    }

    private static String withoutStep(String id) {
        return id.split("\\.", 2)[0];
    }

    /// While it remembers the job the controller knows its times too, which is all there is on a
    /// site without `slurmdbd`.
    static Map<String, Account> accountsOfController(String stdout) {
        List<Account> found = new ArrayList<>();
        for (Map<String, String> job : jobs(stdout)) {
            for (String id : both(id(job), job.getOrDefault("JobId", ""))) {
                ofController(job, id)
                        .filter(status -> status.state().isFinal())
                        .ifPresent(
                                status ->
                                        found.add(
                                                new Account(
                                                        status,
                                                        time(job, "StartTime"),
                                                        time(job, "EndTime"),
                                                        Optional.empty(),
                                                        OptionalLong.empty(),
                                                        nodes(job.getOrDefault("NodeList", "")))));
            }
        }
        return Account.byId(found);
    }

    private static Optional<Instant> time(Map<String, String> fields, String name) {
        return Numbers.epoch(fields.getOrDefault(name, ""));
    }

    /// A job that never started has `None assigned` or `(null)`.
    private static List<String> nodes(String list) {
        return list.startsWith("None") || list.startsWith("(")
                ? List.of()
                : NodeNames.unfolded(list);
    }

    static Map<String, JobStatus> ofAccounts(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (String line : stdout.split("\n")) {
            String[] fields = line.split("\\|", -1);
            if (fields.length >= 3) {
                found.put(fields[0], ended(status(fields[0], fields[1]), fields[2]));
            }
        }
        return found;
    }

    /// `CANCELLED by 1000` names who did it.
    private static JobStatus status(String id, String word) {
        String first = word.split(" ", 2)[0];
        return JobStatus.of(id, STATES.getOrDefault(first, JobState.UNKNOWN), word);
    }

    /// @param code `EXIT:SIGNAL`
    private static JobStatus ended(JobStatus status, String code) {
        if (!status.state().isFinal() || code.equals(KILLED_FOR_MEMORY)) {
            return status;
        }
        int colon = code.indexOf(':');
        OptionalInt exit = Numbers.parse(colon < 0 ? code : code.substring(0, colon));
        OptionalInt signal = Numbers.parse(colon < 0 ? "" : code.substring(colon + 1));
        if (signal.orElse(0) > 0) {
            return status.killed(signal.getAsInt());
        }
        // A job that was killed from outside says 0:0; that is no exit status of the command.
        return exit.isEmpty() || exit.getAsInt() == 0 && status.state() != JobState.COMPLETED
                ? status
                : status.exited(exit.getAsInt());
    }

    @Override
    public List<String> cancel(String id) {
        return List.of("scancel", id);
    }

    @Override
    public String outputFile(Job job, String id) {
        int underscore = id.indexOf('_');
        String number = underscore < 0 ? id : id.substring(0, underscore);
        String index = underscore < 0 ? "*" : id.substring(underscore + 1);
        return job.directory().resolve(JobScript.pattern(pattern(job), number, index)).toString();
    }
}
