// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// OpenPBS and PBS Professional, and their cousin Torque, which says resources and arrays
/// otherwise.
record Pbs(boolean torque) implements Dialect {

    /// `qstat(1B)` of OpenPBS 23.06 and of Torque 6.1, "job state".
    private static final Map<String, JobState> STATES =
            Map.ofEntries(
                    Map.entry("Q", JobState.QUEUED),
                    Map.entry("W", JobState.QUEUED),
                    Map.entry("T", JobState.STARTING),
                    Map.entry("H", JobState.HELD),
                    Map.entry("B", JobState.RUNNING),
                    Map.entry("R", JobState.RUNNING),
                    Map.entry("S", JobState.SUSPENDED),
                    Map.entry("U", JobState.SUSPENDED),
                    Map.entry("E", JobState.COMPLETING),
                    Map.entry("M", JobState.QUEUED),
                    Map.entry("F", JobState.COMPLETED),
                    Map.entry("X", JobState.COMPLETED),
                    Map.entry("C", JobState.COMPLETED));

    /// `job.h` of OpenPBS 23.06, `JOB_EXEC_KILL_…`, and of Torque 6.1, `JOB_EXEC_OVERLIMIT_…`.
    private static final Map<Integer, JobState> OPENPBS_ENDS =
            Map.of(
                    -26, JobState.OUT_OF_MEMORY,
                    -27, JobState.OUT_OF_MEMORY,
                    -28, JobState.TIMEOUT,
                    -29, JobState.TIMEOUT);

    private static final Map<Integer, JobState> TORQUE_ENDS =
            Map.of(
                    -10, JobState.OUT_OF_MEMORY,
                    -11, JobState.TIMEOUT,
                    -12, JobState.TIMEOUT);

    private static final int SIGNALS_FROM = 256;
    private static final int TERMINATE = 15;
    private static final Pattern HEAD = Pattern.compile("^Job Id: (\\S+)$");
    private static final Pattern ID = Pattern.compile("^(\\d+(?:\\[\\d*])?(?:\\.\\S+)?)$");

    @Override
    public String name() {
        return torque ? "torque" : "openpbs";
    }

    @Override
    public List<String> refused(Job job) {
        List<String> refused = new ArrayList<>();
        for (Optional<String> file : List.of(job.output(), job.error())) {
            file.filter(pattern -> pattern.contains("%j") || pattern.contains("%i"))
                    .ifPresent(
                            pattern ->
                                    refused.add(
                                            "--output "
                                                    + pattern
                                                    + ": PBS has no pattern for ids in file"
                                                    + " names"));
        }
        if (!torque) {
            job.array()
                    .filter(array -> array.count() < 2)
                    .ifPresent(
                            array -> refused.add("--array " + array + ": PBS wants two or more"));
        } else {
            job.array()
                    .filter(array -> array.step() != 1)
                    .ifPresent(array -> refused.add("--array " + array + ": Torque counts by 1"));
        }
        return refused;
    }

    @Override
    public String script(Job job) {
        JobScript script = new JobScript("#PBS").index(torque ? "PBS_ARRAYID" : "PBS_ARRAY_INDEX");
        script.directive("-N " + job.name());
        script.directive("-S /bin/sh");
        script.directive("-l " + (torque ? nodes(job.size()) : select(job.size())));
        job.walltime().ifPresent(time -> script.directive("-l walltime=" + JobScript.clock(time)));
        job.array().ifPresent(array -> script.directive(array(array)));
        job.dependency().ifPresent(other -> script.directive("-W depend=" + other));
        job.queue().ifPresent(queue -> script.directive("-q " + queue));
        job.account().ifPresent(account -> script.directive("-A " + account));
        job.output().ifPresent(output -> script.directive("-o " + job.directory().resolve(output)));
        if (job.error().isPresent()) {
            script.directive("-e " + job.directory().resolve(job.error().get()));
        } else {
            script.directive("-j oe");
        }
        job.mail()
                .ifPresent(
                        mail ->
                                script.directive("-M " + mail.address())
                                        .directive("-m " + mail.letters()));
        script.directive("-V");
        return script.command(job, JobScript.mpirun(job));
    }

    /// `select=2:ncpus=8:mpiprocs=4:mem=2048mb:ngpus=1`, a chunk for each node.
    private static String select(Job.Size size) {
        return "select="
                + size.allNodes()
                + ":ncpus="
                + size.coresOnNode()
                + ":mpiprocs="
                + size.tasksOnNode()
                + (size.memoryInMebibytes().isPresent()
                        ? ":mem=" + size.memoryInMebibytes().getAsLong() + "mb"
                        : "")
                + (size.gpusPerNode() > 0 ? ":ngpus=" + size.gpusPerNode() : "");
    }

    /// `nodes=2:ppn=8:gpus=1,mem=4096mb`; memory is that of the whole job.
    private static String nodes(Job.Size size) {
        return "nodes="
                + size.allNodes()
                + ":ppn="
                + size.coresOnNode()
                + (size.gpusPerNode() > 0 ? ":gpus=" + size.gpusPerNode() : "")
                + (size.memoryInMebibytes().isPresent()
                        ? ",mem=" + size.memoryInMebibytes().getAsLong() * size.allNodes() + "mb"
                        : "");
    }

