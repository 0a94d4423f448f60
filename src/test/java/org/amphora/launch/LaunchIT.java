// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Launches with the real starter, as the calling user and, when that is root, as an unprivileged
/// one (`alice`). The image is a SquashFS file of one static busybox.
class LaunchIT {
    private static final String[] APPLETS = {
        "sh",
        "ls",
        "cat",
        "env",
        "echo",
        "id",
        "pwd",
        "true",
        "sleep",
        "kill",
        "test",
        "touch",
        "hostname",
        "readlink",
        "ps",
        "date"
    };

    private static Path folder;
    private static Path starter;
    private static String classPath;

    enum User {
        CALLER,
        ALICE
    }

    @BeforeAll
    static void makeImages() throws IOException {
        Needs.program("busybox");
        Needs.program("mksquashfs");
        Needs.program("squashfuse_ll");
        Needs.program("make");
        Needs.that(new File("/dev/fuse").canWrite(), "fuse", "/dev/fuse cannot be used");
        folder = Files.createTempDirectory(Path.of("/tmp"), "amphora-launch-it-");
        Command.of("chmod", "755", folder.toString()).run();
        Command.of("make", "-s", "-C", "starter", "OUT=" + folder, "all")
                .run()
                .orProblem("cannot build the starter", "install a C compiler");
        starter = folder.resolve("amphora-start");
        copyClassPath();
        makeTree("plain", "export GREETING=hello\n");
        makeTree("dynamic", "export GREETING=$(echo hello)\n");
        Files.createDirectories(folder.resolve("data/sub"));
        Files.writeString(folder.resolve("data/file"), "from the host\n");
        Files.createDirectories(folder.resolve("work"));
        Command.of("chmod", "-R", "a+rwX", folder.resolve("data").toString()).run();
        Command.of("chmod", "1777", folder.resolve("work").toString()).run();
        Command.of("rm", "-rf", folder + "/plain", folder + "/dynamic").run();
    }

    @AfterAll
    static void removeImages() {
        if (folder != null) {
            Command.of("rm", "-rf", folder.toString()).run();
        }
    }

    @ParameterizedTest
    @EnumSource
    void passesStatusesThrough(User user) {
        assertThat(exec(user, "exit 0").status()).isZero();
        assertThat(exec(user, "exit 42").status()).isEqualTo(42);
        assertThat(exec(user, "kill -9 $$").status()).isEqualTo(128 + 9);
        assertThat(exec(user, List.of("--pid"), "kill -TERM $$; sleep 5").status())
                .isEqualTo(128 + 15);
    }

    @ParameterizedTest
    @EnumSource
    void failsWith255AndUsageWith1(User user) {
        Command.Result missing = amphora(user, Map.of(), "exec", image(), "no-such-program");
        assertThat(missing.status()).isEqualTo(255);
        // cwltool looks for these words
        assertThat(missing.errors()).contains("executable file not found in");
        assertThat(missing.output()).isEmpty();
        assertThat(amphora(user, Map.of(), "exec", "--nope", image(), "true").status())
                .isEqualTo(1);
        Command.Result bind = amphora(user, Map.of(), "exec", "-B", "/no/src", image(), "true");
        assertThat(bind.status()).isEqualTo(255);
        assertThat(bind.errors()).contains("mount source /no/src doesn't exist").contains("fix:");
        Command.Result directory =
                amphora(user, Map.of(), "exec", "--pwd", "/no/dir", image(), "true");
        assertThat(directory.status()).isEqualTo(255);
        assertThat(amphora(user, Map.of(), "exec", folder + "/no.sif", "true").status())
                .isEqualTo(255);
    }

    @ParameterizedTest
    @EnumSource
    void keepsTheUserAndTheArguments(User user) {
        Command.Result result =
                amphora(user, Map.of(), "exec", image(), "echo", "$HOME `id`", "a  b", "-e", "é\t");

        assertThat(result.output()).isEqualTo("$HOME `id` a  b -e é\t\n");
        assertThat(exec(user, "id -u").output()).isEqualTo(uid(user) + "\n");
        assertThat(exec(user, List.of("--fakeroot"), "id -u; echo $HOME").output())
                .isEqualTo("0\n/root\n");
    }

    @ParameterizedTest
    @EnumSource
    void bindsWhatIsAskedFor(User user) {
        String data = folder + "/data";
        assertThat(exec(user, List.of("-B", data + ":/new/deep/place"), "cat /new/deep/place/file"))
                .extracting(Command.Result::output)
                .isEqualTo("from the host\n");
        Command.Result readOnly =
                exec(
                        user,
                        List.of("--mount=type=bind,source=" + data + ",target=/d,readonly"),
                        "touch /d/x; echo $APPTAINER_BIND $SINGULARITY_BIND");
        assertThat(readOnly.output()).isEqualTo("/d /d\n");
        assertThat(readOnly.errors()).contains("Read-only file system");
        assertThat(
                        exec(
                                        user,
                                        List.of("-B", data + ":/d:ro", "-B", data + "/sub:/d/sub"),
                                        "touch /d/sub/x-$$ && echo ok")
                                .output())
                .isEqualTo("ok\n");
    }

