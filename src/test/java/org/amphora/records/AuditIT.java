// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.amphora.Needs;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The audit chain in both databases.
class AuditIT {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00.123Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final List<Event> EVENTS =
            List.of(
                    new Event.Build(
                            "a.def", "", "/x.sif", "sha256:aa", Duration.ofSeconds(3), "ok"),
                    new Event.Check("/x.sif", "sha256:aa", "n1", "srun", "fits", ""),
                    new Event.Publication("promote", "samtools", "1.20", "", "c0ffee", "tested"),
                    new Event.Deployment("c1", "c0ffee", 1, 0, "[{\"app\":\"samtools\"}]"));

    @AutoClose private static final Databases databases = new Databases();

    @ParameterizedTest
    @EnumSource
    void keepsEventsInOneChain(Databases.Kind kind) throws IOException {
        try (Records records = Records.open(filled(kind), CLOCK)) {
            List<AuditEntry> entries = new ArrayList<>();
            records.audit().each(1, entries::add);
            assertThat(entries)
                    .extracting(AuditEntry::subject)
                    .containsExactly("sha256:aa", "sha256:aa", "samtools/1.20", "c1");
            assertThat(entries).extracting(AuditEntry::person).containsOnly("alice");
            assertThat(entries.getLast().previous()).isEqualTo(entries.get(2).hash());
            assertThat(entries.getLast().details())
                    .isEqualTo(
                            "{\"cluster\":\"c1\",\"revision\":\"c0ffee\",\"changed\":1,\"removed\":0,"
                                    + "\"changes\":\"[{\\\"app\\\":\\\"samtools\\\"}]\"}");
            ChainVerification.Result result = records.verification().run(Optional.empty());
            assertThat(result.findings()).isEmpty();
            assertThat(result.entries()).isEqualTo(4);
            assertThat(result.head().hash()).isEqualTo(entries.getLast().hash());
        }
    }

    /// The recipe of docs/records.md, without Amphora.
    @Test
    void hashIsThatOfTheLines() throws IOException {
        try (Records records = Records.open(filled(Databases.Kind.SQLITE), CLOCK)) {
            List<AuditEntry> entries = new ArrayList<>();
            records.audit().each(4, entries::add);
            AuditEntry entry = entries.getFirst();
            Path lines =
                    Files.writeString(
                            databases.folder().resolve("lines"),
                            "4\n2026-11-24T10:00:00.123Z\ndeploy\nc1\n"
                                    + entry.details()
                                    + "\n"
                                    + entry.personDigest()
                                    + "\n"
                                    + entry.previous());
            assertThat(Command.of("sha256sum", lines.toString()).run().output())
                    .startsWith(entry.hash());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UPDATE audit SET subject = 'c2' WHERE number = 4 | entry 4 was changed",
                "UPDATE audit SET time = time + 1 WHERE number = 1 | entry 1 was changed",
                "UPDATE audit SET person = 'bob' WHERE number = 2 | entry 2 was given another",
                "UPDATE audit SET salt = NULL, person = 'bob' WHERE number = 2 | entry 2 lost its",
                "DELETE FROM audit WHERE number = 2 | entry 2 was removed",
                "DELETE FROM audit WHERE number = 4 | entry 4 was removed",
                "DELETE FROM publications | entry 3 its row of publications was removed",
                "UPDATE builds SET digest = 'sha256:bb' | entry 1 its row of builds was changed",
                "UPDATE deployments SET changed = 2 | entry 4 its row of deployments was changed",
                "UPDATE checks SET entry = 9 | entry 9 a row of checks belongs to no entry",
                "UPDATE head SET hash = previous FROM audit WHERE audit.number = 4 | entry 4 is not"
            })
    void namesWhatWasChanged(String sql, String finding) throws IOException {
        for (Databases.Kind kind : Databases.Kind.values()) {
            Location location = filled(kind);
            try (Database database = Database.open(location)) {
                database.update(sql);
            }
            try (Records records = Records.open(location, CLOCK)) {
                assertThat(records.verification().run(Optional.empty()).findings())
                        .as(kind.toString())
                        .extracting(f -> "entry " + f.entry() + " " + f.text())
                        .anyMatch(text -> text.startsWith(finding));
            }
        }
    }

