// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.amphora.Needs;
import org.amphora.SlurmCluster;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What Slurm does to jobs is told as what it was: by the controller, and by the accounts of the
/// site when that has forgotten them.
class SlurmAccountsIT {

    @AutoClose private static SlurmCluster slurm;
    @AutoClose private static JobShell shell;

    /// The ids of jobs by how they ended.
    private static final Map<String, String> JOBS = new LinkedHashMap<>();

    /// What the controller said of them.
    private static final Map<String, JsonNode> REMEMBERED = new HashMap<>();

    /// Holds 200 MB in a variable.
    private static final String GREEDY =
            "x=$(busybox tr '\\000' x </dev/zero | busybox head -c 200000000); echo survived";

    @BeforeAll
    static void runJobsAndLetTheControllerForget() throws Exception {
        slurm = SlurmCluster.startWithAccounts(2);
        Map<String, String> environment = new HashMap<>(slurm.environment());
        environment.put("AMPHORA_RECORD", spool().toString());
        environment.put("AMPHORA_RECORDS", slurm.directory().resolve("open/records.db").toString());
        shell = JobShell.open("slurm", environment);
        String here = "-w " + slurm.node();
        JOBS.put("lost", shell.submit("exec sleep 300", "--native", "-w n2 --no-requeue"));
        JOBS.put("late", shell.submit("exec sleep 300", "-t", "1", "--native", here));
        JOBS.put("waiting", shell.submit("echo never", "-d", "afterok:" + JOBS.get("late")));
        shell.awaitState(JOBS.get("late"), "RUNNING");
        shell.awaitState(JOBS.get("lost"), "RUNNING");
        // Slurm counts minutes; an administrator can say seconds.
        asRoot("scontrol", "update", "JobId=" + JOBS.get("late"), "EndTime=now+1");
        slurm.kill("slurmd-n2");
        assertThat(shell.amphora("cancel", JOBS.get("waiting")).status()).isZero();
        JOBS.put(
                "good", shell.submit("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 2"));
        JOBS.put("bad", shell.submit("exit 7"));
        JOBS.put("killed", shell.submit("kill -9 $$"));
        JOBS.put("array", shell.submit("exit $SLURM_ARRAY_TASK_ID", "-a", "1-2"));
        if (slurm.limitsMemory()) {
            JOBS.put("greedy", shell.submit(GREEDY, "--memory", "50M"));
        }
        while (!asRoot("squeue", "--noheader").isEmpty()) {
            Thread.sleep(200);
        }
        JOBS.forEach((name, id) -> REMEMBERED.put(name, shell.status(id)));
        slurm.restart("slurmd-n2");
        slurm.stop("slurmctld");
        Command.of("sh", "-c", "rm " + slurm.directory() + "/state/job_state*").run();
        slurm.restart("slurmctld");
    }

    private static Path spool() throws IOException {
        Path spool = Files.createDirectories(slurm.directory().resolve("open/spool"));
        Command.of("chmod", "-R", "1777", slurm.directory().resolve("open").toString())
                .run()
                .orProblem("chmod", "-");
        return spool;
    }

    private static String asRoot(String... words) {
        return Command.of(words)
                .with("SLURM_CONF", slurm.environment().get("SLURM_CONF"))
                .within(Duration.ofSeconds(30))
                .run()
                .orProblem(String.join(" ", words), "-")
                .output();
    }

    private static JsonNode job(String name) {
        return shell.status(JOBS.get(name));
    }

    private static void tellsHowEachJobEnded(Function<String, JsonNode> job) {
        Map<String, String> states = new LinkedHashMap<>();
        for (String name : List.of("good", "bad", "killed", "late", "waiting", "lost")) {
            states.put(name, job.apply(name).get("state").asString());
        }
        assertThat(states)
                .containsEntry("good", "COMPLETED")
                .containsEntry("bad", "FAILED")
                .containsEntry("killed", "FAILED")
                .containsEntry("late", "TIMEOUT")
                .containsEntry("waiting", "CANCELLED")
                .containsEntry("lost", "NODE_FAILED");
        assertThat(job.apply("good").get("exitCode").asInt()).isZero();
        assertThat(job.apply("bad").get("exitCode").asInt()).isEqualTo(7);
        assertThat(job.apply("killed").get("signal").asInt()).isEqualTo(9);
    }