    @ParameterizedTest
    @EnumSource
    void keepsTheRootReadOnlyUnlessAsked(User user) {
        assertThat(exec(user, "touch /x").errors()).contains("Read-only file system");
        assertThat(exec(user, List.of("--writable-tmpfs"), "touch /x && ls /x").output())
                .isEqualTo("/x\n");
    }

    @ParameterizedTest
    @EnumSource
    void startsInTheCallersDirectory(User user) {
        assertThat(exec(user, "pwd; echo $PWD").output())
                .isEqualTo(folder + "/work\n" + folder + "/work\n");
        assertThat(exec(user, List.of("--pwd", "/usr"), "pwd").output()).isEqualTo("/usr\n");
        Command.Result contained =
                exec(user, List.of("-c"), "pwd; ls /tmp; ls /dev/full /dev/fd/0");
        assertThat(contained.output()).endsWith("/dev/full\n").doesNotContain("amphora-launch-it");
    }

    @ParameterizedTest
    @EnumSource
    void composesTheEnvironmentBothWaysAlike(User user) {
        Map<String, String> host =
                Map.of(
                        "GREETING", "host",
                        "EMPTIED", "host",
                        "FROM_HOST", "a 'b' \"c\" $d\nnew line",
                        "SINGULARITYENV_S", "singularity",
                        "APPTAINERENV_S", "$GREETING and `apptainer",
                        "APPTAINERENV_T", "\"$GREETING\" \\$X",
                        "APPTAINERENV_APPEND_PATH", "/last",
                        "LD_LIBRARY_PATH", "/host",
                        "BASH_FUNC_f%%", "() { :; }");
        Map<String, String> corrected = new LinkedHashMap<>(host);
        corrected.put("APPTAINERENV_S", "$GREETING and apptainer");
        Map<String, String> fromPlan = variables(user, corrected, "plain");
        Map<String, String> fromShell = variables(user, corrected, "dynamic");

        assertThat(fromPlan)
                .containsEntry("GREETING", "hello")
                .containsEntry("FROM_HOST", "a 'b' \"c\" $d\nnew line")
                .containsEntry("S", "hello and apptainer")
                .containsEntry("T", "\"hello\" $X")
                .containsEntry("TOOL", "/opt/tool")
                .containsEntry("LD_LIBRARY_PATH", "/.singularity.d/libs")
                .containsEntry("PS1", "Apptainer> ")
                .containsEntry("APPTAINER_COMMAND", "exec")
                .doesNotContainKey("EMPTIED")
                .doesNotContainKey("BASH_FUNC_f%%");
        assertThat(fromPlan.get("PATH")).startsWith("/opt/tool/bin:").endsWith(":/last");
        assertThat(fromShell).isEqualTo(fromPlan);
    }

    @ParameterizedTest
    @EnumSource
    void evaluatesInjectedValuesUnlessToldNot(User user) {
        Command.Result evaluated =
                amphora(
                        user,
                        Map.of(),
                        "exec",
                        "--env",
                        "A=$HOME-`id -u`",
                        image(),
                        "sh",
                        "-c",
                        "echo \"$A\"");
        assertThat(evaluated.output()).endsWith("-" + uid(user) + "\n");
        Command.Result literal =
                amphora(
                        user,
                        Map.of(),
                        "exec",
                        "--no-eval",
                        "--env",
                        "A=$HOME-`id -u`",
                        image(),
                        "sh",
                        "-c",
                        "echo \"$A\"");
        assertThat(literal.output()).isEqualTo("$HOME-`id -u`\n");
        assertThat(amphora(user, Map.of("X", "1"), "exec", "-e", image(), "env").output())
                .contains("LANG=C\n")
                .doesNotContain("\nX=1\n");
    }

    @ParameterizedTest
    @EnumSource
    void isolatesOnRequest(User user) {
        assertThat(exec(user, List.of("-C", "--no-init"), "echo $$").output()).isEqualTo("1\n");
        assertThat(exec(user, List.of("-C"), "ls /proc/1/exe >/dev/null; id -u").output())
                .isEqualTo(uid(user) + "\n");
        assertThat(exec(user, List.of("--hostname", "inside"), "hostname").output())
                .isEqualTo("inside\n");
        assertThat(exec(user, List.of("--net", "--network", "none"), "cat /proc/net/dev").output())
                .contains("lo:")
                .doesNotContain("eth0");
    }

