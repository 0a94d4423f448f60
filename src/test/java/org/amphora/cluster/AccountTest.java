// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What managers write down about jobs that have ended.
class AccountTest {

    @Test
    void readsTheBooksOfSlurm() {
        Map<String, Account> accounts =
                Slurm.accountsOfBooks(
                        """
                        12|12|FAILED|3:0|1795521030|1795521034|00:01.250||n[01-02]
                        12.batch|12.batch|FAILED|3:0|1795521030|1795521034|00:00.250|2048K|n01
                        12.0|12.0|COMPLETED|0:0|1795521031|1795521033|00:01|3M|n[01-02]
                        13|13|CANCELLED by 1000|0:0|Unknown|1795521040|00:00:00||None assigned
                        """);
        Account account = at(accounts, "12");
        assertThat(account.status().exitCode()).hasValue(3);
        assertThat(account.start()).contains(Instant.ofEpochSecond(1795521030));
        assertThat(account.end()).contains(Instant.ofEpochSecond(1795521034));
        assertThat(account.cpuTime()).contains(Duration.ofMillis(1250));
        assertThat(account.peakMemoryInBytes()).hasValue(3 << 20);
        assertThat(account.nodes()).containsExactly("n01", "n02");
        assertThat(at(accounts, "13").start()).isEmpty();
        assertThat(at(accounts, "13").nodes()).isEmpty();
        assertThat(at(accounts, "13").status().state()).isEqualTo(JobState.CANCELLED);
    }

    /// Launches know an element of an array by its number, people by its index.
    @Test
    void knowsElementsOfSlurmsArraysByTheirNumbersToo() {
        Map<String, Account> books =
                Slurm.accountsOfBooks(
                        """
                        4_1|5|FAILED|1:0|1795521030|1795521031|00:01||n1
                        4_1.batch|5.batch|FAILED|1:0|1795521030|1795521031|00:01|2M|n1
                        4_2|4|COMPLETED|0:0|1795521030|1795521032|00:01||n2
                        """);
        assertThat(books).containsOnlyKeys("4_1", "5", "4_2", "4");
        assertThat(at(books, "5").status().exitCode()).hasValue(1);
        assertThat(at(books, "5").peakMemoryInBytes()).hasValue(2 << 20);
        assertThat(at(books, "4").status().state()).isEqualTo(JobState.COMPLETED);
        Map<String, Account> remembered =
                Slurm.accountsOfController(
                        "JobId=5 ArrayJobId=4 ArrayTaskId=1 JobState=FAILED ExitCode=1:0\n");
        assertThat(remembered).containsOnlyKeys("4_1", "5");
    }

    private static Account at(Map<String, Account> accounts, String id) {
        assertThat(accounts).containsKey(id);
        return accounts.get(id);
    }

    @Test
    void asksTheControllerWhereNobodyKeepsBooks() {
        Map<String, Account> accounts =
                Slurm.accountsOfController(
                        """
                        JobId=1 JobState=FAILED ExitCode=3:0 StartTime=1795521030 EndTime=1795521031 NodeList=n2
                        JobId=2 JobState=RUNNING ExitCode=0:0 StartTime=1795521030 EndTime=1795599999 NodeList=n2
                        """);
        assertThat(accounts).containsOnlyKeys("1");
        assertThat(at(accounts, "1").end()).contains(Instant.ofEpochSecond(1795521031));
        assertThat(at(accounts, "1").nodes()).containsExactly("n2");
    }

    @Test
    void readsTheRecordsOfGridEngine() throws IOException {
        Account account =
                at(GridEngine.accountsOfDead(recorded("gridengine-8.1.9-qacct-limit")), "3");
        assertThat(account.start()).contains(Instant.parse("2026-11-24T11:48:06Z"));
        assertThat(account.end()).contains(Instant.parse("2026-11-24T11:48:09Z"));
        assertThat(account.status().state()).isEqualTo(JobState.TIMEOUT);
        assertThat(account.status().signal()).hasValue(9);
        assertThat(account.peakMemoryInBytes()).hasValue(Math.round(1.711 * (1 << 20)));
        assertThat(account.nodes()).containsExactly("vm");
    }

