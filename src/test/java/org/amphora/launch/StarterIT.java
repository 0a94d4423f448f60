// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The starter against the real kernel: each fact with the normal build, with the sanitizers, and
/// with the build that does without the mount interface of Linux 5.12; as root and as the users
/// alice (with subordinate ids) and bob (without), or as the current user when that is not root.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StarterIT {

    private record Result(int status, String out, String err) {}

    /// One build of the starter and the user who calls it.
    private record Caller(Path starter, String user) {
        @Override
        public String toString() {
            return starter.getFileName() + " as " + user;
        }
    }

    private static final List<String> PROGRAMS =
            List.of(
                    "sh",
                    "cat",
                    "ls",
                    "id",
                    "env",
                    "true",
                    "sleep",
                    "stat",
                    "touch",
                    "mkdir",
                    "readlink",
                    "ps",
                    "kill",
                    "mkfifo",
                    "mknod",
                    "chown",
                    "hostname",
                    "umask",
                    "rm",
                    "pwd",
                    "df");

    private Path work;
    private Path tree;
    private Path image;
    private final Map<String, Caller> callers = new LinkedHashMap<>();

    @BeforeAll
    void build() throws Exception {
        Needs.program("make");
        Needs.program("mksquashfs");
        Needs.program("squashfuse_ll");
        Needs.that(canUnshare(), "userns", "user namespaces are off");
        Path checkout = Path.of("").toAbsolutePath();
        Path out = checkout.resolve("target/starter");
        Result made =
                run(
                        List.of("make", "-s", "-C", "starter", "OUT=" + out, "all", "asan", "old"),
                        Map.of());
        assertThat(made.status()).as(made.out() + made.err()).isZero();
        work = Files.createTempDirectory(Path.of("/tmp"), "starter-it");
        open(work);
        for (String name : List.of("amphora-start", "amphora-start-asan", "amphora-start-old")) {
            Path copy =
                    Files.copy(
                            out.resolve(name),
                            work.resolve(name),
                            StandardCopyOption.COPY_ATTRIBUTES);
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            List<String> users =
                    isRoot()
                            ? List.of("root", "amphora-alice", "amphora-bob")
                            : List.of(System.getProperty("user.name"));
            for (String user : users) {
                Caller caller = new Caller(copy, user);
                callers.put(caller.toString(), caller);
            }
        }
        makeTree();
    }

    @AfterAll
    void remove() throws Exception {
        if (work != null) {
            run(List.of("rm", "-rf", work.toString()), Map.of());
        }
    }

    Stream<Caller> callers() {
        return callers.values().stream();
    }

    Stream<Caller> users() {
        return callers().filter(caller -> !caller.user().equals("root"));
    }

    static Stream<List<String>> badPlans() throws IOException {
        return Files.readAllLines(plans().resolve("bad.tsv"), UTF_8).stream()
                .map(line -> List.of(line.split("\t", 2)));
    }

    static Stream<Path> goodPlans() throws IOException {
        try (Stream<Path> files = Files.list(plans().resolve("good"))) {
            return files.toList().stream();
        }
    }

    // ---- plans -------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("badPlans")
    void refusesBadPlan(List<String> nameAndComplaint) throws Exception {
        Path plan = plans().resolve("bad/" + nameAndComplaint.get(0) + ".plan").toAbsolutePath();
        for (Caller caller : callers().filter(c -> c.user().equals(anyUser())).toList()) {
            Result result = run(List.of(caller.starter().toString(), plan.toString()), Map.of());
            assertThat(result.err())
                    .contains(nameAndComplaint.get(1).replace("\\r", "\r"))
                    .contains("\nwhy:   ", "\nfix:   ");
            assertThat(result.status()).isEqualTo(255);
        }
    }

    @ParameterizedTest
    @MethodSource("goodPlans")
    void readsGoodPlanToItsEnd(Path plan) throws Exception {
        Path broken = work.resolve("broken.plan");
        Files.writeString(broken, Files.readString(plan) + "no-such-verb\n");
        for (Caller caller : callers().filter(c -> c.user().equals(anyUser())).toList()) {
            Result result = run(List.of(caller.starter().toString(), broken.toString()), Map.of());
            assertThat(result.err()).contains("unknown verb \"no-such-verb\"");
        }
    }

    @Test
    void refusesPlanOfFiveMegabytes() throws Exception {
        Path plan = work.resolve("long.plan");
        Files.writeString(plan, "amphora-plan 1\n" + "#\n".repeat(2_600_000));
        Result result =
                run(
                        List.of(work.resolve("amphora-start-asan").toString(), plan.toString()),
                        Map.of());
        assertThat(result.err()).contains("longer than a plan can be");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void refusesArgumentsThatThePlanDoesNotTake(Caller caller) throws Exception {
        Result result = launch(caller, directory() + "exec\t/bin/true\n", Map.of(), "extra");
        assertThat(result.err()).contains("this plan takes no arguments");
        assertThat(result.status()).isEqualTo(255);
    }

    @ParameterizedTest
    @MethodSource("callers")
    void includesFragmentsWhoseFactsHold(Caller caller) throws Exception {
        Path fragment =
                file(
                        "fragment.plan",
                        "amphora-plan 1\nmade-from\tboot-id\t"
                                + bootId()
                                + "\nenv-set\tA\tfragment\n");
        String plan =
                directory()
                        + "include\t"
                        + fragment
                        + "\ninclude-optional\t/no/such\n"
                        + shell("echo $A");
        assertThat(launch(caller, plan).out()).isEqualTo("fragment\n");
        Files.writeString(fragment, "amphora-plan 1\nmade-from\tboot-id\tolder\n");
        assertThat(launch(caller, plan).err())
                .contains(
                        "boot-id has changed from older to",
                        "compile it again",
                        "fix:   compile what this node brings again: amphora host --write");
        Path driver = file("driver", "535.161.07\nmore\n");
        Files.writeString(fragment, "amphora-plan 1\nmade-from\ttext:" + driver + "\t535.161.07\n");
        assertThat(launch(caller, plan).err()).isEmpty();
        Files.writeString(driver, "550.54.14\n");
        assertThat(launch(caller, plan).err()).contains("has changed from 535.161.07 to 550.54.14");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void replacesUnsetVariablesWhereThePlanSaysByWhat(Caller caller) throws Exception {
        String plan =
                directory() + "env-set\tA\t${NO_SUCH:-other}/${NO_SUCH:-}x\n" + shell("echo $A");
        assertThat(launch(caller, plan).out()).isEqualTo("other/x\n");
        assertThat(launch(caller, plan, Map.of("NO_SUCH", "1")).out()).isEqualTo("1/1x\n");
    }

    // ---- identity, exit, exec ----------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("callers")
    void keepsTheCallersIdsWithoutCapabilities(Caller caller) throws Exception {
        Result host = as(caller.user(), List.of("sh", "-c", "id -u; id -g"), Map.of());
        for (String root : roots()) {
            Result inside =
                    launch(caller, root + proc() + shell("id -u; id -g; cat /proc/self/status"));
            assertThat(inside.err()).isEmpty();
            assertThat(inside.out()).startsWith(host.out()).contains("NoNewPrivs:\t1");
            if (!caller.user().equals("root")) {
                for (String set : List.of("Inh", "Prm", "Eff", "Bnd", "Amb")) {
                    assertThat(inside.out()).contains("Cap" + set + ":\t0000000000000000");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void mapsTheCallerToRoot(Caller caller) throws Exception {
        String plan =
                directory()
                        + "identity\troot\nupper\ttmpfs\t64m\n"
                        + shell("id -u; id -g; touch /new; stat -c %u /new");
        assertThat(launch(caller, plan).out()).isEqualTo("0\n0\n0\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void mapsSubordinateIds(Caller caller) throws Exception {
        Needs.program("newuidmap");
        String plan =
                directory()
                        + "identity\tsubids\nupper\ttmpfs\n"
                        + shell("touch /new; chown 33:44 /new; stat -c %u:%g /new");
        Result result = launch(caller, plan);
        boolean mapped =
                caller.user().equals("root")
                        || Files.readString(Path.of("/etc/subuid")).contains(caller.user() + ":");
        if (mapped) {
            assertThat(result.out()).as(result.err()).isEqualTo("33:44\n");
        } else {
            assertThat(result.err())
                    .contains("/etc/subuid has no range for " + caller.user(), "fake-ids");
            assertThat(result.status()).isEqualTo(255);
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void fakesOwnersAndDevices(Caller caller) throws Exception {
        String plan =
                directory()
                        + "identity\troot\nfake-ids\nupper\ttmpfs\n"
                        + shell(
                                "touch /a; chown 33:44 /a && mknod /d c 1 3 && mkfifo /f && ls -l /f | cut -c1 2>/dev/null; test -p /f && test ! -e /d && echo done");
        assertThat(launch(caller, plan).out()).endsWith("done\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void passesExitStatusAndSignal(Caller caller) throws Exception {
        for (String root : roots()) {
            assertThat(launch(caller, root + shell("exit 7")).status()).isEqualTo(7);
            assertThat(launch(caller, root + shell("kill -9 $$")).status()).isEqualTo(128 + 9);
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void passesArgumentsAsTheyAre(Caller caller) throws Exception {
        String plan =
                directory() + "exec\t/bin/sh\t-c\tfor a; do echo \"[\\$a]\"; done\tsh\targuments\n";
        plan = plan.replace("\targuments\n", "\narguments\n");
        assertThat(launch(caller, plan, Map.of(), "a b", "", "$HOME", "x\ny").out())
                .isEqualTo("[a b]\n[]\n[$HOME]\n[x\ny]\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void becomesTheProgramInPlace(Caller caller) throws Exception {
        Path plan =
                file(
                        "place.plan",
                        directory() + proc() + shell("echo $$; ls /proc/self/fd; echo ${PPID}"));
        Result result =
                as(
                        caller.user(),
                        List.of(
                                "sh",
                                "-c",
                                "echo $$; exec 7</dev/null 5>/dev/null; exec "
                                        + caller.starter()
                                        + " "
                                        + plan),
                        Map.of());
        List<String> lines = result.out().lines().toList();
        assertThat(lines.get(1)).isEqualTo(lines.get(0));
        // ls itself holds one more: its directory
        assertThat(lines.subList(2, lines.size() - 1)).contains("0", "1", "2", "5", "7").hasSize(6);
    }

    @ParameterizedTest
    @MethodSource("callers")
    void keepsAThousandDescriptorsAndTheirLimit(Caller caller) throws Exception {
        Path plan =
                file(
                        "many.plan",
                        squashfs()
                                + proc()
                                + "bind\t/sys\t/sys\trw,rec\nbind\t/dev\t/dev\trw,rec,dev\nbind\t/tmp\t/tmp\trw\n"
                                + shell("ulimit -n; set -- /proc/self/fd/*; echo $#"));
        String opener =
                "import os,sys,resource\nresource.setrlimit(resource.RLIMIT_NOFILE,(1024,resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\nfor i in range(1010): os.set_inheritable(os.dup(0),True)\nos.execv(sys.argv[1],sys.argv[1:])";
        Needs.program("python3");
        Result result =
                as(
                        caller.user(),
                        List.of(
                                "python3",
                                "-c",
                                opener,
                                caller.starter().toString(),
                                plan.toString()),
                        Map.of());
        assertThat(result.out()).as(result.err()).startsWith("1024\n");
        assertThat(Integer.parseInt(result.out().strip().split("\n")[1]))
                .isGreaterThanOrEqualTo(1013);
    }

    @ParameterizedTest
    @MethodSource("callers")
    void startsWithClosedDescriptors(Caller caller) throws Exception {
        Path plan =
                file(
                        "closed.plan",
                        squashfs()
                                + proc()
                                + "bind\t/tmp\t/tmp\trw\n"
                                + shell(
                                        "ls /proc/self/fd >"
                                                + writable("closed." + caller.user())));
        Result result =
                as(
                        caller.user(),
                        List.of(
                                "sh",
                                "-c",
                                "exec 0<&- 1>&- 2>&-; exec " + caller.starter() + " " + plan),
                        Map.of());
        assertThat(result.status()).isZero();
        // the shell reuses 0, and ls has its directory
        assertThat(Files.readString(writable("closed." + caller.user())).lines().toList())
                .hasSizeLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("callers")
    void startsWithEndOfChildrenIgnored(Caller caller) throws Exception {
        Needs.program("python3");
        String ignore =
                "import os,signal,sys\nsignal.signal(signal.SIGCHLD,signal.SIG_IGN)\nos.execv(sys.argv[1],sys.argv[1:])";
        for (String namespace : List.of("", "unshare\tpid\n")) {
            Path plan =
                    file(
                            "ignored.plan",
                            squashfs()
                                    + proc()
                                    + namespace
                                    + "exec\t/bin/cat\t/proc/self/status\n");
            Result result =
                    as(
                            caller.user(),
                            List.of(
                                    "python3",
                                    "-c",
                                    ignore,
                                    caller.starter().toString(),
                                    plan.toString()),
                            Map.of());
            assertThat(result.status()).as(result.err()).isZero();
            assertThat(result.out()).containsPattern("SigIgn:\t[0-9a-f]{11}[13579bdf]");
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void startsFromADeletedDirectory(Caller caller) throws Exception {
        Path plan = file("deleted.plan", directory() + shell("pwd"));
        Result result =
                as(
                        caller.user(),
                        List.of(
                                "sh",
                                "-c",
                                "d=$(mktemp -d); cd $d; rmdir $d; exec "
                                        + caller.starter()
                                        + " "
                                        + plan),
                        Map.of());
        assertThat(result.out()).isEqualTo("/\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void searchesTheContainersPath(Caller caller) throws Exception {
        assertThat(
                        launch(caller, directory() + "env-set\tPATH\t/nowhere:/bin\nexec\ttrue\n")
                                .status())
                .isZero();
        assertThat(launch(caller, directory() + "exec\tsamtools\n").err())
                .contains("\"samtools\": executable file not found in $PATH");
        assertThat(launch(caller, directory() + "exec\t/no/such\n").err())
                .contains("stat /no/such: no such file or directory");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void explainsWhatCannotRun(Caller caller) throws Exception {
        Map<String, String> causes = new LinkedHashMap<>();
        causes.put(
                "/opt/no-interpreter",
                "it is a script for /bin/perl7: stat /bin/perl7: no such file or directory");
        causes.put("/opt/not-executable", "permission denied (mode 644: not executable)");
        causes.put("/opt/other-machine", "it was built for riscv64");
        causes.put("/opt", "/opt is a directory");
        for (Map.Entry<String, String> cause : causes.entrySet()) {
            Result result = launch(caller, directory() + "exec\t" + cause.getKey() + "\n");
            assertThat(result.err()).contains(cause.getValue());
            assertThat(result.status()).isEqualTo(255);
        }
        assertThat(launch(caller, directory() + "exec\t/opt/no-first-line\n").out())
                .isEqualTo("plain\n");
    }

    // ---- environment, directory --------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("callers")
    void changesTheEnvironmentInOrder(Caller caller) throws Exception {
        Map<String, String> given =
                Map.of("KEEP_A", "1", "KEEP_SECRET", "2", "OTHER", "3", "LIST", "b", "LISTED", "x");
        String plan =
                directory()
                        + "env-keep\tKEEP_*\tLIST\tEMPTY\nenv-drop\tKEEP_SECRET\nenv-set\tB\t${OTHER}\\n\\$x\nenv-default\tKEEP_A\tno\nenv-default\tC\tyes\n"
                        + "env-prepend\tLIST\ta\t:\nenv-append\tLIST\tc\t:\nenv-append\tD\tonly\t:\nexec\t/bin/env\n";
        Result result = launch(caller, plan, given);
        assertThat(result.out())
                .isEqualTo(
                        result.out().startsWith("LIST")
                                ? "LIST=a:b:c\nKEEP_A=1\nB=3\n$x\nC=yes\nD=only\n"
                                : "KEEP_A=1\nLIST=a:b:c\nB=3\n$x\nC=yes\nD=only\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void holdsVariablesBack(Caller caller) throws Exception {
        String plan =
                directory() + "env-keep\tA\tB.C\nenv-hold\nenv-set\tIMAGE\t1\nexec\t/bin/env\n";
        assertThat(launch(caller, plan, Map.of("A", "x", "B.C", "y")).out())
                .isEqualTo("AMPHORA_HELD_A=x\nAMPHORA_HELD=A\nIMAGE=1\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void entersTheFirstDirectoryThatExists(Caller caller) throws Exception {
        Result result = launch(caller, directory() + "cwd\t/no/such\t/opt\n" + shell("pwd"));
        assertThat(result.out()).isEqualTo("/opt\n");
        assertThat(result.err())
                .contains("the working directory is /opt, as /no/such cannot be entered");
        assertThat(launch(caller, directory() + "cwd\t/no/such\n" + shell("pwd")).err())
                .contains("cannot enter the working directory /no/such");
        assertThat(
                        launch(
                                        caller,
                                        directory()
                                                + "umask\t0027\ncwd\t/no\t-\n"
                                                + shell("pwd; umask"))
                                .out())
                .isEqualTo("/\n0027\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void addsTheCallersAccount(Caller caller) throws Exception {
        for (String root : roots()) {
            Result result =
                    launch(
                            caller,
                            root
                                    + "accounts\t/home/inside\t/bin/zsh\n"
                                    + shell("id -un; cat /etc/passwd /etc/group"));
            assertThat(result.out()).as(result.err()).startsWith(caller.user() + "\n");
            if (!caller.user().equals("root")) {
                assertThat(result.out()).contains(":/home/inside:/bin/zsh\nroot:x:0:0");
            }
        }
    }

    @Test
    void startsWithoutAccountAndHome() throws Exception {
        Needs.that(isRoot(), "root", "only root can become another uid");
        Path plan = file("nobody.plan", directory() + "accounts\t/\t-\n" + shell("id -u; id -un"));
        Result result =
                run(
                        List.of(
                                "setpriv",
                                "--reuid",
                                "54321",
                                "--regid",
                                "54321",
                                "--clear-groups",
                                "env",
                                "-i",
                                work.resolve("amphora-start-asan").toString(),
                                plan.toString()),
                        Map.of());
        assertThat(result.out()).as(result.err()).isEqualTo("54321\n54321\n");
    }

    // ---- mounts ------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("callers")
    void bindsAtAnyDepth(Caller caller) throws Exception {
        Path data = directoryOf(caller, "data");
        Path one = Files.writeString(data.resolve("one"), "1\n");
        Files.createDirectories(data.resolve("sub"));
        for (String root : roots()) {
            String plan =
                    root
                            + "bind\t"
                            + data
                            + "\t/new/at/depth\trw\nbind\t"
                            + one
                            + "\t/new/file\tro\nbind\t"
                            + one
                            + "\t/etc/single\tro\n"
                            + "bind\t"
                            + data
                            + "\t/new/at/depth/sub\tro\nbind\t/no/such\t/new/none\trw,optional\nbind\t"
                            + data
                            + "\t/link/x\trw\n"
                            + shell(
                                    "cat /new/file /etc/single /new/at/depth/one /target/x/one; touch /new/at/depth/ok; touch /new/at/depth/sub/no; touch /no; test -e /new/none || echo absent");
            Result result = launch(caller, plan);
            assertThat(result.out()).as(result.err()).isEqualTo("1\n1\n1\n1\nabsent\n");
            assertThat(result.err())
                    .contains("/new/at/depth/sub/no", "/no")
                    .doesNotContain("depth/ok");
            Files.deleteIfExists(data.resolve("ok"));
        }
        Result missing =
                launch(caller, directory() + "bind\t/no/such\t/mnt\trw\nexec\t/bin/true\n");
        assertThat(missing.err()).contains("mount source /no/such doesn't exist");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void makesMountPointsInDirectoriesOfTheHost(Caller caller) throws Exception {
        Path data = directoryOf(caller, "host");
        Path one = file("one", "1\n");
        for (String root : roots()) {
            for (String mode : List.of("ro", "rw")) {
                String plan =
                        root
                                + "bind\t"
                                + data
                                + "\t/mnt\t"
                                + mode
                                + "\nbind\t"
                                + one
                                + "\t/mnt/in/file\tro\ntmpfs\t/mnt/in/memory\t0755\t-\n"
                                + "write\t/mnt/in/memory/deep/text\t0644\ttext\\n\n"
                                + shell("cat /mnt/in/file /mnt/in/memory/deep/text");
                if (!caller.user().equals("root")) {
                    Files.setPosixFilePermissions(
                            data, PosixFilePermissions.fromString("r-xr-xr-x"));
                    Result closed = launch(caller, plan);
                    assertThat(closed.err())
                            .contains(
                                    "error: cannot make the mount point /mnt/in/file",
                                    "/mnt comes from the host, where it cannot be made: Permission"
                                            + " denied",
                                    "fix:");
                    assertThat(closed.status()).isEqualTo(255);
                    open(data);
                }
                Result result = launch(caller, plan);
                assertThat(result.out()).as(result.err()).isEqualTo("1\ntext\n");
                assertThat(data.resolve("in/file")).isEmptyFile();
                assertThat(data.resolve("in/memory")).isEmptyDirectory();
                assertThat(Files.getOwner(data.resolve("in/file")).getName())
                        .isEqualTo(caller.user());
                assertThat(launch(caller, plan).out()).isEqualTo("1\ntext\n");
                run(List.of("rm", "-r", data.resolve("in").toString()), Map.of());
            }
        }
        assertThat(
                        launch(
                                        caller,
                                        directory()
                                                + "bind\t"
                                                + data
                                                + "\t/mnt\trw\nsymlink\tx\t/mnt/link\n"
                                                + "exec\t/bin/true\n")
                                .err())
                .contains("cannot make the symbolic link /mnt/link", "comes from the host");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void mountsNothingSetUidOrDevice(Caller caller) throws Exception {
        Path data = directoryOf(caller, "flags");
        for (String root : roots()) {
            Result result =
                    launch(
                            caller,
                            root
                                    + proc()
                                    + "bind\t/dev\t/dev\trw,rec,dev\nbind\t"
                                    + data
                                    + "\t/mnt\trw\ntmpfs\t/scratch\t1777\t1m\n"
                                    + shell("echo x >/dev/null; cat /proc/self/mountinfo"));
            // One mount over another on the same point: the lower one cannot be reached.
            Map<String, String> visible = new LinkedHashMap<>();
            result.out().lines().forEach(line -> visible.put(line.split(" ")[4], line));
            visible.forEach(
                    (point, line) -> {
                        assertThat(line).contains("nosuid");
                        if (!point.startsWith("/dev")) {
                            assertThat(line).contains("nodev");
                        }
                    });
            assertThat(result.out()).contains(" / ro,", " /scratch rw,nosuid,nodev");
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void writesFilesAndLinks(Caller caller) throws Exception {
        Path copied = file("copied", "copy\n");
        for (String root : roots()) {
            String plan =
                    root
                            + "tmpfs\t/run\t0755\t-\nsymlink\t/proc/self/fd\t/run/deep/fd\nwrite\t/run/text\t0600\ta\\tb\\n\nwrite\t/etc/new/text\t0644\t\\$x\\\\\\n\n"
                            + "copy\t"
                            + copied
                            + "\t/etc/hosts\ncopy\t/no/such\t/etc/none\n"
                            + shell(
                                    "readlink /run/deep/fd; cat /run/text /etc/new/text /etc/hosts; stat -c %a /run/text; test -e /etc/none || echo absent");
            Result result = launch(caller, plan);
            assertThat(result.out())
                    .as(result.err())
                    .isEqualTo("/proc/self/fd\na\tb\n$x\\\ncopy\n600\nabsent\n");
        }
        assertThat(tree.resolve("etc/new")).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource("callers")
    void keepsChangesInADirectory(Caller caller) throws Exception {
        Path changes = directoryOf(caller, "changes");
        String plan = squashfs() + "upper\t" + changes + "\naccounts\t/h\t-\n";
        Result first = launch(caller, plan + shell("echo one >/kept; rm /etc/hosts; id -un"));
        assertThat(first.out()).as(first.err()).isEqualTo(caller.user() + "\n");
        assertThat(launch(caller, plan + shell("cat /kept; test -e /etc/hosts || echo gone")).out())
                .isEqualTo("one\ngone\n");
        assertThat(changes.resolve("upper/kept")).hasContent("one");
        assertThat(changes.resolve("upper/etc/passwd")).doesNotExist();
        assertThat(
                        launch(
                                        caller,
                                        squashfs()
                                                + "layer\t"
                                                + changes
                                                + "/upper\nbind\t/tmp\t/x/y\tro\n"
                                                + shell(
                                                        "cat /kept; test -e /etc/hosts || echo gone"))
                                .out())
                .isEqualTo("one\ngone\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void laysLaterLayersAbove(Caller caller) throws Exception {
        Path low = directoryOf(caller, "low");
        Path high = directoryOf(caller, "high");
        Files.writeString(low.resolve("both"), "low\n");
        Files.writeString(low.resolve("lower"), "low\n");
        Files.writeString(high.resolve("both"), "high\n");
        Result result =
                launch(
                        caller,
                        directory()
                                + "layer\t"
                                + low
                                + "\nlayer\t"
                                + high
                                + "\n"
                                + shell("cat /both /lower"));
        assertThat(result.out()).as(result.err()).isEqualTo("high\nlow\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void takesCopiesOfItsFiles(Caller caller) throws Exception {
        Path copies = directoryOf(caller, "copies");
        Path changes = directoryOf(caller, "changes");
        Files.writeString(copies.resolve("both"), "copy\n");
        Files.writeString(copies.resolve("lower"), "copy\n");
        Files.writeString(changes.resolve("both"), "changed\n");
        String laid = "copies\t" + copies + "\nlayer\t" + changes + "\n";
        Result result = launch(caller, squashfs() + laid + shell("cat /both /lower"));
        assertThat(result.out()).as(result.err()).isEqualTo("changed\ncopy\n");
        Result alone = launch(caller, squashfs() + "copies\t" + copies + "\n" + shell("cat /both"));
        assertThat(alone.out()).as(alone.err()).isEqualTo("copy\n");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void doesWithoutCopies(Caller caller) throws Exception {
        Path file = directoryOf(caller, "copies").resolve("file");
        Files.writeString(file, "");
        for (String missing : List.of("/no/such/directory", file.toString())) {
            Result result =
                    launch(
                            caller,
                            squashfs() + "copies\t" + missing + "\n" + shell("cat /etc/hostname"));
            Result plain = launch(caller, squashfs() + shell("cat /etc/hostname"));
            assertThat(result.out()).as(result.err()).isEqualTo(plain.out());
            assertThat(result.err()).isEqualTo(plain.err());
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void writesToAWritableDirectory(Caller caller) throws Exception {
        Path own = directoryOf(caller, "own");
        run(List.of("cp", "-a", tree + "/.", own.toString()), Map.of());
        give(own, caller.user());
        Result result =
                launch(
                        caller,
                        "amphora-plan 1\ndirectory\t"
                                + own
                                + "\nwritable\naccounts\t/h\t-\nbind\t/tmp\t/made/here\tro\n"
                                + shell("echo x >/kept; id -un"));
        assertThat(result.out()).as(result.err()).isEqualTo(caller.user() + "\n");
        assertThat(own.resolve("kept")).hasContent("x");
        assertThat(Files.readString(own.resolve("etc/passwd"))).startsWith("root:");
    }

    @ParameterizedTest
    @MethodSource("callers")
    void takesTheHostsRootAsTree(Caller caller) throws Exception {
        // Not a need of the machine: this build of the starter plays an old kernel.
        org.junit.jupiter.api.Assumptions.assumeTrue(
                !caller.starter().toString().endsWith("-old"), "needs open_tree(2), Linux 5.2");
        Result result =
                launch(
                        caller,
                        "amphora-plan 1\ndirectory\t/\nwritable\nidentity\troot\nbind\t/dev\t/dev\trw,rec,dev\nexec\t/bin/sh\t-c\ttest -e "
                                + tree
                                + " && echo x 2>&1 >/dev/null && id -u\n");
        assertThat(result.out()).as(result.err()).isEqualTo("0\n");
    }

    // ---- namespaces and signals --------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("callers")
    void makesNamespaces(Caller caller) throws Exception {
        for (String init : List.of("", "no-init\n")) {
            String plan =
                    squashfs()
                            + "unshare\tpid\nunshare\tipc\nunshare\tuts\nunshare\tnet\nhostname\tinside\n"
                            + init
                            + "proc\t/proc\ntmpfs\t/dev\t0755\t-\ndevpts\t/dev/pts\nmqueue\t/dev/mqueue\n"
                            + shell(
                                            "echo $$; hostname; test -e /dev/pts/ptmx && cat /proc/net/dev | grep -c lo: ; exit 9")
                                    .replace("| grep -c lo:", "");
            Result result = launch(caller, plan);
            assertThat(result.out())
                    .as(result.err())
                    .startsWith((init.isEmpty() ? "2" : "1") + "\ninside\n")
                    .contains("lo:");
            assertThat(result.status()).isEqualTo(9);
        }
    }

    @ParameterizedTest
    @MethodSource("callers")
    void relaysSignalsToThePidNamespace(Caller caller) throws Exception {
        String plan = directory() + "unshare\tpid\nproc\t/proc\n";
        Process process =
                start(
                        caller,
                        file(
                                "relay.plan",
                                plan
                                        + shell(
                                                "trap 'echo got; exit 3' TERM; echo ready; while :; do sleep 0.05; done")));
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        killChild(process, "TERM");
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        assertThat(launch(caller, plan + shell("kill -TERM $$")).status()).isEqualTo(128 + 15);
        assertThat(launch(caller, plan + shell("sleep 1000 & exit 4")).status()).isEqualTo(4);
    }

    @ParameterizedTest
    @MethodSource("users")
    void leavesNothingAfterKill(Caller caller) throws Exception {
        String mark = "sleep-" + System.nanoTime();
        Path marked = Files.copy(image, work.resolve(mark), StandardCopyOption.REPLACE_EXISTING);
        String root =
                "amphora-plan 1\nsquashfs\t" + marked + "\t0\t/usr/bin/squashfuse_ll\n" + proc();
        String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
        for (String namespace : List.of("", "unshare\tpid\n")) {
            Process process =
                    start(
                            caller,
                            file(
                                    "kill.plan",
                                    root + namespace + shell("echo ready; exec sleep 1000")));
            assertThat(process.inputReader().readLine()).isEqualTo("ready");
            assertThat(processesNaming(mark)).isNotEmpty();
            killChild(process, "KILL");
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
            while (!processesNaming(mark).isEmpty() && System.nanoTime() < end) {
                Thread.sleep(20);
            }
            assertThat(processesNaming(mark)).isEmpty();
        }
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).isEqualTo(mounts);
    }

    @ParameterizedTest
    @MethodSource("users")
    void saysWhyAnImageCannotBeMounted(Caller caller) throws Exception {
        Path garbage =
                file("garbage", "no image at all, but long enough for a superblock\n".repeat(40));
        Path truncated = work.resolve("truncated");
        byte[] bytes = Files.readAllBytes(image);
        Files.write(truncated, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        String server = "\t0\t/usr/bin/squashfuse_ll\nexec\t/bin/true\n";
        Map<String, String> causes = new LinkedHashMap<>();
        causes.put("squashfs\t" + garbage + server, "there is no SquashFS at byte 0");
        causes.put("squashfs\t" + truncated + server, "squashfuse_ll");
        causes.put("squashfs\t/no/such.sif" + server, "No such file or directory");
        causes.put(
                "squashfs\t" + image + "\t0\t/no/squashfuse_ll\nexec\t/bin/true\n",
                "FUSE server /no/squashfuse_ll");
        causes.put(
                "squashfs\t" + image + "\t0\t/bin/false\nbind\t/tmp\t/x\trw\nexec\t/bin/true\n",
                "the FUSE server /bin/false has ended");
        causes.put("directory\t/no/such\nexec\t/bin/true\n", "cannot open the image /no/such");
        for (Map.Entry<String, String> cause : causes.entrySet()) {
            Result result = launch(caller, "amphora-plan 1\n" + cause.getKey());
            assertThat(result.err())
                    .contains(cause.getValue())
                    .contains("error: ", "\nwhy:   ", "\nfix:   ");
            assertThat(result.status()).isEqualTo(255);
        }
    }

    @ParameterizedTest
    @MethodSource("users")
    void runsInsideOfItself(Caller caller) throws Exception {
        Path inner =
                file("inner.plan", directory() + "bind\t/tmp\t/tmp\trw,rec\n" + shell("id -u"));
        Result result =
                launch(
                        caller,
                        "amphora-plan 1\ndirectory\t"
                                + tree
                                + "\nbind\t/tmp\t/tmp\trw,rec\nbind\t/lib\t/lib\tro,rec\nbind\t/usr\t/usr\tro,rec\n"
                                + proc()
                                + "exec\t"
                                + caller.starter()
                                + "\t"
                                + inner
                                + "\n");
        assertThat(result.out())
                .as(result.err())
                .isEqualTo(as(caller.user(), List.of("id", "-u"), Map.of()).out());
    }

    // ---- planner -----------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("callers")
    void obeysThePlanOfAPlanner(Caller caller) throws Exception {
        String plan =
                directory() + shell("echo planned $JAVA_TOOL_OPTIONS ${AMPHORA_PLAN_FD-none}");
        Path written = file("written.plan", plan);
        Map<String, String> java = Map.of("JAVA_TOOL_OPTIONS", "-Xmx1g");
        String write =
                "test -z \"$JAVA_TOOL_OPTIONS\" && cat "
                        + written
                        + " >/proc/self/fd/$AMPHORA_PLAN_FD";
        assertThat(
                        as(
                                        caller.user(),
                                        List.of(
                                                caller.starter().toString(),
                                                "--planner",
                                                "/bin/sh",
                                                "-c",
                                                write),
                                        java)
                                .out())
                .isEqualTo("planned -Xmx1g none\n");
        assertThat(
                        as(
                                        caller.user(),
                                        List.of(
                                                caller.starter().toString(),
                                                "--planner",
                                                "/bin/sh",
                                                "-c",
                                                "exit 6"),
                                        java)
                                .status())
                .isEqualTo(6);
        assertThat(
                        as(
                                        caller.user(),
                                        List.of(
                                                caller.starter().toString(),
                                                "--planner",
                                                "/bin/sh",
                                                "-c",
                                                write + "; exit 5"),
                                        java)
                                .status())
                .isEqualTo(5);
        assertThat(
                        as(
                                        caller.user(),
                                        List.of(
                                                caller.starter().toString(),
                                                "--planner",
                                                "/no/such"),
                                        java)
                                .err())
                .contains("cannot plan");
    }

    @ParameterizedTest
    @MethodSource("users")
    void endsThePlannerWithItself(Caller caller) throws Exception {
        String seconds = "1000." + System.nanoTime();
        Process process =
                new ProcessBuilder(
                                asUser(
                                        caller.user(),
                                        List.of(
                                                caller.starter().toString(),
                                                "--planner",
                                                "/bin/sh",
                                                "-c",
                                                "echo ready; exec sleep " + seconds)))
                        .start();
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        for (ProcessHandle each : withDescendants(process)) {
            if (each.info().commandLine().orElse("").contains("--planner")
                    && !each.info().command().orElse("").endsWith("runuser")) {
                each.destroyForcibly();
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!processesNaming(seconds).isEmpty() && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        assertThat(processesNaming(seconds)).isEmpty();
    }

    // ---- plans and trees ---------------------------------------------------------------------

    private List<String> roots() {
        return List.of(directory(), squashfs());
    }

    private String directory() {
        return "amphora-plan 1\ndirectory\t" + tree + "\n";
    }

    private String squashfs() {
        return "amphora-plan 1\nsquashfs\t" + image + "\t0\t/usr/bin/squashfuse_ll\n";
    }

    private static String proc() {
        return "bind\t/proc\t/proc\trw,rec\n";
    }

    private static String shell(String script) {
        return "exec\t/bin/sh\t-c\t"
                + script.replace("\\", "\\\\").replace("$", "\\$").replace("\n", "\\n")
                + "\n";
    }

    /// A tree of a few programs of this machine and the libraries they need.
    private void makeTree() throws Exception {
        tree = work.resolve("root");
        for (String directory : List.of("bin", "etc", "opt", "target", "tmp")) {
            Files.createDirectories(tree.resolve(directory));
        }
        for (String program : PROGRAMS) {
            Path named = Path.of("/usr/bin", program);
            if (!Files.exists(named)) {
                continue;
            }
            Path source = named.toRealPath();
            Files.copy(source, tree.resolve("bin").resolve(program));
            for (String word :
                    run(List.of("ldd", source.toString()), Map.of()).out().split("\\s+")) {
                if (word.startsWith("/") && !Files.exists(tree.resolve(word.substring(1)))) {
                    Files.createDirectories(tree.resolve(word.substring(1)).getParent());
                    Files.copy(Path.of(word).toRealPath(), tree.resolve(word.substring(1)));
                }
            }
        }
        Files.createSymbolicLink(tree.resolve("link"), Path.of("/target"));
        Files.writeString(tree.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
        Files.writeString(tree.resolve("etc/group"), "root:x:0:\n");
        Files.writeString(tree.resolve("etc/hosts"), "127.0.0.1 localhost\n");
        script("opt/no-interpreter", "#!/bin/perl7 -w\n", "rwxr-xr-x");
        script("opt/not-executable", "#!/bin/sh\n", "rw-r--r--");
        script("opt/no-first-line", "echo plain\n", "rwxr-xr-x");
        byte[] program = Files.readAllBytes(tree.resolve("bin/true"));
        program[18] = (byte) 243; // e_machine EM_RISCV
        program[19] = 0;
        Files.write(tree.resolve("opt/other-machine"), program);
        Files.setPosixFilePermissions(
                tree.resolve("opt/other-machine"), PosixFilePermissions.fromString("rwxr-xr-x"));
        image = work.resolve("root.squashfs");
        Result packed =
                run(
                        List.of(
                                "mksquashfs",
                                tree.toString(),
                                image.toString(),
                                "-all-root",
                                "-noappend",
                                "-quiet"),
                        Map.of());
        assertThat(packed.status()).as(packed.err()).isZero();
    }

    private void script(String name, String text, String mode) throws IOException {
        Files.writeString(tree.resolve(name), text);
        Files.setPosixFilePermissions(tree.resolve(name), PosixFilePermissions.fromString(mode));
    }

    private static Path plans() {
        return Path.of("src/test/resources/org/amphora/launch/plans");
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(work.resolve(name), text);
    }

    private Path writable(String name) {
        return Path.of("/tmp", work.getFileName() + "." + name);
    }

    private Path directoryOf(Caller caller, String name) throws Exception {
        Path directory =
                work.resolve(caller.user() + "." + caller.starter().getFileName()).resolve(name);
        Files.createDirectories(directory);
        give(directory, caller.user());
        return directory;
    }

    private void give(Path directory, String user) throws Exception {
        if (isRoot()) {
            run(List.of("chown", "-R", user + ":", directory.toString()), Map.of());
        }
    }

    private static void open(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    // ---- running -----------------------------------------------------------------------------

    private Result launch(Caller caller, String plan) throws Exception {
        return launch(caller, plan, Map.of());
    }

    private Result launch(
            Caller caller, String plan, Map<String, String> environment, String... arguments)
            throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(caller.starter().toString(), file("launch.plan", plan).toString()));
        command.addAll(List.of(arguments));
        return as(caller.user(), command, environment);
    }

    private Process start(Caller caller, Path plan) throws IOException {
        return new ProcessBuilder(
                        asUser(
                                caller.user(),
                                List.of(caller.starter().toString(), plan.toString())))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /// Sends a signal to the starter, which is the process or runuser's child.
    private static void killChild(Process process, String signal) throws Exception {
        ProcessHandle target = process.toHandle();
        if (target.info().command().orElse("").endsWith("runuser")) {
            target = target.children().findFirst().orElseThrow();
        }
        run(List.of("kill", "-" + signal, Long.toString(target.pid())), Map.of());
    }

    private static List<ProcessHandle> withDescendants(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    }

    private static List<String> processesNaming(String mark) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> directories = Files.list(Path.of("/proc"))) {
            for (Path directory :
                    directories.filter(p -> p.getFileName().toString().matches("\\d+")).toList()) {
                try {
                    String words =
                            Files.readString(
                                    directory.resolve("cmdline"),
                                    java.nio.charset.StandardCharsets.ISO_8859_1);
                    if (words.contains(mark)) {
                        found.add(directory + " " + words.replace('\0', ' '));
                    }
                } catch (IOException gone) {
                    Assertions.assertThat(gone).isNotNull(); // it has ended meanwhile
                }
            }
        }
        return found;
    }

    private static List<String> asUser(String user, List<String> command) {
        if (user.equals(System.getProperty("user.name"))) {
            return command;
        }
        List<String> full = new ArrayList<>(List.of("runuser", "-u", user, "--"));
        full.addAll(command);
        return full;
    }

    private static Result as(String user, List<String> command, Map<String, String> environment)
            throws Exception {
        return run(asUser(user, command), environment);
    }

    private static Result run(List<String> command, Map<String, String> environment)
            throws Exception {
        Path out = Files.createTempFile("starter", ".out");
        Path err = Files.createTempFile("starter", ".err");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                withDescendants(process).forEach(ProcessHandle::destroyForcibly);
                Assertions.fail("still running after a minute: " + command);
            }
            return new Result(
                    process.exitValue(),
                    Files.readString(out, java.nio.charset.StandardCharsets.ISO_8859_1),
                    Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static String anyUser() {
        return isRoot() ? "amphora-bob" : System.getProperty("user.name");
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static String bootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }

    private static boolean canUnshare() throws Exception {
        return run(asUser(anyUser(), List.of("unshare", "-Ur", "true")), Map.of()).status() == 0;
    }
}