    @ParameterizedTest
    @EnumSource
    void obeysTheCommandLinesOfWorkflowEngines(User user) {
        String work = folder + "/work";
        assertThat(
                        amphora(
                                        user,
                                        Map.of("SINGULARITYENV_NXF_TASK_WORKDIR", work),
                                        "exec",
                                        "--no-home",
                                        "--pid",
                                        "-B",
                                        work,
                                        image(),
                                        "/bin/sh",
                                        "-c",
                                        "cd \"$NXF_TASK_WORKDIR\"; pwd")
                                .output())
                .as("Nextflow")
                .isEqualTo(work + "\n");
        assertThat(
                        amphora(
                                        user,
                                        Map.of("SINGULARITYENV_K", "V"),
                                        "--quiet",
                                        "--silent",
                                        "exec",
                                        "--home",
                                        work,
                                        "--bind",
                                        folder + "/data:/mnt/snakemake_searchpaths/item_0",
                                        "--pwd",
                                        work,
                                        image(),
                                        "sh",
                                        "-c",
                                        "echo $K $HOME; cat /mnt/snakemake_searchpaths/item_0/file")
                                .output())
                .as("Snakemake")
                .isEqualTo("V " + work + "\nfrom the host\n");
        Command.Result cwltool =
                amphora(
                        user,
                        Map.of("SINGULARITYENV_TMPDIR", "/tmp", "SINGULARITYENV_HOME", "/out"),
                        "--quiet",
                        "run",
                        "--contain",
                        "--ipc",
                        "--cleanenv",
                        "--no-eval",
                        "--userns",
                        "--home",
                        work + ":/out",
                        "--mount=type=bind,source=" + folder + "/data,target=/in,readonly",
                        "--mount=type=bind,source="
                                + folder
                                + "/data/file,target=/out/in-"
                                + user
                                + "/file,readonly",
                        "--pwd",
                        "/out",
                        "--net",
                        "--network",
                        "none",
                        image(),
                        "-c",
                        "pwd; echo $TMPDIR; cat /in/file /out/in-" + user + "/file");
        assertThat(cwltool.output())
                .as("cwltool")
                .isEqualTo("/out\n/tmp\nfrom the host\nfrom the host\n");
        assertThat(
                        amphora(
                                        user,
                                        Map.of("SINGULARITYENV_K", "V"),
                                        "-s",
                                        "exec",
                                        "--contain",
                                        "--pwd",
                                        work,
                                        "--cleanenv",
                                        "--ipc",
                                        "--pid",
                                        "--no-mount",
                                        "tmp",
                                        "-B",
                                        work + ":" + work + ":rw",
                                        "--home",
                                        work + ":" + work,
                                        image(),
                                        "/bin/sh",
                                        "-c",
                                        "echo $K; pwd")
                                .output())
                .as("Galaxy")
                .isEqualTo("V\n" + work + "\n");
        assertThat(
                        amphora(
                                        user,
                                        Map.of(),
                                        "exec",
                                        "--pwd",
                                        "/mnt/miniwdl/work",
                                        "--containall",
                                        "--no-mount",
                                        "hostfs",
                                        "--fakeroot",
                                        "--bind",
                                        work + ":/mnt/miniwdl/work",
                                        "--bind",
                                        folder + "/data:/var/tmp",
                                        image(),
                                        "/bin/sh",
                                        "-c",
                                        "id -u; pwd; cat /var/tmp/file")
                                .output())
                .as("miniwdl")
                .isEqualTo("0\n/mnt/miniwdl/work\nfrom the host\n");
    }

    @ParameterizedTest
    @EnumSource
    void sharesTheContainerBetweenRanks(User user) {
        String meet =
                "touch here-$RANKS-$PMI_RANK; until [ -e here-$RANKS-1 -a -e here-$RANKS-2 -a -e"
                        + " here-$RANKS-3 ]; do sleep 0.1; done; readlink /proc/self/ns/user";
        for (List<String> options : List.of(List.<String>of(), List.of("--no-join"))) {
            List<String> words = new ArrayList<>(List.of("exec"));
            words.addAll(options);
            words.addAll(List.of(image(), "sh", "-c", meet));
            List<String> launch =
                    command(
                            user,
                            Map.of("RANKS", user + "-" + options.size()),
                            words.toArray(new String[0]));
            launch.addAll(
                    launch.indexOf(starter.toString()),
                    List.of("sh", "-c", "seq 3 | xargs -P3 -I{} env PMI_RANK={} \"$@\"", "xargs"));
            Command.Result result = Command.of(launch).in(folder.resolve("work")).run();
            assertThat(result.output().lines()).as(result.errors()).hasSize(3);
            assertThat(result.output().lines().distinct()).hasSize(options.isEmpty() ? 1 : 3);
        }
    }