    private static String recorded(String name) throws IOException {
        try (InputStream in = AccountTest.class.getResourceAsStream(name + ".txt")) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void sumsUpTheRunsAndNodesOfOneJob() {
        String both =
                """
                ==============================================================
                jobnumber 5
                hostname n1
                failed 25 : rescheduling
                exit_status 0
                start_time 11/24/2026 11:00:00.000
                end_time 11/24/2026 11:01:00.000
                cpu 10.5s
                ==============================================================
                jobnumber 5
                hostname n2
                failed 0
                exit_status 4
                start_time 11/24/2026 11:02:00.000
                end_time 11/24/2026 11:03:00.000
                cpu 20s
                """;
        Account account = at(GridEngine.accountsOfDead(both), "5");
        assertThat(account.status().exitCode()).hasValue(4);
        assertThat(account.cpuTime()).contains(Duration.ofMillis(30_500));
        assertThat(account.start()).contains(Instant.parse("2026-11-24T11:00:00Z"));
        assertThat(account.end()).contains(Instant.parse("2026-11-24T11:03:00Z"));
        assertThat(account.nodes()).containsExactly("n1", "n2");
        assertThat(GridEngine.ofDead(both).get("5").exitCode()).hasValue(4);
    }

    @Test
    void readsWhatPbsRemembers() {
        String job =
                """
                Job Id: 12.server
                    job_state = F
                    Exit_status = 0
                    resources_used.cput = 00:00:09
                    resources_used.mem = 1536kb
                    exec_host = n1/0*2+n2/0*2
                    stime = Tue Nov 24 11:48:06 2026
                    obittime = Tue Nov 24 11:49:06 2026
                """;
        Account account = at(new Pbs(false).accountsOf(job), "12.server");
        assertThat(account.end()).contains(Instant.parse("2026-11-24T11:49:06Z"));
        assertThat(account.cpuTime()).contains(Duration.ofSeconds(9));
        assertThat(account.peakMemoryInBytes()).hasValue(1536 << 10);
        assertThat(account.nodes()).containsExactly("n1", "n2");
    }

    @Test
    void readsTheHistoryOfHtCondorAndFlux() {
        Account condor =
                at(
                        HtCondor.accountsOf(
                                "7.0\t4\t0\tfalse\tundefined\tundefined\tundefined"
                                        + "\t1795521030\t1795521040\t2.5\t12\tslot1_1@n1\n"),
                        "7.0");
        assertThat(condor.end()).contains(Instant.ofEpochSecond(1795521040));
        assertThat(condor.peakMemoryInBytes()).hasValue(12 << 20);
        assertThat(condor.nodes()).containsExactly("n1");
        Account flux =
                at(
                        Flux.accountsOf(
                                "ƒA1\tCOMPLETED\t0\t\t1795521030.5\t1795521040.25\tn[1-2]\n"),
                        "ƒA1");
        assertThat(flux.start()).contains(Instant.ofEpochMilli(1795521030500L));
        assertThat(flux.nodes()).containsExactly("n1", "n2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "n1; n1",
                "n[1-3,7]; n1 n2 n3 n7",
                "n[08-10]; n08 n09 n10",
                "login,r[1-2]n[1-2]; login r1n1 r2n1 r1n2 r2n2",
                "n[1-; n[1-",
            })
    void unfoldsNamesOfNodes(String list, String names) {
        assertThat(NodeNames.unfolded(list)).containsExactlyInAnyOrder(names.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "0.011s, 11",
        "61, 61000",
        "01:02.5, 62500",
        "3:00:01, 10801000",
        "1-02:03:04, 93784000",
        "x, ",
        "1:2:3:4, ",
        "-, ",
    })
    void readsTimes(String text, Long millis) {
        assertThat(Numbers.time(text).map(Duration::toMillis).orElse(null)).isEqualTo(millis);
    }

    @Test
    void findsNothingInGarbage() {
        Stream<Function<String, Map<String, Account>>> readers =
                Stream.of(
                        Slurm::accountsOfBooks,
                        Slurm::accountsOfController,
                        GridEngine::accountsOfDead,
                        new Pbs(false)::accountsOf,
                        HtCondor::accountsOf,
                        Flux::accountsOf);
        readers.forEach(
                reader -> {
                    for (String text :
                            new String[] {"", "garbage", "====", "JobId=", "Job Id: 1", "\t\t\t"}) {
                        assertThat(reader.apply(text)).as(text).isEmpty();
                    }
                });
    }
}
