// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Ranks that share a container: with each build of the starter, as users with and without
/// subordinate ids; the
/// image is one static program (`rank.c`), as a SquashFS file and as a directory.
class JoiningIT {

    private static Path folder;

    private final List<Process> started = new ArrayList<>();

    /// @param user who launches
    /// @param program which build of the starter
    /// @param root the directives of the image
    private record Kind(String user, String program, String root) {}

    /// What `rank hold` tells of itself.
    private record Rank(
            Process process,
            String container,
            String pid,
            String address,
            String umask,
            String directory,
            String uid,
            String name) {}

    @BeforeAll
    static void build() throws IOException {
        Needs.program("make");
        Needs.program("cc");
        Needs.program("mksquashfs");
        Needs.program("squashfuse_ll");
        Needs.program("runuser");
        Needs.that(System.getProperty("user.name").equals("root"), "root", "not root");
        folder = Files.createTempDirectory(Path.of("/tmp"), "amphora-joining-it-");
        Command.of("chmod", "755", folder.toString()).run();
        Path out = Path.of("target/starter").toAbsolutePath();
        Command.of("make", "-s", "-C", "starter", "OUT=" + out, "all", "asan", "old")
                .run()
                .orProblem("cannot build the starter", "install a C compiler");
        for (String name : List.of("amphora-start", "amphora-start-asan", "amphora-start-old")) {
            Files.copy(out.resolve(name), folder.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
            Command.of("chmod", "755", folder.resolve(name).toString()).run();
        }
        Path tree = Files.createDirectories(folder.resolve("tree"));
        for (String directory : List.of("bin", "proc", "tmp", "opt")) {
            Files.createDirectories(tree.resolve(directory));
        }
        Command.of(
                        "cc",
                        "-static",
                        "-o",
                        tree + "/bin/rank",
                        "src/test/resources/org/amphora/launch/rank.c")
                .run()
                .orProblem("cannot compile rank.c", "install libc6-dev");
        Command.of("mksquashfs", tree.toString(), image(), "-all-root", "-quiet", "-no-progress")
                .run()
                .orProblem("cannot make the image", "see above");
    }

    @AfterEach
    void endAll() throws Exception {
        for (Process process : started) {
            process.destroyForcibly();
        }
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            if (process.info().command().orElse("").startsWith(folder + "/amphora-start")) {
                process.destroy();
            }
        }
        assertNothingIsLeft();
    }

    @AfterAll
    static void remove() {
        if (folder != null) {
            Command.of("rm", "-rf", folder.toString()).run();
        }
    }

