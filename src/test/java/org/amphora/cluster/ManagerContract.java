// SPDX-License-Identifier: Apache-2.0
package org.amphora.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What a user may rely on under every resource manager; each test that implements this has the
/// daemons of one.
interface ManagerContract {

    /// Where the daemons run.
    JobShell shell();

    /// A job that does not start as long as another runs.
    default String submitWaiting(String running) {
        return shell().submit("echo never", "-d", "afterany:" + running);
    }

    /// Its id of an element of an array.
    String element(String array, int index);

    @Test
    default void runsTheCommandInTheImage() throws IOException {
        JobShell shell = shell();
        String id =
                shell.submit(
                        "echo \"$GREETING\"; pwd; echo oops >&2",
                        "--env",
                        "GREETING=it's a \"day\"",
                        "-e",
                        "errors.%j");
        assertThat(shell.await(id)).isZero();
        assertThat(shell.logs(id)).isEqualTo("it's a \"day\"\n" + shell.home() + "\n");
        assertThat(Files.readString(shell.home().resolve("errors." + id))).isEqualTo("oops\n");
        JsonNode status = shell.status(id);
        assertThat(status.get("state").asString()).isEqualTo("COMPLETED");
        assertThat(status.get("exitCode").asInt()).isZero();
        assertThat(status.get("started").asString()).endsWith("Z");
        assertThat(status.get("ended").asString())
                .isGreaterThanOrEqualTo(status.get("started").asString());
        assertThat(shell.amphora("jobs").output()).contains(id);
    }

    @Test
    default void tellsHowAJobEndedByItself() {
        JobShell shell = shell();
        String failing = shell.submit("exit 7");
        String killed = shell.submit("kill -9 $$");
        String asked = shell.submit("kill -15 $$");
        assertThat(shell.await(failing)).isEqualTo(7);
        assertThat(shell.await(killed)).isEqualTo(137);
        assertThat(shell.await(asked)).isEqualTo(143);
        assertThat(shell.status(failing).get("exitCode").asInt()).isEqualTo(7);
        assertThat(shell.status(killed).get("signal").asInt()).isEqualTo(9);
        assertThat(shell.status(asked).get("signal").asInt()).isEqualTo(15);
        for (String id : new String[] {failing, killed, asked}) {
            assertThat(shell.state(id)).isEqualTo("FAILED");
        }
    }

    @Test
    default void runsArrays() {
        JobShell shell = shell();
        String script = "echo $AMPHORA_ARRAY_INDEX; exit $AMPHORA_ARRAY_INDEX";
        String array = shell.submit(script, "-a", "1-3");
        assertThat(shell.await(array)).isEqualTo(3);
        assertThat(shell.logs(array)).isEqualTo("1\n2\n3\n");
        assertThat(shell.logs(element(array, 2))).isEqualTo("2\n");
        assertThat(shell.status(element(array, 2)).get("exitCode").asInt()).isEqualTo(2);
        assertThat(shell.status(array).size()).isEqualTo(3);
    }

    @Test
    default void startsWhatComesAfter() {
        JobShell shell = shell();
        String before = shell.submit("sleep 1");
        String after = shell.submit("echo after", "-d", "afterany:" + before);
        assertThat(shell.await(after)).isZero();
        assertThat(shell.status(after).get("started").asString())
                .isGreaterThanOrEqualTo(shell.status(before).get("ended").asString());
    }

    @Test
    default void cancelsWhatRunsAndWhatWaits() throws InterruptedException {
        JobShell shell = shell();
        String running = shell.submit("exec sleep 60");
        String waiting = submitWaiting(running);
        shell.awaitState(running, "RUNNING");
        assertThat(shell.amphora("cancel", waiting, running).status()).isZero();
        assertThat(shell.await(running)).isNotZero();
        assertThat(shell.await(waiting)).isNotZero();
        assertThat(shell.state(running)).isEqualTo("CANCELLED");
        assertThat(shell.state(waiting)).isEqualTo("CANCELLED");
    }
}
