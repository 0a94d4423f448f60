// SPDX-License-Identifier: Apache-2.0
package org.amphora.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.amphora.ClusterUser;
import org.amphora.Needs;
import org.amphora.SharedSlurm;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A bundle that umoci has made, started by Slurm's daemons and by hand, as a plain user.
class OciIT {

    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static ClusterUser alice;
    private static Path bundle;

    @BeforeAll
    static void start() throws IOException {
        Needs.program("umoci");
        alice = ClusterUser.of(SLURM.cluster());
        Files.writeString(
                alice.slurm().directory().resolve("oci.conf"),
                Command.of(alice.amphora(), "oci-conf").run().output());
        String tree = alice.tree().toString();
        String layout = alice.home() + "/layout";
        bundle = alice.home().resolve("bundle");
        umoci("init", "--layout", layout);
        umoci("new", "--image", layout + ":x");
        umoci("insert", "--rootless", "--image", layout + ":x", tree, "/");
        umoci("config", "--image", layout + ":x", "--config.env", "LAB=here");
        umoci("unpack", "--rootless", "--image", layout + ":x", bundle.toString());
        alice.run("chmod", "755", bundle.toString()).orProblem("chmod", "-");
    }

    private static void umoci(String... words) {
        List<String> line = new ArrayList<>(List.of("umoci"));
        line.addAll(List.of(words));
        alice.run(line.toArray(new String[0])).orProblem("cannot make a bundle", "-");
    }

    private static Command.Result oci(String... words) {
        List<String> all = new ArrayList<>(List.of(alice.amphora(), "oci", root()));
        all.addAll(List.of(words));
        return alice.run(all.toArray(new String[0]));
    }

    private static String root() {
        return "--root=" + alice.home().resolve("state-of-containers");
    }

    @Test
    void slurmRunsABundleOnEachNode() throws IOException {
        Command.Result result =
                alice.run(
                        "srun",
                        "-N2",
                        "--container=" + bundle,
                        "sh",
                        "-c",
                        "echo \"$LAB $SLURM_JOB_NAME $(id -u) $1\"; test ! -e /home",
                        "x",
                        "it's $HOME");
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).isEqualTo("here sh 0 it's $HOME\n".repeat(2));
        for (String node : List.of(alice.slurm().node(), "n2")) {
            String log = Files.readString(alice.slurm().directory().resolve("log/slurmd-" + node));
            assertThat(log).doesNotContain("error: _get_container_state").doesNotContain("RunTime");
        }
    }

    @Test
    void slurmGetsTheExitStatus() {
        assertThat(alice.run("srun", "--container=" + bundle, "sh", "-c", "exit 7").status())
                .isEqualTo(7);
        assertThat(alice.run("srun", "--container=" + bundle, "no-such-program").status())
                .isEqualTo(255);
    }

    @Test
    void slurmCancelsABundleAndNothingStays() throws Exception {
        Process srun =
                new ProcessBuilder(
                                alice.line(
                                        "env",
                                        "SLURM_CONF="
                                                + alice.slurm().environment().get("SLURM_CONF"),
                                        "srun",
                                        "--container=" + bundle,
                                        "sh",
                                        "-c",
                                        "echo $SLURM_JOB_ID; sleep 4711"))
                        .start();
        String id = srun.inputReader().readLine();
        Command.of(alice.line("scancel", id))
                .with("SLURM_CONF", alice.slurm().environment().get("SLURM_CONF"))
                .run();
        assertThat(srun.waitFor(30, TimeUnit.SECONDS)).isTrue();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Command.of("pgrep", "-f", "sleep 4711").run().isSuccess()
                && System.nanoTime() < end) {
            Thread.sleep(100);
        }
        assertThat(Command.of("pgrep", "-f", "sleep 4711").run().output()).isEmpty();
    }

    @Test
    void runBecomesTheProcess() {
        Command.Result result = oci("run", "--bundle", bundle("echo", "a"), "one");
        assertThat(result.output()).as(result.errors()).isEqualTo("a\n");
        assertThat(oci("state", "one").output()).contains("\"status\" : \"stopped\"");
        assertThat(oci("run", "--bundle", bundle("sh", "-c", "exit 3"), "one").status())
                .isEqualTo(3);
        assertThat(oci("run", "--bundle", bundle("sh", "-c", "exit 4"), "one").status())
                .isEqualTo(4);
        assertThat(oci("delete", "one").status()).isZero();
        assertThat(oci("state", "one").errors()).contains("cannot find container one");
    }

    @Test
    void aCreatedContainerWaitsUntilItIsStarted() throws Exception {
        Path out = alice.home().resolve("out");
        String bundle =
                bundle("sh", "-c", "trap 'echo ended; exit' TERM; echo started; sleep 99 & wait");
        Path pid = alice.home().resolve("pid");
        Process created =
                new ProcessBuilder(
                                alice.line(
                                        alice.amphora(),
                                        "oci",
                                        root(),
                                        "create",
                                        "--bundle=" + bundle,
                                        "--pid-file=" + pid,
                                        "two"))
                        .redirectOutput(out.toFile())
                        .start();
        assertThat(created.waitFor()).isZero();
        assertThat(oci("state", "two").output())
                .contains("\"status\" : \"created\"")
                .contains("\"pid\" : " + Files.readString(pid));
        assertThat(out).isEmptyFile();
        assertThat(oci("create", "--bundle", bundle, "two").errors()).contains("there is one");
        assertThat(oci("delete", "two").errors()).contains("it is created");

        assertThat(oci("start", "two").status()).isZero();
        await(out, "started\n");
        assertThat(oci("state", "two").output()).contains("\"status\" : \"running\"");
        assertThat(oci("start", "two").errors()).contains("it is running");
        assertThat(oci("kill", "two").status()).isZero();
        await(out, "started\nended\n");
        while (!oci("state", "two").output().contains("stopped")) {
            Thread.sleep(100);
        }
        assertThat(oci("kill", "two", "KILL").errors()).contains("it is stopped");
        assertThat(oci("delete", "two").status()).isZero();
    }

    @Test
    void rootDoesNotTouchWhatAUserKeeps() {
        oci("run", "--bundle", bundle("echo"), "three");
        Command.Result result = Command.of(alice.amphora(), "oci", root(), "kill", "three").run();
        assertThat(result.errors()).contains("belongs to uid");
    }

    private static void await(Path file, String text) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!Files.readString(file).equals(text) && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        assertThat(file).hasContent(text);
    }

    /// A bundle with the same root and another command, and without a terminal.
    private static String bundle(String... command) {
        try {
            Path copy = Files.createTempDirectory(alice.home(), "b");
            var mapper = new tools.jackson.databind.json.JsonMapper();
            var config =
                    (tools.jackson.databind.node.ObjectNode)
                            mapper.readTree(Files.readAllBytes(bundle.resolve("config.json")));
            ((tools.jackson.databind.node.ObjectNode) config.path("root"))
                    .put("path", bundle.resolve("rootfs").toString());
            var process = (tools.jackson.databind.node.ObjectNode) config.path("process");
            process.put("terminal", false);
            process.set("args", mapper.valueToTree(command));
            Files.write(copy.resolve("config.json"), mapper.writeValueAsBytes(config));
            Command.of("chmod", "-R", "a+rX", copy.toString()).run();
            return copy.toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
