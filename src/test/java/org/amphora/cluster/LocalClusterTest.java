// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The queue of one machine with real processes; its keeper runs in this one.
class LocalClusterTest {

    @TempDir private Path directory;
    private Path queue;
    private LocalCluster cluster;

    @BeforeEach
    void makeQueue() {
        queue = directory.resolve("queue");
        cluster = new LocalCluster(queue, List.of("true"));
    }

    private String submit(Job job) {
        return cluster.submit(job, directory.resolve("script"));
    }

    private JobStatus only(String id) {
        List<JobStatus> found = cluster.status(id);
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    @Test
    void runsAJobAndKeepsItsOutputAndStatus() throws Exception {
        Job job = Jobs.small(directory, "sh", "-c", "echo hello; exit 3");
        String id = submit(job);
        assertThat(only(id).state()).isEqualTo(JobState.QUEUED);
        LocalCluster.keep(queue);
        assertThat(only(id).state()).isEqualTo(JobState.FAILED);
        assertThat(only(id).exitCode()).hasValue(3);
        assertThat(Files.readString(Path.of(cluster.outputFile(job, id)))).isEqualTo("hello\n");
    }

    @Test
    void tellsTheSignalThatEndedAJob() {
        String id = submit(Jobs.small(directory, "sh", "-c", "kill -9 $$"));
        LocalCluster.keep(queue);
        assertThat(only(id).signal()).hasValue(9);
        assertThat(only(id).shellStatus()).hasValue(137);
    }

    @Test
    void endsAJobWhoseTimeIsOver() {
        String id =
                submit(
                        Jobs.small(
                                directory,
                                Optional.of(Duration.ofSeconds(1)),
                                Optional.empty(),
                                Optional.empty(),
                                "sleep",
                                "60"));
        LocalCluster.keep(queue);
        assertThat(only(id).state()).isEqualTo(JobState.TIMEOUT);
    }

    /// `tail` keeps a line that does not end.
    @Test
    void endsAJobThatHasMoreMemoryThanItAskedFor() {
        String large = "(head -c 200000000 /dev/zero; exec sleep 60) | tail -n 1";
        String id = submit(Jobs.withMemory(directory, 100, "sh", "-c", large));
        String small = submit(Jobs.withMemory(directory, 300, "sh", "-c", "sleep 1"));
        LocalCluster.keep(queue);
        assertThat(only(id).state()).isEqualTo(JobState.OUT_OF_MEMORY);
        assertThat(only(id).reason()).containsPattern("it had \\d+M of the 100M");
        assertThat(cluster.accounts(id)).hasSize(1);
        assertThat(only(small).state()).isEqualTo(JobState.COMPLETED);
    }

    /// With two cores the second would start at once.
    @Test
    void startsAJobWhenThereIsMemoryForIt() throws Exception {
        long most = LocalKeeper.memoryInMebibytes() * 6 / 10;
        String script = "echo begin >>order; sleep 1; echo end >>order";
        submit(Jobs.withMemory(directory, most, "sh", "-c", script));
        submit(Jobs.withMemory(directory, most, "sh", "-c", script));
        LocalCluster.keep(queue);
        assertThat(directory.resolve("order")).hasContent("begin\nend\nbegin\nend\n");
    }

    /// The files of the queue may lie on a server with another clock.
    @ParameterizedTest
    @ValueSource(longs = {-3600, 3600})
    void countsTimeByTheClockOfTheMachine(long skew) throws Exception {
        String id =
                submit(
                        Jobs.small(
                                directory,
                                Optional.of(Duration.ofSeconds(2)),
                                Optional.empty(),
                                Optional.empty(),
                                "sh",
                                "-c",
                                "sleep 1; echo in time; exec sleep 60"));
        LocalJob job = LocalJob.all(queue).getFirst();
        job.start();
        Files.setLastModifiedTime(
                job.directory().resolve("process"), FileTime.from(Instant.now().plusSeconds(skew)));
        LocalCluster.keep(queue);
        assertThat(only(id).state()).isEqualTo(JobState.TIMEOUT);
        assertThat(Files.readString(Path.of(cluster.outputFile(job.job(), id))))
                .isEqualTo("in time\n");
    }

    @Test
    void startsWhatDependsOnOthersOnlyWhenTheyEndedSo() {
        String bad = submit(Jobs.small(directory, "false"));
        String good = submit(Jobs.small(directory, "true"));
        String never = submit(after("afterok:" + bad));
        String then = submit(after("afterok:" + good));
        String anyway = submit(after("afterany:" + bad));
        LocalCluster.keep(queue);
        assertThat(only(never).state()).isEqualTo(JobState.CANCELLED);
        assertThat(only(then).state()).isEqualTo(JobState.COMPLETED);
        assertThat(only(anyway).state()).isEqualTo(JobState.COMPLETED);
    }

    private Job after(String dependency) {
        return Jobs.small(
                directory,
                Optional.empty(),
                Optional.empty(),
                Optional.of(Job.Dependency.parse(dependency)),
                "true");
    }

    @Test
    void runsEachElementOfAnArray() throws Exception {
        Job job =
                Jobs.small(
                        directory,
                        Optional.empty(),
                        Optional.of(Job.Array.parse("1-3")),
                        Optional.empty(),
                        "sh",
                        "-c",
                        "echo $LOCAL_ARRAY_INDEX");
        String id = submit(job);
        LocalCluster.keep(queue);
        assertThat(cluster.status(id))
                .extracting(JobStatus::id)
                .containsExactly(id + "_1", id + "_2", id + "_3");
        assertThat(Files.readString(Path.of(cluster.outputFile(job, id + "_2")))).isEqualTo("2\n");
    }

    @Test
    void cancelsAJobThatRunsAndFindsItAgainAfterItsOwnEnd() throws Exception {
        String id = submit(Jobs.small(directory, "sleep", "60"));
        LocalJob job = LocalJob.all(queue).getFirst();
        // A keeper that was killed right after it had started the job.
        job.start();
        assertThat(only(id).state()).isEqualTo(JobState.RUNNING);
        cluster.cancel(id);
        LocalCluster.keep(queue);
        assertThat(only(id).state()).isEqualTo(JobState.CANCELLED);
        assertThat(job.isAlive()).isFalse();
    }

    @Test
    void refusesByNameWhatAMachineCannotGive() {
        assertThatThrownBy(() -> cluster.script(Jobs.large()))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(problem.why())
                                        .contains("--nodes", "--gpus", "--queue", "--account"));
    }

    @Test
    void saysThatItDoesNotKnowAJob() {
        assertThat(only("99").state()).isEqualTo(JobState.UNKNOWN);
        assertThatThrownBy(() -> cluster.cancel("99")).isInstanceOf(Problem.class);
    }
}