    private String array(Job.Array array) {
        String range = array.first() + "-" + array.last();
        String most = array.atOnce().isPresent() ? "%" + array.atOnce().getAsInt() : "";
        return torque
                ? "-t " + range + most
                : "-J " + range + (array.step() == 1 ? "" : ":" + array.step()) + most;
    }

    @Override
    public List<String> submit() {
        return List.of("qsub");
    }

    @Override
    public Optional<String> jobId(String stdout) {
        return Dialect.idIn(stdout, ID);
    }

    @Override
    public List<Question<JobStatus>> questions(String id) {
        if (torque) {
            return List.of(new Question<>(List.of("qstat", "-f", "-1", "-t", id), this::states));
        }
        List<String> words = new ArrayList<>(List.of("qstat", "-x", "-f", "-w"));
        if (id.contains("[]")) {
            words.add("-t");
        }
        words.add(id);
        return List.of(new Question<>(words, this::states));
    }

    /// `qstat` writes local time; with `TZ=UTC` that is UTC.
    @Override
    public List<Question<Account>> accounts(String id) {
        List<String> words = new ArrayList<>(List.of("env", "TZ=UTC"));
        words.addAll(questions(id).getFirst().command());
        return List.of(new Question<>(words, this::accountsOf));
    }

    /// Fields of `pbs_job_attributes(7B)` of OpenPBS 23.06 and of `qstat(1B)` of Torque 6.1.
    Map<String, Account> accountsOf(String stdout) {
        List<Account> found = new ArrayList<>();
        for (Map<String, String> job : Blocks.parse(stdout, HEAD)) {
            status(job)
                    .filter(status -> status.state().isFinal())
                    .ifPresent(
                            status ->
                                    found.add(
                                            new Account(
                                                    status,
                                                    time(job, torque ? "start_time" : "stime"),
                                                    time(job, torque ? "comp_time" : "obittime"),
                                                    Numbers.time(used(job, "cput")),
                                                    Numbers.bytes(used(job, "mem")),
                                                    nodes(job.getOrDefault("exec_host", "")))));
        }
        return Account.byId(found);
    }

    private static Optional<Instant> time(Map<String, String> job, String name) {
        return Numbers.date(job.getOrDefault(name, ""));
    }

    private static String used(Map<String, String> job, String name) {
        return job.getOrDefault("resources_used." + name, "");
    }

    /// `n1/0*2+n2/1`
    private static List<String> nodes(String hosts) {
        return Stream.of(hosts.split("\\+"))
                .map(host -> host.replaceFirst("/.*", ""))
                .filter(host -> !host.isEmpty())
                .distinct()
                .toList();
    }

    Map<String, JobStatus> states(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (Map<String, String> fields : Blocks.parse(stdout, HEAD)) {
            status(fields).ifPresent(status -> found.put(status.id(), status));
        }
        // An array is told by its elements, once there are any.
        if (found.size() > 1) {
            found.keySet().removeIf(id -> id.contains("[]"));
        }
        return found;
    }

    private Optional<JobStatus> status(Map<String, String> fields) {
        String id = fields.get(Blocks.ID);
        String word = fields.get("job_state");
        if (id == null || word == null) {
            return Optional.empty();
        }
        JobStatus status =
                JobStatus.of(id, STATES.getOrDefault(word, JobState.UNKNOWN), word)
                        .because(fields.getOrDefault("comment", ""));
        OptionalInt code =
                Numbers.parse(
                        fields.getOrDefault("Exit_status", fields.getOrDefault("exit_status", "")));
        return Optional.of(status.state().isFinal() ? ended(status, code) : status);
    }

    /// Below 0: the manager's own reason; from 256: killed by that signal, which is how `qdel` ends
    /// a job; between: what the command's shell has said. No code: deleted before it ran.
    private JobStatus ended(JobStatus status, OptionalInt code) {
        if (code.isEmpty()) {
            return status.instead(JobState.CANCELLED);
        }
        int exit = code.getAsInt();
        if (exit < 0) {
            Map<Integer, JobState> ends = torque ? TORQUE_ENDS : OPENPBS_ENDS;
            return status.instead(ends.getOrDefault(exit, JobState.FAILED))
                    .because(status.reason().isEmpty() ? "Exit_status " + exit : status.reason());
        }
        if (exit >= SIGNALS_FROM) {
            int signal = exit - SIGNALS_FROM;
            boolean cancelled = signal == TERMINATE;
            return status.instead(cancelled ? JobState.CANCELLED : JobState.FAILED).killed(signal);
        }
        return status.instead(exit == 0 ? JobState.COMPLETED : JobState.FAILED).exited(exit);
    }

    @Override
    public List<String> cancel(String id) {
        return List.of("qdel", id);
    }

    /// Without a name of its own the output is `NAME.oNUMBER`, of an array's element
    /// `NAME.oNUMBER.INDEX` (OpenPBS) or `NAME.oNUMBER-INDEX` (Torque).
    @Override
    public String outputFile(Job job, String id) {
        if (job.output().isPresent()) {
            return job.directory().resolve(job.output().get()).toString();
        }
        String number = id.split("\\.", 2)[0];
        int open = number.indexOf('[');
        String name = job.name() + ".o" + (open < 0 ? number : number.substring(0, open));
        if (open >= 0) {
            String index = number.substring(open + 1).replace("]", "");
            name += (torque ? "-" : ".") + (index.isEmpty() ? "*" : index);
        }
        return job.directory().resolve(name).toString();
    }
}
