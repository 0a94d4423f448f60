// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.Needs;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two people with a bare repository in common, over a file and over a real sshd of this test.
class RemoteIT {
    private static final String APP =
            "summary: a tool\nimage: docker://docker.io/library/debian:12\n";

    @TempDir private static Path keys;
    private static Process daemon;
    private static int port;

    @TempDir private Path folder;

    @BeforeAll
    static void startDaemon() throws Exception {
        Needs.program("git");
        Needs.program("ssh");
        Needs.that(Files.isExecutable(Path.of("/usr/sbin/sshd")), "sshd", "no /usr/sbin/sshd");
        Needs.that(
                System.getProperty("user.name").equals("root"), "root", "sshd must become users");
        for (String key : List.of("host", "user")) {
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys + "/" + key);
        }
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        // Where sshd drops its rights; Debian's unit makes it.
        Files.createDirectories(Path.of("/run/sshd"));
        Path config =
                Files.writeString(
                        keys.resolve("sshd_config"),
                        """
                        ListenAddress 127.0.0.1
                        Port %d
                        HostKey %s/host
                        AuthorizedKeysFile %s/user.pub
                        PidFile none
                        StrictModes no
                        UsePAM no
                        PasswordAuthentication no
                        PermitRootLogin prohibit-password
                        """
                                .formatted(port, keys, keys));
        daemon =
                new ProcessBuilder("/usr/sbin/sshd", "-D", "-e", "-f", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(keys.resolve("log").toFile())
                        .start();
        for (int i = 0; i < 200 && !answers(); i++) {
            if (!daemon.isAlive()) {
                throw new IOException(Files.readString(keys.resolve("log")));
            }
            Thread.sleep(50);
        }
    }

    @AfterAll
    static void stopDaemon() throws InterruptedException {
        if (daemon != null) {
            daemon.destroy();
            daemon.waitFor();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file://", "ssh://root@127.0.0.1:PORT"})
    void losesNothingWhenTwoPromoteAtOnce(String way) {
        String address = common(way);
        Site ann = prepared(address);
        Path clone = folder.resolve("bob");
        run("git", "-c", "core.sshCommand=" + ssh(), "clone", "-q", address, clone.toString());
        Site bob = as(Site.at(clone), "bob");

        promote(ann, "tool/1.0");
        promote(bob, "tool/1.1");
        ann.push();
        assertThatThrownBy(bob::push)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.why())
                                    .isEqualTo(
                                            "others have pushed meanwhile:\n"
                                                    + "ann: Promote tool/1.0 to stable");
                            assertThat(problem.fix()).contains("amphora site pull");
                        });
        String mine = bob.commit();
        assertThatThrownBy(bob::pull)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.why())
                                    .startsWith("both change channels.yaml (tool)");
                            assertThat(problem.fix())
                                    .contains("reset --hard origin/main", mine.substring(0, 8));
                        });
        assertThat(bob.commit()).isEqualTo(mine);
        assertThat(bob.catalog().channels("tool").stable()).contains("1.1");
        assertThat(bob.uncommitted()).isEmpty();
        run("git", "-C", clone.toString(), "reset", "-q", "--hard", "origin/main");
        promote(bob, "tool/1.1");
        bob.push();

        ann.pull();
        promote(ann, "other/1.0");
        ann.push();
        assertThat(ann.catalog().channels("tool").stable()).contains("1.1");
        assertThat(ann.catalog().channels("tool").earlier()).containsExactly("1.0");
        assertThat(ann.catalog().channels("other").stable()).contains("1.0");
    }

    @Test
    void mergesWhatConcernsDifferentApplications() {
        String address = common("file://");
        Site ann = prepared(address);
        Path clone = folder.resolve("bob");
        run("git", "clone", "-q", address, clone.toString());
        Site bob = as(Site.at(clone), "bob");
        promote(ann, "tool/1.0");
        promote(ann, "tool/1.1");
        ann.push();
        promote(bob, "other/1.0");
        new ChannelChanges(bob).withdraw(VersionId.parse("other/1.0"), "wrong");
        bob.pull();
        bob.push();
        assertThat(bob.catalog().findings()).isEmpty();
        assertThat(bob.catalog().channels("tool").stable()).contains("1.1");
        assertThat(bob.catalog().channels("other").withdrawn()).containsEntry("1.0", "wrong");
        assertThat(bob.log("other"))
                .extracting(Revision::subject)
                .containsExactly(
                        "Withdraw other/1.0", "Promote other/1.0 to stable", "Add other/1.0");
        assertThat(bob.uncommitted()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file://", "ssh://root@127.0.0.1:PORT"})
    void beginsOnlyInAnEmptyRepository(String way) {
        String address = common(way);
        prepared(address);
        Site second = as(Site.init(folder.resolve("second")), "bob");
        assertThatThrownBy(() -> second.begin(address)).hasMessageContaining("has commits already");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ssh://root@127.0.0.1:1/nowhere", "file:///nowhere/at/all"})
    void saysWhatGitSaysWhenThereIsNobody(String address) {
        Site site = as(Site.init(folder.resolve("alone")), "ann");
        assertThatThrownBy(site::push).hasMessageContaining("has no remote named origin");
        assertThatThrownBy(() -> site.begin(address))
                .hasMessageContaining("cannot reach " + address)
                .hasMessageContaining("git says: ");
    }

    private String common(String way) {
        Path bare = folder.resolve("common.git");
        run("git", "init", "-q", "--bare", "-b", "main", bare.toString());
        return way.replace("PORT", Integer.toString(port)) + bare;
    }

    /// A site of ann with three versions, pushed.
    private Site prepared(String address) {
        Site site = as(Site.init(folder.resolve("ann")), "ann");
        for (String id : List.of("tool/1.0", "tool/1.1", "other/1.0")) {
            site.commit(Map.of("apps/" + id + "/app.yaml", APP), "Add " + id, "");
        }
        site.begin(address);
        return site;
    }

    private static void promote(Site site, String id) {
        new ChannelChanges(site).promote(VersionId.parse(id), Optional.empty(), "");
    }

    private static Site as(Site site, String who) {
        String root = site.root().toString();
        run("git", "-C", root, "config", "user.name", who);
        run("git", "-C", root, "config", "user.email", who + "@example.org");
        run("git", "-C", root, "config", "core.sshCommand", ssh());
        return site;
    }

    private static String ssh() {
        return "ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no"
                + " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i "
                + keys.resolve("user");
    }

    private static boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void run(String... words) {
        Command.of(words).run().orProblem("cannot prepare the test", "see above");
    }
}
