// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// A queue on one machine, for the user who asks: cores and memory are shared out, jobs wait for
/// others, arrays run element by element. All state is in files ({@link LocalJob}); a keeper
/// process starts what fits and ends when there is nothing left. When it is killed, running jobs go
/// on, and the next one that anybody starts finds them again.
public final class LocalCluster implements Cluster {

    static final String NAME = "local";

    private final Path directory;
    private final List<String> keeper;

    /// @param keeper the command that keeps the queue, in a process of its own
    LocalCluster(Path directory, List<String> keeper) {
        this.directory = directory;
        this.keeper = List.copyOf(keeper);
    }

    /// The caller's queue, under `XDG_STATE_HOME`.
    static LocalCluster of(Map<String, String> environment, Path launcher) {
        Path directory = JobBook.stateDirectory(environment).resolve("queue");
        return new LocalCluster(
                directory,
                List.of("setsid", "--fork", launcher.toString(), "queue", directory.toString()));
    }

    @Override
    public String manager() {
        return NAME;
    }

    @Override
    public String script(Job job) {
        List<String> refused = new ArrayList<>();
        if (job.size().allNodes() > 1) {
            refused.add("--nodes: this is one machine");
        }
        if (job.size().gpusPerNode() > 0) {
            refused.add("--gpus: the local queue does not share out GPUs");
        }
        job.queue().ifPresent(queue -> refused.add("--queue: there is one local queue"));
        job.account().ifPresent(account -> refused.add("--account: nobody keeps accounts here"));
        job.mail().ifPresent(mail -> refused.add("--mail-to: the local queue sends no mail"));
        if (!job.options().isEmpty()) {
            refused.add("--native: the local queue has no further options");
        }
        if (job.size().coresOnNode() > LocalKeeper.cores()) {
            refused.add(
                    "%d cores: this machine has %d"
                            .formatted(job.size().coresOnNode(), LocalKeeper.cores()));
        }
        job.size().memoryInMebibytes().stream()
                .filter(memory -> memory > LocalKeeper.memoryInMebibytes())
                .forEach(
                        memory ->
                                refused.add(
                                        "--memory %dM: this machine has %dM"
                                                .formatted(
                                                        memory, LocalKeeper.memoryInMebibytes())));
        if (!refused.isEmpty()) {
            throw new Problem(
                    "cannot submit to the local queue",
                    String.join("; ", refused),
                    "ask for less, or name another manager with --manager");
        }
        // A "#" line that no manager reads keeps the scripts of all managers alike.
        return new JobScript("#").index("LOCAL_ARRAY_INDEX").command(job, JobScript.mpirun(job));
    }

    @Override
    public String submit(Job job, Path file) {
        String text = script(job);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text);
            String id = LocalJob.add(directory, job, text);
            startKeeper();
            return id;
        } catch (IOException e) {
            throw new Problem(
                    "cannot submit to the local queue",
                    String.valueOf(e.getMessage()),
                    "check space and rights of " + directory,
                    e);
        }
    }

    @Override
    public List<JobStatus> status(String id) {
        List<JobStatus> found = new ArrayList<>();
        for (LocalJob job : LocalJob.all(directory)) {
            if (job.belongsTo(id)) {
                found.add(job.status());
            }
        }
        if (found.stream().anyMatch(status -> !status.state().isFinal())) {
            startKeeper();
        }
        return found.isEmpty()
                ? List.of(JobStatus.unknown(id, "no such job in " + directory))
                : found;
    }

    @Override
    public List<Account> accounts(String id) {
        return LocalJob.all(directory).stream()
                .filter(job -> job.belongsTo(id))
                .flatMap(job -> job.account().stream())
                .toList();
    }

    @Override
    public void cancel(String id) {
        List<LocalJob> wanted =
                LocalJob.all(directory).stream().filter(job -> job.belongsTo(id)).toList();
        if (wanted.isEmpty()) {
            throw new Problem(
                    "cannot cancel job " + id, "the local queue has no such job", "amphora jobs");
        }
        wanted.forEach(job -> job.end(LocalJob.CANCELLED));
        startKeeper();
    }

    @Override
    public boolean canStage() {
        return true;
    }

    @Override
    public String outputFile(Job job, String id) {
        return LocalJob.outputFile(job, id);
    }

    /// Starting one more is harmless: the second finds the queue locked and ends.
    private void startKeeper() {
        Command.of(keeper)
                .within(Duration.ofSeconds(30))
                .withOutput(new Command.Output.File(Path.of("/dev/null")))
                .withErrors(new Command.Output.File(directory.resolve("keeper.log")))
                .run();
    }

    /// What the keeper process does, from start to end.
    public static void keep(Path directory) {
        new LocalKeeper(directory).run();
    }
}