    static Stream<Kind> kinds() {
        return Stream.of(
                        List.of("amphora-alice", "amphora-start"),
                        List.of("amphora-bob", "amphora-start-old"),
                        List.of("amphora-alice", "amphora-start-asan"),
                        List.of("amphora-bob", "amphora-start-asan"))
                .flatMap(
                        pair ->
                                Stream.of(squashfs(), directory())
                                        .map(root -> new Kind(pair.get(0), pair.get(1), root)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void copiesBetweenRanksOfOneGroupOnly(Kind kind) throws Exception {
        Path scope = Path.of("/proc/sys/kernel/yama/ptrace_scope");
        Needs.that(
                !Files.exists(scope) || Files.readString(scope).startsWith("0"),
                "ptrace",
                "kernel.yama.ptrace_scope forbids CMA on the host, too");
        Rank first = hold(kind, "one");
        Rank second = hold(kind, "one");
        Rank stranger = hold(kind, "other");

        assertThat(second.container()).isEqualTo(first.container());
        assertThat(stranger.container()).isNotEqualTo(first.container());
        assertThat(read(kind, "one", first)).isEqualTo("meeting");
        assertThat(read(kind, "one", second)).isEqualTo("meeting");
        assertThat(read(kind, "one", stranger)).isEqualTo("EPERM");
        assertThat(read(kind, "other", first)).isEqualTo("EPERM");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void letsALateRankJoinWhenTheFirstHasEnded(Kind kind) throws Exception {
        Rank first = hold(kind, "late");
        Rank second = hold(kind, "late");
        first.process().destroyForcibly().waitFor();
        kill(first);

        Rank late = hold(kind, "late");

        assertThat(late.container()).isEqualTo(second.container());
        kill(second);
        kill(late);
        assertThat(hold(kind, "late").container()).isNotBlank();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void leavesToEachRankWhatIsItsOwn(Kind kind) throws Exception {
        Rank first = hold(kind, "own");
        Process other =
                start(
                        kind,
                        Map.of("RANK", "1", "GROUP", "own", "NAME", "second"),
                        "umask\t0027\ncwd\t/opt\nexec\t/bin/rank\thold\n");
        Rank second = told(other);

        assertThat(second.container()).isEqualTo(first.container());
        assertThat(second.umask()).isEqualTo("027");
        assertThat(second.directory()).isEqualTo("/opt");
        assertThat(second.name()).isEqualTo("second");
        assertThat(first.directory()).isEqualTo("/");
        assertThat(first.name()).isEqualTo("-");
        assertThat(first.uid()).isEqualTo(second.uid()).isNotEqualTo("0");
    }

    @Test
    void makesOneContainerForSixteenRanksAtOnce() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        for (int round = 0; round < 3; round++) {
            List<Process> ranks = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                ranks.add(startHolding(kind, "many" + round));
            }
            Set<String> containers = new HashSet<>();
            for (Process rank : ranks) {
                containers.add(told(rank).container());
            }
            assertThat(containers).hasSize(1);
            assertThat(servers()).hasSize(1);
            for (Process rank : ranks) {
                kill(rank);
            }
            assertNothingIsLeft();
        }
    }

    /// Each ends at once, so that some find nobody any more: none may fail or hang.
    @Test
    void startsRanksThatEndAtOnce() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        List<Process> ranks = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            Process rank = startHolding(kind, "short");
            rank.getOutputStream().close();
            ranks.add(rank);
        }
        for (Process rank : ranks) {
            assertThat(rank.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(rank.exitValue()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void recordsALaunchOnceForItsRanks(Kind kind) throws Exception {
        Path spool = Files.createTempDirectory(folder, "spool");
        Command.of("chmod", "1733", spool.toString()).run();
        String rest =
                "record\t"
                        + spool
                        + "\tapplication=a \"b\" \\\\ \\t\tjob:NONE,JOB\tstep:NONE\nexec\t/bin/rank\thold\n";
        Map<String, String> variables = Map.of("RANK", "0", "GROUP", "record", "JOB", "4711");
        Rank first = told(start(kind, variables, rest));
        assertThat(told(start(kind, variables, rest)).container()).isEqualTo(first.container());

        List<Path> records;
        try (Stream<Path> files = Files.list(spool)) {
            records = files.toList();
        }
        assertThat(records).hasSize(1);
        String id = records.getFirst().getFileName().toString().replace(".json", "");
        assertThat(Files.readString(records.getFirst()))
                .startsWith("{\"id\":\"" + id + "\",\"time\":\"20")
                .contains("Z\",\"uid\":" + first.uid() + ",\"node\":\"")
                .endsWith("\",\"application\":\"a \\\"b\\\" \\\\ \\u0009\",\"job\":\"4711\"}\n");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void launchesThoughNothingCanBeRecorded(Kind kind) throws Exception {
        for (String destination : List.of("/no/such", "/", "syslog")) {
            Process rank =
                    start(
                            kind,
                            Map.of(),
                            "record\t" + destination + "\ta=b\nexec\t/bin/rank\thold\n");
            assertThat(told(rank).container()).isNotBlank();
            assertThat(rank.errorReader().ready()).isFalse();
        }
    }

    @Test
    void neverMeetsAnotherUser() throws Exception {
        Rank alice = hold(new Kind("amphora-alice", "amphora-start", squashfs()), "same");
        Rank bob = hold(new Kind("amphora-bob", "amphora-start", squashfs()), "same");

        assertThat(bob.container()).isNotEqualTo(alice.container());
        assertThat(bob.uid()).isNotEqualTo(alice.uid());
    }

    @Test
    void neverMeetsAnotherContainer() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", directory());
        Rank plain = hold(kind, "kinds");
        Rank bound =
                hold(
                        new Kind(
                                kind.user(),
                                kind.program(),
                                directory() + "bind\t/tmp\t/tmp\tro,rec\n"),
                        "kinds");
        Rank root =
                hold(
                        new Kind(kind.user(), kind.program(), directory() + "identity\troot\n"),
                        "kinds");
        Rank second =
                hold(
                        new Kind(kind.user(), kind.program(), directory() + "identity\troot\n"),
                        "kinds");

        assertThat(bound.container()).isNotEqualTo(plain.container());
        assertThat(root.container()).isNotEqualTo(plain.container());
        assertThat(root.uid()).isEqualTo("0");
        assertThat(second.container()).isEqualTo(root.container());
    }

    @Test
    void joinsTheOthersOfItsLauncher() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        String launch =
                folder + "/amphora-start " + plan(kind, "join\tRANK\nexec\t/bin/rank\thold\n");
        String launcher =
                "exec 3<&0; for i in 1 2 3; do RANK=$i sh -c '" + launch + "; :' <&3 & done; wait";
        List<String> containers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Process process = begin("runuser", "-u", kind.user(), "--", "sh", "-c", launcher);
            Set<String> seen = new HashSet<>();
            for (int rank = 0; rank < 3; rank++) {
                String line = process.inputReader().readLine();
                seen.add(line.substring(0, line.indexOf(' ', line.indexOf(' ') + 1)));
            }
            assertThat(seen).hasSize(1);
            containers.addAll(seen);
        }
        assertThat(containers).doesNotHaveDuplicates();
        assertThat(servers()).hasSize(2);
    }

    @Test
    void launchesAloneWithoutTheVariables() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        String exec = "exec\t/bin/rank\thold\n";
        Rank first = told(start(kind, Map.of("RANK", "1"), exec));
        Rank second = told(start(kind, Map.of("RANK", "1"), exec));

        assertThat(second.container()).isNotEqualTo(first.container());
    }

    /// Someone else's socket of the group's name: the launch takes a container of its own.
    @Test
    void doesNotWaitForAForeignSocket() throws Exception {
        Needs.program("python3");
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        Rank first = hold(kind, "taken");
        String mounts = Files.readString(Path.of("/proc", first.pid(), "mountinfo"));
        int at = mounts.indexOf("amphora-join:");
        String name = mounts.substring(at, mounts.indexOf(' ', at));
        kill(first);
        String listen =
                "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind('\\0'+sys.argv[1])\n"
                        + "s.listen(9)\nprint('ready',flush=True)\nsys.stdin.read()";
        Process foreign =
                begin("runuser", "-u", "amphora-bob", "--", "python3", "-c", listen, name);
        assertThat(foreign.inputReader().readLine()).isEqualTo("ready");

        Rank alone = hold(kind, "taken");

        assertThat(alone.container()).isNotBlank();
        assertThat(alone.process().errorReader().readLine()).contains("a container of its own");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void lingersForTheNextLaunch(Kind kind) throws Exception {
        Path spool = Files.createTempDirectory(folder, "spool");
        Command.of("chmod", "1733", spool.toString()).run();
        String rest = "record\t" + spool + "\ta=b\n" + lingering("5");
        Rank first = told(start(kind, Map.of(), rest));
        kill(first);

        Rank second = told(start(kind, Map.of(), rest));

        assertThat(second.container()).isEqualTo(first.container());
        try (Stream<Path> files = Files.list(spool)) {
            List<String> launches = new ArrayList<>();
            for (Path file : files.toList()) {
                launches.addAll(Files.readAllLines(file));
            }
            assertThat(launches).hasSize(2);
        }
    }

    @Test
    void endsToLinger() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        Process launch = start(kind, Map.of(), lingering("1"));
        told(launch);
        launch.getOutputStream().close();
        assertThat(launch.waitFor()).isZero();

        assertNothingIsLeft();
    }

    @Test
    void lingersOnceForSixteenAtOnce() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        List<Process> launches = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            launches.add(start(kind, Map.of(), lingering("5")));
        }
        Set<String> containers = new HashSet<>();
        for (Process launch : launches) {
            containers.add(told(launch).container());
        }
        assertThat(containers).hasSize(1);
        assertThat(servers()).hasSize(1);
    }

