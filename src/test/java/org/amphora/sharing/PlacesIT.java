// SPDX-License-Identifier: Apache-2.0
package org.amphora.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Processes of two users in one line.
class PlacesIT {

    private Path directory;
    private Path classes;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void prepare() throws IOException {
        Needs.program("runuser");
        Needs.that(System.getProperty("user.name").equals("root"), "root", "not root");
        directory = Files.createTempDirectory(Path.of("/tmp"), "amphora-places-");
        classes = Files.createDirectory(directory.resolve("classes"));
        // Where other users can read them, wherever the checkout is.
        for (String part : System.getProperty("java.class.path").split(":")) {
            if (Files.isDirectory(Path.of(part))) {
                Command.of("cp", "-r", part + "/.", classes.toString()).run().orProblem("cp", "-");
            }
        }
        Command.of("chmod", "-R", "a+rX", directory.toString()).run();
        Command.of("install", "-d", "-m", "1777", directory.resolve("places").toString()).run();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        Command.of("rm", "-rf", directory.toString()).run();
    }

    private Process start(String user, int own, int all) throws IOException {
        Process process =
                new ProcessBuilder(
                                "runuser",
                                "-u",
                                user,
                                "--",
                                System.getProperty("java.home") + "/bin/java",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                classes.toString(),
                                PlacesProgram.class.getName(),
                                directory.resolve("places").toString(),
                                Integer.toString(own),
                                Integer.toString(all))
                        .redirectErrorStream(true)
                        .start();
        started.add(process);
        return process;
    }

    private static String said(Process process) throws IOException {
        return String.valueOf(process.inputReader().readLine());
    }

    /// Alice has one place and two more in line; Bob came last and has none, so he is next.
    @Test
    void servesWhoHasFewestFirstAndThenWhoCameFirst() throws Exception {
        Process first = start("amphora-alice", 3, 2);
        assertThat(said(first)).isEqualTo("there");
        Process second = start("amphora-alice", 3, 2);
        assertThat(said(second)).isEqualTo("there");
        Process third = start("amphora-alice", 3, 2);
        assertThat(said(third)).isEqualTo("waiting for a place: 2 pulls run (2 of yours), 1 wait");
        Process bob = start("amphora-bob", 3, 2);
        assertThat(said(bob)).isEqualTo("waiting for a place: 2 pulls run (0 of yours), 2 wait");

        first.getOutputStream().close();
        assertThat(said(bob)).isEqualTo("there");
        second.getOutputStream().close();
        assertThat(said(third)).isEqualTo("there");
    }

    /// The second of Alice's may not go, and does not keep Bob from going.
    @Test
    void aUserAtTheLimitDoesNotHoldUpOthers() throws Exception {
        Process first = start("amphora-alice", 1, 4);
        assertThat(said(first)).isEqualTo("there");
        Process second = start("amphora-alice", 1, 4);
        assertThat(said(second)).startsWith("waiting");
        Process bob = start("amphora-bob", 1, 4);
        assertThat(said(bob)).isEqualTo("there");
        first.getOutputStream().close();
        assertThat(said(second)).isEqualTo("there");
    }

    @Test
    void aKilledHolderAndAKilledWaiterLeaveTheLine() throws Exception {
        Process holder = start("amphora-alice", 1, 1);
        assertThat(said(holder)).isEqualTo("there");
        Process waiter = start("amphora-alice", 1, 1);
        assertThat(said(waiter)).startsWith("waiting");
        Process bob = start("amphora-bob", 1, 1);
        assertThat(said(bob)).startsWith("waiting");
        for (Process killed : List.of(waiter, holder)) {
            killed.descendants().forEach(ProcessHandle::destroyForcibly);
        }
        assertThat(said(bob)).isEqualTo("there");

        Limits limits = new Limits(0, 1, 1, 1, 1, directory.resolve("places"));
        assertThat(new Places(limits, note -> {}).count(Places.Kind.PULL))
                .isEqualTo(new Places.Count(1, 0, 0));
        bob.getOutputStream().close();
        assertThat(said(bob)).isEqualTo("left");
        assertThat(new Places(limits, note -> {}).count(Places.Kind.PULL))
                .isEqualTo(new Places.Count(0, 0, 0));
    }
}
