// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// One deployed MPI command on two types of nodes, this machine and a Debian 13: on each it runs
/// with the MPI of the node, whatever the image has, and no Java is on the way.
class NodeFragmentIT {
    private static final String USER = "amphora-alice";
    private static Path folder = Path.of("/nonexistent");

    @BeforeAll
    static void deploy() throws IOException {
        Needs.program("mpirun.openmpi");
        Needs.user(USER);
        Path image = org.amphora.Lab.image("bullseye-openmpi");
        folder = Files.createTempDirectory(Path.of("/tmp"), "amphora-fragment-it-");
        run("chmod", "755", folder.toString());
        String site = folder.resolve("site").toString();
        amphora("site", "init", site);
        Files.writeString(folder.resolve("site/clusters/local.yaml"), "root: " + apps() + "\n");
        amphora(
                "app",
                "add",
                "--site",
                site,
                "probe/1",
                "--image",
                image.toString(),
                "--command",
                "mpi-probe");
        Files.writeString(
                folder.resolve("site/apps/probe/1/app.yaml"),
                "mpi: true\n",
                StandardOpenOption.APPEND);
        run("git", "-C", site, "add", "-A");
        run("git", "-C", site, "commit", "-q", "-m", "probe");
        amphora("deploy", "--site", site);
    }

    @AfterAll
    static void remove() {
        run("rm", "-rf", folder.toString());
    }

    @Test
    void runsWithTheMpiOfThisNode() throws IOException {
        Path runtime = runtime("here");
        Command.Result written = asUser(runtime, compile());
        assertThat(written.output()).as(written.errors()).contains(runtime + "/amphora/");
        assertThat(ranks(runtime)).contains("rank 0 of 2", "rank 1 of 2", version());
    }

    @Test
    void runsWithTheMpiOfAnotherNode() throws IOException {
        Path runtime = runtime("there");
        Path script = folder.resolve("on-the-node");
        Files.writeString(
                script,
                "#!/bin/sh\nchmod 1777 /run\nexec setpriv --reuid %s --regid %s --clear-groups env %s sh -c '%s && %s'\n"
                        .formatted(
                                USER,
                                USER,
                                "XDG_RUNTIME_DIR=" + runtime,
                                String.join(" ", compile()),
                                String.join(" ", launch())));
        run("chmod", "755", script.toString());
        Command.Result result =
                Command.of(
                                "setup/as-node",
                                org.amphora.Lab.root("trixie-openmpi").toString(),
                                script.toString())
                        .run();
        assertThat(result.output())
                .as(result.errors())
                .contains("rank 0 of 2", "rank 1 of 2", "Open MPI v5.");
    }

    /// The installation's unit, started by a real systemd: the fragment is there after the boot.
    @Test
    void runsWithTheMpiOfThisNodeAfterABoot() throws IOException {
        Needs.program("systemd-analyze");
        Path unit =
                org.amphora.Lab.amphora()
                        .resolveSibling("../share/amphora/amphora-node.service")
                        .normalize();
        assertThat(Command.of("systemd-analyze", "verify", unit.toString()).run())
                .satisfies(verified -> assertThat(verified.isSuccess()).isTrue())
                .satisfies(verified -> assertThat(verified.errors()).isEmpty());
        Path boot = folder.resolve("boot");
        Files.createDirectories(boot.resolve("etc/amphora"));
        Files.writeString(
                boot.resolve("etc/amphora/node"), "ROOTS=\"--for %s\"\n".formatted(apps()));
        List<String> words =
                new ArrayList<>(
                        List.of("setup/boot", boot.toString(), unit.toString(), "runuser", "-u"));
        words.addAll(List.of(USER, "--"));
        words.addAll(launch());
        Command.Result result = Command.of(words).run();
        assertThat(result.output()).as(result.errors()).contains("rank 0 of 2", version());
    }

    private static Path apps() {
        return folder.resolve("apps");
    }

    @Test
    void refusesAFragmentOfAnotherBoot() throws IOException {
        Path runtime = runtime("stale");
        List<String> written = asUser(runtime, compile()).output().lines().toList();
        assertThat(written.getFirst()).endsWith("/gpu.plan");
        Path fragment = Path.of(written.getLast());
        String text = Files.readString(fragment);
        String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        Files.writeString(fragment, text.replace(boot, "before"));
        Command.Result refused = asUser(runtime, List.of(command().toString()));
        assertThat(refused.status()).isEqualTo(255);
        assertThat(refused.errors())
                .contains("boot-id has changed from before to " + boot, "amphora host --write");
        Command.Result doctor =
                asUser(runtime, List.of(org.amphora.Lab.amphora().toString(), "doctor"));
        assertThat(doctor.output()).contains(fragment + ": boot-id was before");
        assertThat(asUser(runtime, compile()).isSuccess()).isTrue();
        assertThat(asUser(runtime, List.of(command().toString())).output()).contains("rank 0 of 1");
    }

    private static Path command() {
        return apps().resolve("commands/probe/1/bin/mpi-probe");
    }

    private static List<String> compile() {
        return List.of(
                org.amphora.Lab.amphora().toString(),
                "host",
                "--write",
                "--for",
                apps().toString());
    }

    private static List<String> launch() {
        return List.of("mpirun.openmpi", "-n", "2", "--oversubscribe", command().toString());
    }

    private static String ranks(Path runtime) {
        Command.Result result = asUser(runtime, launch());
        return result.output() + result.errors();
    }

    private static Path runtime(String name) throws IOException {
        Path runtime = Files.createDirectories(folder.resolve("run-" + name));
        run("chown", USER, runtime.toString());
        return runtime;
    }

    private static String version() {
        String said = Command.of("mpirun.openmpi", "--version").run().output();
        return "Open MPI v" + said.lines().findFirst().orElse("").replaceFirst("^.* ", "");
    }

    private static Command.Result asUser(Path runtime, List<String> words) {
        List<String> all =
                new ArrayList<>(
                        List.of("runuser", "-u", USER, "--", "env", "XDG_RUNTIME_DIR=" + runtime));
        all.addAll(words);
        return Command.of(all).run();
    }

    private static void amphora(String... words) {
        List<String> all = new ArrayList<>(List.of(org.amphora.Lab.amphora().toString()));
        all.addAll(List.of(words));
        run(all.toArray(String[]::new));
    }

    private static void run(String... words) {
        Command.of(words).run().orProblem("cannot " + String.join(" ", words), "look at it");
    }
}