    private Map<String, String> variables(User user, Map<String, String> host, String name) {
        String output =
                amphora(user, host, "exec", folder + "/" + name + ".sqfs", "env", "-0").output();
        Map<String, String> variables = new TreeMap<>();
        for (String entry : output.split("\0")) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                variables.put(
                        entry.substring(0, equals),
                        entry.substring(equals + 1).replace("/" + name + ".", "/IMAGE."));
            }
        }
        variables.keySet().removeAll(List.of("SHLVL", "_", "OLDPWD"));
        variables.keySet().removeIf(key -> key.endsWith("_NAME"));
        return variables;
    }

    private Command.Result exec(User user, String script) {
        return exec(user, List.of(), script);
    }

    private Command.Result exec(User user, List<String> options, String script) {
        List<String> words = new ArrayList<>(List.of("exec"));
        words.addAll(options);
        words.addAll(List.of(image(), "sh", "-c", script));
        return amphora(user, Map.of(), words.toArray(new String[0]));
    }

    /// Runs `amphora WORDS…` with nothing but these variables, PATH and the cache.
    private Command.Result amphora(User user, Map<String, String> variables, String... words) {
        return Command.of(command(user, variables, words)).in(folder.resolve("work")).run();
    }

    private static List<String> command(User user, Map<String, String> variables, String... words) {
        List<String> whole = new ArrayList<>();
        if (user == User.ALICE) {
            boolean root = System.getProperty("user.name").equals("root");
            Needs.that(root && hasAlice(), "amphora-alice", "not root, or no user alice");
            whole.addAll(List.of("runuser", "-u", "amphora-alice", "--"));
        }
        whole.addAll(List.of("env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"));
        whole.add("AMPHORA_CACHEDIR=" + folder + "/work/cache-" + user);
        variables.forEach((name, value) -> whole.add(name + "=" + value));
        whole.addAll(
                List.of(
                        starter.toString(),
                        "--planner",
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-cp",
                        classPath,
                        PlannerMain.class.getName()));
        whole.addAll(List.of(words));
        return whole;
    }

    private static boolean hasAlice() {
        return Command.of("id", "-u", "amphora-alice").run().status() == 0;
    }

    private static String uid(User user) {
        return user == User.ALICE
                ? Command.of("id", "-u", "amphora-alice").run().output().trim()
                : Command.of("id", "-u").run().output().trim();
    }

    private static String image() {
        return folder + "/plain.sqfs";
    }

    /// To where an unprivileged user can read it.
    private static void copyClassPath() throws IOException {
        StringBuilder copied = new StringBuilder();
        for (String part : System.getProperty("java.class.path").split(":")) {
            boolean library = part.contains("aircompressor") || part.contains("/xz-");
            if (library || Files.isDirectory(Path.of(part))) {
                Path target = folder.resolve("classes").resolve("" + copied.length());
                Files.createDirectories(target.getParent());
                Command.of("cp", "-r", part, target.toString()).run();
                copied.append(copied.isEmpty() ? "" : ":").append(target);
            }
        }
        Command.of("chmod", "-R", "a+rX", folder + "/classes").run();
        classPath = copied.toString();
    }

    private static void makeTree(String name, String environment) throws IOException {
        Path tree = folder.resolve(name);
        for (String directory : new String[] {"bin", "etc", "tmp", "usr", ".singularity.d/env"}) {
            Files.createDirectories(tree.resolve(directory));
        }
        Path busybox;
        try (Stream<String> path = Stream.of(System.getenv("PATH").split(":"))) {
            busybox =
                    path.map(directory -> Path.of(directory, "busybox"))
                            .filter(Files::isExecutable)
                            .findFirst()
                            .orElseThrow();
        }
        Files.copy(busybox, tree.resolve("bin/busybox"));
        for (String applet : APPLETS) {
            Files.createSymbolicLink(tree.resolve("bin/" + applet), Path.of("busybox"));
        }
        Path scripts = tree.resolve(".singularity.d/env");
        Files.writeString(
                scripts.resolve("10-docker2singularity.sh"),
                "export PATH=\"/opt/tool/bin:/bin\"\nexport TOOL=\"${TOOL:-\"/opt/tool\"}\"\n"
                        + "export EMPTIED=\"\"\n");
        Files.writeString(scripts.resolve("90-environment.sh"), environment);
        Files.writeString(
                scripts.resolve("99-base.sh"),
                "LD_LIBRARY_PATH=/.singularity.d/libs\nPS1=\"Apptainer> \"\n"
                        + "export LD_LIBRARY_PATH PS1\n");
        Command.of(
                        "mksquashfs",
                        tree.toString(),
                        folder + "/" + name + ".sqfs",
                        "-quiet",
                        "-no-progress",
                        "-all-root")
                .run()
                .orProblem("cannot make the image", "see above");
    }
}