    /// Who can write everything can make all of it anew; not what was noted down elsewhere.
    @Test
    void keptHeadShowsThatAllWasRemade() throws IOException {
        AuditChain.Head kept;
        try (Records records = Records.open(filled(Databases.Kind.SQLITE), CLOCK)) {
            kept = records.audit().head();
            assertThat(records.verification().run(Optional.of(kept)).findings()).isEmpty();
        }
        try (Records forged = Records.open(filled(Databases.Kind.SQLITE), CLOCK)) {
            assertThat(forged.verification().run(Optional.empty()).findings()).isEmpty();
            assertThat(forged.verification().run(Optional.of(kept)).findings())
                    .singleElement()
                    .matches(finding -> finding.text().contains("noted down"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void concurrentWritersKeepOneChain(Databases.Kind kind) throws Exception {
        Location location = databases.make(kind);
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(
                        writers.submit(
                                () -> {
                                    try (Records records = Records.open(location, CLOCK)) {
                                        for (int j = 0; j < 10; j++) {
                                            records.record(EVENTS.get(j % 4), "alice");
                                        }
                                    }
                                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        try (Records records = Records.open(location, CLOCK)) {
            ChainVerification.Result result = records.verification().run(Optional.empty());
            assertThat(result.findings()).isEmpty();
            assertThat(result.entries()).isEqualTo(40);
        }
    }

    @ParameterizedTest
    @EnumSource
    void acknowledgedEntriesSurviveKillOfTheWriter(Databases.Kind kind) throws Exception {
        Location location = databases.make(kind);
        Process writer = Databases.start(WritingProgram.class, location);
        long acknowledged = read(writer, 25);
        writer.destroyForcibly().waitFor();
        assertUnbroken(location, acknowledged);
    }

    @Test
    void acknowledgedEntriesSurviveKillOfTheServer() throws Exception {
        Location location = databases.make(Databases.Kind.POSTGRESQL);
        Process writer = Databases.start(WritingProgram.class, location);
        try {
            long acknowledged = read(writer, 25);
            databases.killServer();
            assertUnbroken(location, acknowledged);
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @EnumSource
    void forgetsNamesAndKeepsTheChain(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        for (String day : List.of("2025-01-31", "2025-02-01", "2025-02-20", "2026-11-01")) {
            Clock clock = Clock.fixed(Instant.parse(day + "T12:00:00Z"), ZoneOffset.UTC);
            try (Records records = Records.open(location, clock)) {
                records.record(EVENTS.getFirst(), "alice");
            }
        }
        try (Records records = Records.open(location, CLOCK)) {
            assertThat(records.forgetNames(Duration.ofDays(365), "root")).isEqualTo(2);
            assertThat(records.forgetNames(Duration.ofDays(365), "root")).isZero();
            List<AuditEntry> entries = new ArrayList<>();
            records.audit().each(1, entries::add);
            List<String> people = entries.stream().map(AuditEntry::person).toList();
            assertThat(people.get(0)).startsWith("~").isNotEqualTo(people.get(1));
            assertThat(people.get(1)).startsWith("~").isEqualTo(people.get(2));
            assertThat(people.subList(3, 5)).containsExactly("alice", "root");
            assertThat(entries.getLast().action()).isEqualTo("pseudonymise");
            assertThat(records.verification().run(Optional.empty()).findings()).isEmpty();
        }
    }

    @Test
    void nothingOfForgottenNamesStaysInTheFile() throws IOException {
        Location.File location = (Location.File) databases.make(Databases.Kind.SQLITE);
        Clock old = Clock.fixed(Instant.parse("2024-01-31T12:00:00Z"), ZoneOffset.UTC);
        try (Records records = Records.open(location, old)) {
            records.record(EVENTS.getFirst(), "marie-curie");
        }
        assertThat(content(location)).contains("marie-curie");
        try (Records records = Records.open(location, CLOCK)) {
            records.forgetNames(Duration.ofDays(365), "root");
        }
        assertThat(content(location)).doesNotContain("marie-curie");
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhatANewerProgramHasMade(Databases.Kind kind) throws IOException {
        Location location = filled(kind);
        try (Database database = Database.open(location)) {
            database.update("INSERT INTO migrations VALUES (99)");
        }
        assertThatThrownBy(() -> Records.open(location, CLOCK))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("newer");
    }

    @Test
    void refusesFileSystemsOfSeveralMachines() throws IOException {
        Needs.program("squashfuse");
        Needs.program("mksquashfs");
        Path mount = Files.createDirectories(databases.folder().resolve("shared"));
        Path image = databases.folder().resolve("empty.sqfs");
        Path empty = Files.createDirectories(databases.folder().resolve("empty"));
        Command.of("mksquashfs", empty.toString(), image.toString(), "-quiet", "-no-progress")
                .run()
                .orProblem("cannot prepare the test", "see above");
        Command.Result mounted =
                Command.of(
                                "squashfuse",
                                "-o",
                                "subtype=glusterfs",
                                image.toString(),
                                mount.toString())
                        .run();
        Needs.that(mounted.isSuccess(), "fuse", "cannot mount with FUSE: " + mounted.errors());
        try {
            Location location = Location.parse("records.db", mount, Optional.empty());
            assertThatThrownBy(() -> Records.open(location, CLOCK))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("fuse.glusterfs");
        } finally {
            Command.of("umount", mount.toString()).run();
        }
    }

    private static Location filled(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        try (Records records = Records.open(location, CLOCK)) {
            EVENTS.forEach(event -> records.record(event, "alice"));
        }
        return location;
    }

    private static long read(Process writer, int lines) throws IOException {
        @SuppressWarnings("resource") // the process owns its output
        BufferedReader output = writer.inputReader(StandardCharsets.UTF_8);
        String last = "";
        for (int i = 0; i < lines; i++) {
            last = output.readLine();
        }
        return Long.parseLong(last);
    }

    private static void assertUnbroken(Location location, long acknowledged) {
        try (Records records = Records.open(location, CLOCK)) {
            ChainVerification.Result result = records.verification().run(Optional.empty());
            assertThat(result.findings()).isEmpty();
            assertThat(result.entries()).isGreaterThanOrEqualTo(acknowledged);
        }
    }

    private static String content(Location.File location) throws IOException {
        return Files.readString(location.path(), StandardCharsets.ISO_8859_1);
    }
}