    @Test
    void theControllerTellsHowEachJobEnded() {
        tellsHowEachJobEnded(REMEMBERED::get);
        assertThat(REMEMBERED.get("late").get("reason").asString()).isEqualTo("TimeLimit");
        assertThat(REMEMBERED.get("lost").get("reason").asString()).isEqualTo("NodeDown");
    }

    @Test
    void theAccountsTellHowEachJobEnded() {
        tellsHowEachJobEnded(SlurmAccountsIT::job);
        assertThat(shell.status(JOBS.get("array") + "_2").get("exitCode").asInt()).isEqualTo(2);
        assertThat(shell.status(JOBS.get("array")).size()).isEqualTo(2);
    }

    @Test
    void waitsForWhatHasEnded() {
        assertThat(shell.await(JOBS.get("good"))).isZero();
        assertThat(shell.await(JOBS.get("bad"))).isEqualTo(7);
        assertThat(shell.await(JOBS.get("killed"))).isEqualTo(137);
        assertThat(shell.await(JOBS.get("lost"))).isNotZero();
        assertThat(shell.await(JOBS.get("array"))).isEqualTo(2);
    }

    @Test
    void tellsWhatAJobUsed() {
        JsonNode good = job("good");
        assertThat(good.get("cpuSeconds").asDouble()).isPositive();
        assertThat(good.get("peakMemoryInBytes").asLong()).isPositive();
        assertThat(good.get("nodes").size()).isEqualTo(1);
        assertThat(good.get("started").asString()).endsWith("Z");
        assertThat(good.get("ended").asString())
                .isGreaterThanOrEqualTo(good.get("started").asString());
    }

    @Test
    void tellsAJobThatTookTooMuchMemory() {
        Needs.that(slurm.limitsMemory(), "cgroup", "no memory controller of cgroup v1");
        assertThat(REMEMBERED.get("greedy").get("state").asString()).isEqualTo("OUT_OF_MEMORY");
        assertThat(job("greedy").get("state").asString()).isEqualTo("OUT_OF_MEMORY");
        assertThat(shell.logs(JOBS.get("greedy"))).doesNotContain("survived");
        assertThat(shell.await(JOBS.get("greedy"))).isNotZero();
    }

    /// A launch in an element of an array knows the element's own number only.
    @Test
    void joinsLaunchesWithAccounts() throws SQLException {
        Command.Result imported = shell.amphora("records", "import", spoolOfLaunches());
        assertThat(imported.status()).as(imported.errors()).isZero();
        Command.Result joined = shell.amphora("records", "accounts");
        assertThat(joined.status()).as(joined.errors()).isZero();
        Map<String, String> ends = new HashMap<>();
        try (Connection database =
                        DriverManager.getConnection(
                                "jdbc:sqlite:"
                                        + slurm.directory().resolve("open/records.db").toString());
                Statement statement = database.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "SELECT DISTINCT l.job, j.state, j.exit_code FROM launches l LEFT"
                                        + " JOIN jobs j ON j.job = l.job")) {
            while (rows.next()) {
                ends.put(rows.getString(1), rows.getString(2) + " " + rows.getString(3));
            }
        }
        assertThat(ends)
                .containsEntry(JOBS.get("good"), "COMPLETED 0")
                .containsEntry(JOBS.get("bad"), "FAILED 7")
                .containsEntry(JOBS.get("late"), "TIMEOUT null")
                .containsEntry(JOBS.get("lost"), "NODE_FAILED null")
                .doesNotContainKey(JOBS.get("waiting"))
                .containsValues("FAILED 1", "FAILED 2")
                .doesNotContainValue("null null");
    }

    private static String spoolOfLaunches() {
        return slurm.directory().resolve("open/spool").toString();
    }
}
