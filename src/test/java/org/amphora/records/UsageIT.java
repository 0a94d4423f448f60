// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.amphora.records.Usage.OpenJob;
import org.amphora.records.Usage.Query;
import org.amphora.records.Usage.User;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Usage, impact, accounts and histories of jobs, from both databases.
class UsageIT {
    private static final Instant NINE = Instant.parse("2026-11-24T09:00:00Z");
    private static final Query ALL =
            new Query(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Instant.EPOCH);

    @AutoClose private static final Databases databases = new Databases();

    @ParameterizedTest
    @EnumSource
    void countsLaunchesPeopleAndNodeHours(Databases.Kind kind) throws IOException {
        try (Records records = filled(kind)) {
            records.jobs().keep(ended("7", NINE.plus(Duration.ofHours(2))));
            assertThat(records.usage().rows(ALL))
                    .containsExactly(
                            // Job 7 had node n1 for two hours from its first launch on.
                            new Usage.Row("samtools", "1.19", 3, 2, 2.0, minute(30)),
                            new Usage.Row("", "", 1, 1, 0.0, minute(40)),
                            new Usage.Row("samtools", "1.20", 1, 1, 1.75, minute(15)));
            assertThat(
                            records.usage()
                                    .rows(
                                            new Query(
                                                    Optional.of("samtools"),
                                                    Optional.of("1.19"),
                                                    Optional.of("4000001"),
                                                    Optional.empty(),
                                                    minute(5))))
                    .containsExactly(new Usage.Row("samtools", "1.19", 1, 1, 0.0, minute(10)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysWhoWouldMissAVersion(Databases.Kind kind) throws IOException {
        try (Records records = filled(kind)) {
            assertThat(records.usage().users("samtools", "1.19", NINE))
                    .containsExactly(
                            new User("4000001", "", 2, minute(10)),
                            new User("4000002", "", 1, minute(30)));
            assertThat(records.usage().openJobs("samtools", "1.19", NINE, 9))
                    .containsExactly(
                            new OpenJob("8", "4000002", "n2", minute(30)),
                            new OpenJob("7", "4000001", "n1", minute(10)));
            records.jobs().keep(ended("7", minute(20)));
            assertThat(records.usage().openJobs("samtools", "1.19", NINE, 9))
                    .extracting(OpenJob::job)
                    .containsExactly("8");
            assertThat(records.jobs().missing(9)).containsExactly("8");
        }
    }

    @ParameterizedTest
    @EnumSource
    void tellsTheHistoryOfAJob(Databases.Kind kind) throws IOException {
        try (Records records = filled(kind)) {
            records.record(
                    new Event.Build(
                            "s.def", "c0ffee", "/s.sif", "sha256:19", Duration.ofSeconds(9), "ok"),
                    "ann");
            JobAccounts.Job account = ended("7", minute(20));
            records.jobs().keep(account);
            records.jobs().keep(account);
            JobHistory history = records.job("7");
            assertThat(history.account()).contains(account);
            assertThat(history.launches())
                    .extracting(JobHistory.Launch::version)
                    .containsExactly("1.19", "1.19", "1.20");
            assertThat(history.builds())
                    .extracting(JobHistory.Build::revision)
                    .containsExactly("c0ffee");
            assertThat(records.job("9").launches()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void forgottenPeopleAreStillCounted(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        fill(location).close();
        Clock later =
                Clock.offset(Clock.fixed(NINE, java.time.ZoneOffset.UTC), Duration.ofDays(99));
        try (Records records = Records.open(location, later)) {
            records.forgetNames(Duration.ofDays(31), "root");
            assertThat(records.usage().users("samtools", "1.19", NINE))
                    .hasSize(2)
                    .allMatch(user -> user.person().startsWith("~"));
            assertThat(records.verification().run(Optional.empty()).findings()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void bringsTablesOfTheFirstFormUpToDate(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        try (Database database = Database.open(location);
                InputStream first =
                        Objects.requireNonNull(
                                Migrations.class.getResourceAsStream("1-begin.sql"))) {
            String text = new String(first.readAllBytes(), StandardCharsets.UTF_8);
            for (String statement : text.split(";\n")) {
                database.update(statement);
            }
            database.update("CREATE TABLE migrations (step BIGINT PRIMARY KEY)");
            database.update("INSERT INTO migrations VALUES (1)");
            database.update(
                    "INSERT INTO programs VALUES (5, 'samtools', '1.19', '', 'sh', '', '')");
            database.update(
                    "INSERT INTO launches VALUES ('n1-1', ?, 'ann', '', 'n1', 5, '', '', '', 3600000,"
                            + " 1, 0)",
                    NINE.toEpochMilli());
        }
        try (Records records = Records.open(location, Clock.systemUTC())) {
            assertThat(records.usage().rows(ALL))
                    .containsExactly(new Usage.Row("samtools", "1.19", 1, 1, 1.0, NINE));
        }
        fill(location).close();
        try (Records records = Records.open(location, Clock.systemUTC())) {
            assertThat(records.usage().rows(ALL)).hasSize(3);
        }
    }

    private static Records filled(Databases.Kind kind) throws IOException {
        return fill(databases.make(kind));
    }

    private static Records fill(Location location) {
        String text =
                String.join(
                        "\n",
                        launch(0, 1, "n1", "\"application\":\"samtools/1.19\",", "7"),
                        launch(10, 1, "n1", "\"application\":\"samtools/1.19\",", "7"),
                        launch(15, 1, "n1", "\"application\":\"samtools/1.20\",", "7"),
                        launch(30, 2, "n2", "\"application\":\"samtools/1.19\",", "8"),
                        launch(40, 2, "n2", "\"image\":\"/home/bob/x.sif\",", ""));
        Records records = Records.open(location, Clock.fixed(NINE, java.time.ZoneOffset.UTC));
        var _ =
                records.launchImport("root", _ -> {})
                        .lines(new BufferedReader(new StringReader(text)), "text");
        return records;
    }

    private static String launch(int minute, int user, String node, String what, String job) {
        return "{\"id\":\"%s-%d\",\"time\":\"%s\",\"uid\":400000%d,\"node\":\"%s\",%s\"digest\":\"sha256:19\",\"command\":\"samtools\",\"job\":\"%s\"}"
                .formatted(node, minute, minute(minute), user, node, what, job);
    }

    private static Instant minute(int minute) {
        return NINE.plus(Duration.ofMinutes(minute));
    }

    private static JobAccounts.Job ended(String id, Instant end) {
        return new JobAccounts.Job(
                id,
                "COMPLETED",
                OptionalInt.of(0),
                Optional.of(NINE),
                Optional.of(end),
                OptionalLong.of(1000),
                OptionalLong.empty(),
                "n1");
    }
}