    /// Whoever reads the output of a command must see its end with the command's.
    @Test
    void lingersWithoutTheCallersDescriptors() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        Process launch = start(kind, Map.of(), lingering("5"));
        told(launch);
        launch.getOutputStream().close();

        assertThat(launch.inputReader().readLine()).isNull();
        assertThat(launch.errorReader().readLine()).isNull();
        assertThat(Files.readString(Path.of("/proc/net/unix"))).contains("amphora-linger");
        assertThat(launch.waitFor()).isZero();
    }

    @Test
    void lingersForLaunchesUnderTheSameConditions() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        String plan = plan(kind, lingering("5"));
        List<String> containers = new ArrayList<>();
        for (List<String> condition :
                List.of(
                        List.<String>of(),
                        List.of("nice", "-n", "5"),
                        List.of("prlimit", "--cpu=1000:1000"),
                        List.of("taskset", "-c", "0"),
                        List.of("unshare", "-Ur", "setpriv", "--reuid=0"))) {
            List<String> words = new ArrayList<>(List.of("runuser", "-u", kind.user(), "--"));
            words.addAll(condition);
            words.addAll(List.of(folder + "/amphora-start", plan));
            containers.add(told(begin(words.toArray(new String[0]))).container());
        }
        containers.add(
                told(start(
                                new Kind("amphora-bob", "amphora-start", squashfs()),
                                Map.of(),
                                lingering("5")))
                        .container());
        assertThat(containers).doesNotHaveDuplicates();
    }

    /// The mount would go on to show an image whose readers have changed.
    @Test
    void lingersUntilTheImageIsClosed() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        told(start(kind, Map.of(), lingering("5")));
        Command.of("chmod", "600", image()).run();
        try {
            Process refused = start(kind, Map.of(), lingering("5"));
            assertThat(refused.errorReader().readLine()).contains("cannot mount the image");
            assertThat(refused.waitFor()).isEqualTo(255);
        } finally {
            Command.of("chmod", "644", image()).run();
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void lingersWithTheDirectoriesOfTheFirst(Kind kind) throws Exception {
        Path work = Files.createDirectory(folder.resolve("work"));
        Kind there = new Kind(kind.user(), kind.program(), kind.root() + "here\n");
        Kind below =
                new Kind(
                        kind.user(),
                        kind.program(),
                        kind.root() + "bind\t" + folder + "\t" + folder + "\trw\nhere\n");
        try {
            Rank first = told(startIn(work, there, lingering("5")));
            Rank again = told(startIn(work, there, lingering("5")));
            Rank beside = told(startIn(folder, below, lingering("5")));
            Files.delete(work);
            Files.createDirectory(work);
            Rank anew = told(startIn(work, there, lingering("5")));
            Rank inside = told(startIn(work, below, lingering("5")));

            assertThat(again.container()).isEqualTo(first.container());
            assertThat(anew.container()).isNotEqualTo(first.container());
            assertThat(anew.directory()).isEqualTo(work.toString());
            assertThat(inside.container()).isEqualTo(beside.container());
            assertThat(inside.directory()).isEqualTo(work.toString());
        } finally {
            Files.delete(work);
        }
    }

    @Test
    void makesAnotherWhenTheServerHasEnded() throws Exception {
        Kind kind = new Kind("amphora-alice", "amphora-start", squashfs());
        Rank first = told(start(kind, Map.of(), lingering("5")));
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            if (process.info()
                    .commandLine()
                    .orElse("")
                    .matches(".*squashfuse_ll.*" + folder + ".*")) {
                process.destroyForcibly();
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (Files.readString(Path.of("/proc/net/unix")).contains("amphora-linger")
                && System.nanoTime() < end) {
            Thread.sleep(10);
        }

        Rank second = told(start(kind, Map.of(), lingering("5")));

        assertThat(second.container()).isNotEqualTo(first.container());
    }

    private static String lingering(String seconds) {
        return "linger\t" + seconds + "\nexec\t/bin/rank\thold\n";
    }

    private static String squashfs() {
        return "squashfs\t" + image() + "\t0\t/usr/bin/squashfuse_ll\n";
    }

    private static String directory() {
        return "directory\t" + folder + "/tree\n";
    }

    private static String image() {
        return folder + "/tree.squashfs";
    }

    private Rank hold(Kind kind, String group) throws IOException {
        return told(startHolding(kind, group));
    }

    private Process startHolding(Kind kind, String group) throws IOException {
        return start(kind, Map.of("RANK", "0", "GROUP", group), "exec\t/bin/rank\thold\n");
    }

    private String read(Kind kind, String group, Rank other) throws IOException {
        return start(
                        kind,
                        Map.of("RANK", "2", "GROUP", group),
                        "exec\t/bin/rank\tread\t" + other.pid() + "\t" + other.address() + "\n")
                .inputReader()
                .readLine();
    }

    private Process start(Kind kind, Map<String, String> variables, String rest)
            throws IOException {
        List<String> words =
                new ArrayList<>(List.of("runuser", "-u", kind.user(), "--", "env", "-i"));
        variables.forEach((name, value) -> words.add(name + "=" + value));
        words.add(folder + "/" + kind.program());
        words.add(plan(kind, "join\tRANK\tGROUP\n" + rest));
        return begin(words.toArray(new String[0]));
    }

    private Process startIn(Path directory, Kind kind, String rest) throws IOException {
        Process process =
                new ProcessBuilder(
                                "runuser",
                                "-u",
                                kind.user(),
                                "--",
                                folder + "/" + kind.program(),
                                plan(kind, rest))
                        .directory(directory.toFile())
                        .start();
        started.add(process);
        return process;
    }

    private static String plan(Kind kind, String rest) throws IOException {
        Path plan = Files.createTempFile(folder, "p", ".plan");
        Files.writeString(
                plan, "amphora-plan 1\n" + kind.root() + "bind\t/proc\t/proc\trw,rec\n" + rest);
        Command.of("chmod", "644", plan.toString()).run();
        return plan.toString();
    }

    private Process begin(String... words) throws IOException {
        Process process = new ProcessBuilder(words).start();
        started.add(process);
        return process;
    }

    private static Rank told(Process process) throws IOException {
        String line = process.inputReader().readLine();
        if (line == null) {
            throw new AssertionError(String.join("\n", process.errorReader().lines().toList()));
        }
        String[] words = line.split(" ");
        return new Rank(
                process,
                words[0] + " " + words[1],
                words[2],
                words[3],
                words[4],
                words[5],
                words[6],
                words[7]);
    }

    /// SIGKILL for the rank itself, not for runuser alone.
    private static void kill(Rank rank) throws InterruptedException {
        Command.of("kill", "-KILL", rank.pid()).run();
        rank.process().waitFor();
    }

    private static void kill(Process process) throws InterruptedException {
        for (ProcessHandle child : process.descendants().toList()) {
            child.destroyForcibly();
        }
        process.destroyForcibly().waitFor();
    }

    private static List<String> servers() throws IOException {
        List<String> servers = new ArrayList<>();
        for (String line : processes()) {
            if (line.contains("squashfuse_ll") && line.contains(folder.toString())) {
                servers.add(line);
            }
        }
        return servers;
    }

    private static void assertNothingIsLeft() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        Path sockets = Path.of("/proc/net/unix");
        while ((processes().stream().anyMatch(line -> line.contains(folder.toString()))
                        || Files.readString(sockets).contains("amphora-linger"))
                && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        assertThat(processes()).noneMatch(line -> line.contains(folder.toString()));
        assertThat(Files.readString(sockets)).doesNotContain("amphora-join", "amphora-linger");
        try (Stream<Path> shared = Files.list(Path.of("/dev/shm"))) {
            assertThat(shared).noneMatch(path -> path.toString().contains("amphora"));
        }
    }

    private static List<String> processes() throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> directories = Files.list(Path.of("/proc"))) {
            for (Path directory : directories.toList()) {
                if (Character.isDigit(directory.getFileName().toString().charAt(0))) {
                    try {
                        lines.add(
                                Files.readString(
                                        directory.resolve("cmdline"), StandardCharsets.ISO_8859_1));
                    } catch (NoSuchFileException e) {
                        lines.add("");
                    } catch (IOException e) {
                        lines.add("ended: " + e.getMessage());
                    }
                }
            }
        }
        return lines;
    }
}
