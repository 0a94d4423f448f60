// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Launch records from spool directories and syslog, into both databases.
class ImportIT {

    @AutoClose private static final Databases databases = new Databases();
    private static int spools;

    @ParameterizedTest
    @EnumSource
    void importsEachLaunchOnce(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        Path spool = spool(30);
        assertThat(importFrom(location, spool)).isEqualTo(new LaunchImport.Report(30, 0, 0));
        assertThat(files(spool)).isEmpty();
        write(spool, 7);
        write(spool, 30);
        assertThat(importFrom(location, spool)).isEqualTo(new LaunchImport.Report(1, 1, 0));
        assertThat(launches(location)).isEqualTo(31);
    }

    @ParameterizedTest
    @EnumSource
    void importsOnceWhenTwoImportAtOnce(Databases.Kind kind) throws Exception {
        Location location = databases.make(kind);
        Path spool = spool(400);
        try (ExecutorService two = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<LaunchImport.Report>> all = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                all.add(two.submit(() -> importFrom(location, spool)));
            }
            long added = 0;
            for (Future<LaunchImport.Report> one : all) {
                added += one.get().added();
            }
            assertThat(added).isEqualTo(400);
        }
        assertThat(files(spool)).isEmpty();
        assertThat(launches(location)).isEqualTo(400);
    }

    @ParameterizedTest
    @EnumSource
    void importsOnceWhenKilledInBetween(Databases.Kind kind) throws Exception {
        Location location = databases.make(kind);
        Path spool = spool(2000);
        Records.open(location, Clock.systemUTC()).close();
        for (long target = 200; target < 1000; target += 300) {
            Process process =
                    Databases.start(ImportProgram.class, location, spool.toString(), "100");
            while (launches(location) < target && process.isAlive()) {
                Thread.sleep(10);
            }
            process.destroyForcibly().waitFor();
        }
        long before = launches(location);
        assertThat(before).isBetween(200L, 1999L);
        assertThat(importFrom(location, spool).added()).isEqualTo(2000 - before);
        assertThat(files(spool)).isEmpty();
        assertThat(launches(location)).isEqualTo(2000);
    }

    @ParameterizedTest
    @EnumSource
    void setsAsideWhatIsNoRecord(Databases.Kind kind) throws IOException {
        Needs.that(
                System.getProperty("user.name").equals("root"),
                "root",
                "files of other users take root");
        Location location = databases.make(kind);
        Path spool = spool(1);
        Files.writeString(spool.resolve("half.json"), record(8).substring(0, 60));
        Files.writeString(spool.resolve("zero.json"), record(9).replace("samtools", "\\u0000"));
        Files.writeString(spool.resolve("half-pair.json"), record(9).replace("tools", "\\ud800"));
        Files.writeString(spool.resolve(".n1-5.part"), "{");
        Files.createSymbolicLink(spool.resolve("link.json"), Path.of("/etc/shadow"));
        Path forged = write(spool, 10);
        Files.setAttribute(forged, "unix:uid", 4242);
        assertThat(importFrom(location, spool)).isEqualTo(new LaunchImport.Report(1, 0, 5));
        Path rejected = spool.resolve("rejected");
        assertThat(files(rejected))
                .contains("half.json", "link.json", "zero.json", "half-pair.json")
                .hasSize(10);
        assertThat(rejected.resolve(forged.getFileName() + ".why"))
                .hasContent("it names user 1001 and belongs to user 4242\n");
        assertThat(rejected.resolve("half.json.why")).hasContent("it is no JSON object\n");
        assertThat(spool.resolve(".n1-5.part")).exists();
        Files.writeString(spool.resolve("half.json"), "{}");
        assertThat(importFrom(location, spool).rejected()).isEqualTo(1);
        assertThat(files(rejected)).contains("half.json", "half.json.1", "half.json.1.why");
    }

    @ParameterizedTest
    @EnumSource
    void readsSyslog(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        String text =
                "Nov 24 10:00:00 n1 amphora[77]: "
                        + record(1)
                        + "\nNov 24 10:00:00 n1 sshd[8]: {\"id\":\"x\"}\n"
                        + record(2)
                        + "\n2026-11-24T10:00:00Z n1 amphora[9]: {\"id\":\"cut of";
        List<String> notes = new ArrayList<>();
        try (Records records = Records.open(location, Clock.systemUTC())) {
            assertThat(
                            records.launchImport("root", notes::add)
                                    .lines(new BufferedReader(new StringReader(text)), "syslog"))
                    .isEqualTo(new LaunchImport.Report(2, 0, 1));
        }
        assertThat(notes).singleElement().asString().startsWith("syslog line 4: it is no JSON");
    }

    @ParameterizedTest
    @EnumSource
    void keepsTextsAsTheyAre(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        String odd = "\\N a\tb\r\nc\\\\.é😀'\"";
        String quoted = odd.replace("\\", "\\\\").replace("\"", "\\\"");
        for (String[] control : new String[][] {{"\t", "\\t"}, {"\r", "\\r"}, {"\n", "\\n"}}) {
            quoted = quoted.replace(control[0], control[1]);
        }
        String text =
                record(4)
                        .replace("\"application\":\"samtools/1.20\",", "")
                        .replace("/apps/s.sif", quoted)
                        .replace("\"samtools\"", '"' + quoted + '"');
        try (Records records = Records.open(location, Clock.systemUTC())) {
            assertThat(
                            records.launchImport("root", _ -> {})
                                    .lines(
                                            new BufferedReader(
                                                    new StringReader(text + "\n" + text)),
                                            "text"))
                    .isEqualTo(new LaunchImport.Report(1, 1, 0));
            assertThat(records.job("1").launches())
                    .singleElement()
                    .matches(launch -> launch.image().equals(odd))
                    .matches(launch -> launch.command().equals(odd));
        }
        assertThat(findings(location)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void verificationNamesLaunches(Databases.Kind kind) throws IOException {
        Location location = databases.make(kind);
        importFrom(location, spool(20));
        assertThat(findings(location)).isEmpty();
        change(location, "UPDATE launches SET node = 'n9' WHERE id = 'n1-3-1'");
        assertThat(findings(location))
                .singleElement()
                .asString()
                .isEqualTo("1 its launch n1-3-1 was changed");
        change(location, "DELETE FROM launches WHERE id = 'n1-3-1'");
        assertThat(findings(location))
                .containsExactly("1 imported 20 launches, of which 19 are there");
    }

    static LaunchImport.Report importFrom(Location location, Path spool) {
        try (Records records = Records.open(location, Clock.systemUTC())) {
            return records.launchImport("root", _ -> {}).spool(spool);
        }
    }

    private static List<String> findings(Location location) {
        try (Records records = Records.open(location, Clock.systemUTC())) {
            return records.verification().run(Optional.empty()).findings().stream()
                    .map(finding -> finding.entry() + " " + finding.text())
                    .toList();
        }
    }

    private static void change(Location location, String sql) {
        try (Database database = Database.open(location)) {
            database.update(sql);
        }
    }

    private static long launches(Location location) {
        try (Database database = Database.open(location)) {
            return database.number("SELECT count(*) FROM launches");
        }
    }

    private static Path spool(int launches) throws IOException {
        Path spool = databases.folder().resolve("spool-" + ++spools);
        Files.createDirectories(spool);
        Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwx-wx-wx"));
        for (int i = 0; i < launches; i++) {
            write(spool, i);
        }
        return spool;
    }

    private static Path write(Path spool, int number) throws IOException {
        return Files.writeString(spool.resolve("n1-" + number + "-1.json"), record(number));
    }

    /// As the starter writes it.
    private static String record(int number) {
        return "{\"id\":\"n1-%d-1\",\"time\":\"2026-11-24T09:%02d:%02d.960Z\",\"uid\":1001,\"node\":\"n1\",\"application\":\"samtools/1.20\",\"digest\":\"sha256:aa\",\"image\":\"/apps/s.sif\",\"command\":\"samtools\",\"plan\":\"sha256:bb\",\"job\":\"%d\",\"step\":\"0\"}"
                .formatted(number, number / 60 % 60, number % 60, number / 4);
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("rejected"))
                    .toList();
        }
    }
}
