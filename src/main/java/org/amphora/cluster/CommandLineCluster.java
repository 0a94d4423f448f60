// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// A resource manager that is spoken to through its commands.
final class CommandLineCluster implements Cluster {

    /// A manager under load may need a minute; one that needs longer will not answer.
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// How the commands of the managers say that their server is not there, as against that it does
    /// not know the job.
    private static final Pattern UNREACHABLE =
            Pattern.compile(
                    "unable to contact|cannot connect|can't connect|connection refused|timed out"
                            + "|is down|failed to fetch|unable to send message|communication failure"
                            + "|no route to host",
                    Pattern.CASE_INSENSITIVE);

    private final Dialect dialect;

    CommandLineCluster(Dialect dialect) {
        this.dialect = dialect;
    }

    @Override
    public String manager() {
        return dialect.name();
    }

    @Override
    public String script(Job job) {
        List<String> refused = dialect.refused(job);
        if (!refused.isEmpty()) {
            throw new Problem(
                    "cannot submit to " + dialect.name(),
                    String.join("; ", refused),
                    "leave it out, or say it in the manager's own words with --native");
        }
        return dialect.script(job);
    }

    @Override
    public String submit(Job job, Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, script(job));
            // OAR starts the file itself.
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new Problem(
                    "cannot write the job's script " + file,
                    String.valueOf(e.getMessage()),
                    "check space and rights of " + file.toAbsolutePath().getParent(),
                    e);
        }
        Command command =
                Command.of(dialect.submit(job, file.toString()))
                        .in(job.directory())
                        .within(PATIENCE);
        if (dialect.readsStandardInput()) {
            command = command.withInput(new Command.Input.File(file));
        }
        Command.Result result =
                command.run()
                        .orProblem(
                                "cannot submit to " + dialect.name(),
                                "see what the manager says above; --dry-run prints the script,"
                                        + " --manager local runs it on this machine");
        return dialect.jobId(result.output())
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot tell the job's id",
                                        result.command().line()
                                                + " printed no id: "
                                                + result.output().strip(),
                                        "the job may have been submitted all the same: look at the"
                                                + " manager's own list"));
    }

    @Override
    public List<JobStatus> status(String id) {
        Answer<JobStatus> answer = ask(dialect.questions(id), id);
        return answer.jobs().isEmpty()
                ? List.of(JobStatus.unknown(id, answer.errors()))
                : sorted(answer.jobs());
    }

    @Override
    public List<Account> accounts(String id) {
        return sorted(ask(dialect.accounts(id), id).jobs());
    }

    /// What the first commands said that knew the job, or why none did.
    private record Answer<T>(Map<String, T> jobs, String errors) {}

    private <T> Answer<T> ask(List<Dialect.Question<T>> questions, String id) {
        Map<String, T> jobs = new LinkedHashMap<>();
        String errors = "";
        for (Dialect.Question<T> question : questions) {
            Command.Result result = Command.of(question.command()).within(PATIENCE).run();
            if (result.isSuccess()) {
                question.answer().apply(result.output()).forEach(jobs::putIfAbsent);
                if (!jobs.isEmpty() && !dialect.isPartial(id, jobs.keySet())) {
                    break;
                }
            } else if (jobs.isEmpty() && UNREACHABLE.matcher(result.errors()).find()) {
                result.orProblem(
                        "cannot ask " + dialect.name() + " about job " + id,
                        "wait until the manager answers again");
            }
            errors = result.errors().isBlank() ? errors : result.errors().strip();
        }
        return new Answer<>(jobs, errors);
    }

    /// In the order of the ids' numbers.
    private static <T> List<T> sorted(Map<String, T> jobs) {
        return jobs.entrySet().stream()
                .sorted(
                        Map.Entry.comparingByKey(
                                Comparator.comparingInt(String::length)
                                        .thenComparing(Comparator.naturalOrder())))
                .map(Map.Entry::getValue)
                .toList();
    }

    @Override
    public void cancel(String id) {
        Command.of(dialect.cancel(id))
                .within(PATIENCE)
                .run()
                .orProblem("cannot cancel job " + id, "amphora status " + id);
    }

    @Override
    public boolean canStage() {
        return dialect.canStage();
    }

    @Override
    public String outputFile(Job job, String id) {
        return dialect.outputFile(job, id);
    }
}
