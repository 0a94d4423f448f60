// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.StringReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/// Grid Engine: Son of Grid Engine 8.1, Univa and Altair, Open Cluster Scheduler. `qstat` knows the
/// living, `qacct` the dead.
record GridEngine() implements Dialect {

    /// `sge_status(5)` and `qstat(1)`, "state": letters in a row. The most telling one decides.
    private static final Map<Character, JobState> LETTERS = letters();

    /// `sge_status(5)`, "failed": what the manager itself did to the job.
    private static final int LIMIT_ENFORCED = 37;

    private static final int MIGRATING = 24;
    private static final int RESCHEDULED = 25;
    private static final int AFTER_JOB = 100;

    /// The same table: the shepherd died, wrote no report, or nobody knows the job any more.
    private static final Set<Integer> NODE_LOST = Set.of(18, 19, 21);
    private static final Pattern ID = Pattern.compile("^(\\d+)(\\.\\d+-\\d+:\\d+)?$");
    private static final Pattern RANGE =
            Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}):([1-9]\\d{0,8}))?");
    private static final Pattern LIMIT = Pattern.compile("(h_rt|h_vmem)=([^, ]+)");

    private static Map<Character, JobState> letters() {
        Map<Character, JobState> letters = new LinkedHashMap<>();
        letters.put('E', JobState.FAILED);
        letters.put('d', JobState.COMPLETING);
        letters.put('s', JobState.SUSPENDED);
        letters.put('S', JobState.SUSPENDED);
        letters.put('T', JobState.SUSPENDED);
        letters.put('N', JobState.SUSPENDED);
        letters.put('P', JobState.SUSPENDED);
        letters.put('t', JobState.STARTING);
        letters.put('r', JobState.RUNNING);
        // Of a job that runs it holds only the next run.
        letters.put('h', JobState.HELD);
        letters.put('R', JobState.QUEUED);
        letters.put('w', JobState.QUEUED);
        letters.put('q', JobState.QUEUED);
        letters.put('x', JobState.COMPLETING);
        letters.put('z', JobState.COMPLETED);
        return letters;
    }

    @Override
    public String name() {
        return "gridengine";
    }

    @Override
    public List<String> refused(Job job) {
        List<String> refused = new ArrayList<>();
        boolean environment = job.options().contains("-pe");
        if (job.size().allNodes() > 1 && !environment) {
            refused.add(
                    "--nodes: a parallel environment of the site decides how slots are spread;"
                            + " use --ntasks with --native '-pe NAME SLOTS'");
        }
        job.dependency()
                .filter(other -> other.kind() != Job.Dependency.Kind.AFTERANY)
                .ifPresent(
                        other ->
                                refused.add(
                                        "--dependency "
                                                + other.kind().word()
                                                + ": Grid Engine only waits for the end, however it"
                                                + " comes (afterany)"));
        job.array()
                .filter(array -> array.first() < 1)
                .ifPresent(array -> refused.add("--array " + array + ": tasks count from 1"));
        return refused;
    }

    @Override
    public String script(Job job) {
        JobScript script = new JobScript("#$").index("SGE_TASK_ID").copiedBy("qrsh,-inherit");
        Job.Size size = job.size();
        int slots = size.allTasks() * size.coresPerTask();
        script.directive("-N " + job.name());
        script.directive("-S /bin/sh");
        script.directive("-wd " + quoted(job.directory().toString()));
        if (slots > 1 && !job.options().contains("-pe")) {
            script.directive("-pe smp " + slots);
        }
        // h_vmem is counted for each slot.
        size.memoryInMebibytes()
                .ifPresent(
                        memory ->
                                script.directive(
                                        "-l h_vmem="
                                                + Math.max(1, memory / size.coresOnNode())
                                                + "M"));
        if (size.gpusPerNode() > 0) {
            script.directive("-l gpu=" + size.gpusPerNode());
        }
        job.walltime().ifPresent(time -> script.directive("-l h_rt=" + JobScript.clock(time)));
        job.array()
                .ifPresent(
                        array -> {
                            script.directive(
                                    "-t %d-%d:%d"
                                            .formatted(array.first(), array.last(), array.step()));
                            array.atOnce().ifPresent(most -> script.directive("-tc " + most));
                        });
        job.dependency()
                .ifPresent(other -> script.directive("-hold_jid " + String.join(",", other.ids())));
        job.queue().ifPresent(queue -> script.directive("-q " + queue));
        job.account().ifPresent(account -> script.directive("-P " + account));
        script.directive("-o " + file(job, job.outputPattern()));
        if (job.error().isPresent()) {
            script.directive("-e " + file(job, job.error().get()));
        } else {
            script.directive("-j y");
        }
        job.mail()
                .ifPresent(
                        mail ->
                                script.directive("-M " + mail.address())
                                        .directive("-m " + mail.letters()));
        script.directive("-V");
        return script.command(job, JobScript.mpirun(job));
    }

    private static String file(Job job, String pattern) {
        return quoted(
                job.directory()
                        .resolve(JobScript.pattern(pattern, "$JOB_ID", "$TASK_ID"))
                        .toString());
    }

    private static String quoted(String path) {
        return path.contains(" ") ? '"' + path + '"' : path;
    }

    @Override
    public List<String> submit() {
        return List.of("qsub", "-terse");
    }

    /// `12`, of an array `12.1-100:1`.
    @Override
    public Optional<String> jobId(String stdout) {
        return Dialect.idIn(stdout, ID);
    }

    @Override
    public List<Question<JobStatus>> questions(String id) {
        return List.of(
                new Question<>(List.of("qstat", "-xml"), answer -> ofLiving(answer, id)),
                new Question<>(
                        List.of("qacct", "-j", number(id)), answer -> only(id, ofDead(answer))));
    }

    /// Both commands tell of the whole array.
    private static <T> Map<String, T> only(String id, Map<String, T> all) {
        all.keySet().removeIf(found -> id.contains(".") && !found.equals(id));
        return all;
    }

    /// Without the index of an element.
    private static String number(String id) {
        return id.split("\\.", 2)[0];
    }

    /// Elements that wait are told as ranges, `4-10:2` or `3,5`.
    static Map<String, JobStatus> ofLiving(String xml, String wanted) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        Map<String, String> fields = new LinkedHashMap<>();
        try {
            XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
            factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
            XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(xml));
            while (reader.hasNext()) {
                int event = reader.next();
                if (event == XMLStreamConstants.START_ELEMENT) {
                    String name = reader.getLocalName();
                    if (name.equals("job_list")) {
                        fields = new LinkedHashMap<>();
                    } else if (List.of("JB_job_number", "state", "tasks").contains(name)) {
                        fields.put(name, reader.getElementText());
                    }
                } else if (event == XMLStreamConstants.END_ELEMENT
                        && reader.getLocalName().equals("job_list")
                        && number(wanted).equals(fields.get("JB_job_number"))) {
                    String word = fields.getOrDefault("state", "");
                    idOf(wanted, fields.getOrDefault("tasks", ""))
                            .map(id -> living(id, word))
                            .ifPresent(status -> found.put(status.id(), status));
                }
            }
        } catch (XMLStreamException e) {
            return Map.of();
        }
        return found;
    }

    /// What is said of these elements is said of the wanted one, or of all that are wanted.
    private static Optional<String> idOf(String wanted, String tasks) {
        int dot = wanted.indexOf('.');
        if (dot < 0) {
            return Optional.of(tasks.isEmpty() ? wanted : wanted + "." + tasks);
        }
        int index = Numbers.parse(wanted.substring(dot + 1)).orElse(-1);
        boolean isMeant =
                RANGE.matcher(tasks)
                        .results()
                        .anyMatch(
                                range -> {
                                    int first = Integer.parseInt(range.group(1));
                                    int last = number(range.group(2), first);
                                    int step = number(range.group(3), 1);
                                    return index >= first
                                            && index <= last
                                            && (index - first) % step == 0;
                                });
        return isMeant ? Optional.of(wanted) : Optional.empty();
    }

    private static int number(@Nullable String digits, int otherwise) {
        return digits == null ? otherwise : Integer.parseInt(digits);
    }

    private static JobStatus living(String id, String word) {
        for (Map.Entry<Character, JobState> letter : LETTERS.entrySet()) {
            if (word.indexOf(letter.getKey()) >= 0) {
                JobState state = letter.getValue();
                // Nothing more happens to it until a person clears the error or deletes the job.
                return state == JobState.FAILED
                        ? JobStatus.of(id, state, word).because("error state; see qstat -j " + id)
                        : JobStatus.of(id, state, word);
            }
        }
        return JobStatus.of(id, JobState.UNKNOWN, word);
    }

    /// `qacct` writes local time; with `TZ=UTC` that is UTC.
    @Override
    public List<Question<Account>> accounts(String id) {
        return List.of(
                new Question<>(
                        List.of("env", "TZ=UTC", "qacct", "-j", number(id)),
                        answer -> only(id, accountsOfDead(answer))));
    }

    /// An element of an array has its own record, and so has, unless the parallel environment sums
    /// them up, what ran on each further node.
    static Map<String, Account> accountsOfDead(String stdout) {
        List<Account> parts = new ArrayList<>();
        for (Map<String, String> fields : records(stdout)) {
            dead(fields)
                    .ifPresent(
                            status ->
                                    parts.add(
                                            new Account(
                                                    status,
                                                    time(fields, "start_time"),
                                                    time(fields, "end_time"),
                                                    Numbers.time(fields.getOrDefault("cpu", "")),
                                                    Numbers.bytes(
                                                            fields.getOrDefault("maxvmem", "")),
                                                    List.of(fields.getOrDefault("hostname", "")))));
        }
        return Account.byId(parts);
    }

    private static Optional<Instant> time(Map<String, String> fields, String name) {
        return Numbers.date(fields.getOrDefault(name, ""));
    }

    static Map<String, JobStatus> ofDead(String stdout) {
        Map<String, JobStatus> found = new LinkedHashMap<>();
        for (Map<String, String> fields : records(stdout)) {
            // One that was started again has a record of each run; the last one counts.
            dead(fields).ifPresent(status -> found.put(status.id(), status));
        }
        return found;
    }

    /// What `qacct -j` prints, `NAME   VALUE` under a line of equals signs for each record.
    private static List<Map<String, String>> records(String stdout) {
        List<Map<String, String>> records = new ArrayList<>();
        for (String line : stdout.split("\n")) {
            String[] pair = line.strip().split("\\s+", 2);
            if (line.startsWith("=====")) {
                records.add(new LinkedHashMap<>());
            } else if (pair.length == 2 && !records.isEmpty()) {
                records.getLast().put(pair[0], pair[1].strip());
            }
        }
        return records;
    }

    private static Optional<JobStatus> dead(Map<String, String> fields) {
        String number = fields.get("jobnumber");
        // "137                  (Killed)"
        OptionalInt exit = Numbers.parse(fields.getOrDefault("exit_status", "").split(" ", 2)[0]);
        if (number == null || exit.isEmpty()) {
            return Optional.empty();
        }
        String task = fields.getOrDefault("taskid", "undefined");
        String id = task.equals("undefined") ? number : number + "." + task;
        String word = fields.getOrDefault("failed", "0");
        OptionalInt failed = Numbers.parse(word.split("[ :]", 2)[0]);
        int status = exit.getAsInt();
        String reason = failed.orElse(0) == 0 ? "" : word;
        if (fields.getOrDefault("deleted_by", "NONE").equals("NONE")
                && failed.orElse(0) == 0
                && status <= 128) {
            JobState state = status == 0 ? JobState.COMPLETED : JobState.FAILED;
            return Optional.of(JobStatus.of(id, state, word).exited(status));
        }
        JobState state =
                switch (failed.orElse(0)) {
                    case LIMIT_ENFORCED, AFTER_JOB -> limit(fields);
                    case MIGRATING, RESCHEDULED -> JobState.QUEUED;
                    default ->
                            NODE_LOST.contains(failed.orElse(0))
                                    ? JobState.NODE_FAILED
                                    : JobState.FAILED;
                };
        JobStatus ended = JobStatus.of(id, state, word).because(reason);
        return Optional.of(status > 128 ? ended.killed(status - 128) : ended.exited(status));
    }

    /// The manager says only that a limit was passed; the request tells which.
    private static JobState limit(Map<String, String> fields) {
        Matcher limit = LIMIT.matcher(fields.getOrDefault("category", ""));
        JobState state = JobState.FAILED;
        while (limit.find()) {
            if (limit.group(1).equals("h_rt")) {
                Optional<Duration> ran = Numbers.time(fields.getOrDefault("ru_wallclock", ""));
                Optional<Duration> allowed = Numbers.time(limit.group(2));
                if (ran.isPresent()
                        && allowed.isPresent()
                        && ran.get().compareTo(allowed.get()) >= 0) {
                    return JobState.TIMEOUT;
                }
            } else {
                long used = Numbers.bytes(fields.getOrDefault("maxvmem", "")).orElse(0);
                long allowed = Numbers.bytes(limit.group(2)).orElse(Long.MAX_VALUE);
                // What was measured last is a little below what the kernel refused.
                state = used >= 0.9 * allowed ? JobState.OUT_OF_MEMORY : state;
            }
        }
        return state;
    }

    @Override
    public List<String> cancel(String id) {
        int dot = id.indexOf('.');
        return dot < 0
                ? List.of("qdel", id)
                : List.of("qdel", id.substring(0, dot), "-t", id.substring(dot + 1));
    }

    @Override
    public String outputFile(Job job, String id) {
        String[] parts = id.split("\\.", 2);
        String pattern = job.outputPattern();
        // What waits in ranges has no output yet.
        String index = parts.length > 1 && Numbers.parse(parts[1]).isPresent() ? parts[1] : "*";
        return job.directory().resolve(JobScript.pattern(pattern, parts[0], index)).toString();
    }
}
