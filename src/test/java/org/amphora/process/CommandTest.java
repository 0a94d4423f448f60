// SPDX-License-Identifier: Apache-2.0
package org.amphora.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandTest {

    @TempDir Path dir;

    @Test
    void capturesBothStreamsAndStatus() {
        Command.Result result = Command.of("sh", "-c", "echo out; echo err >&2; exit 3").run();
        assertThat(result.output()).isEqualTo("out\n");
        assertThat(result.errors()).isEqualTo("err\n");
        assertThat(result.status()).isEqualTo(3);
    }

    @Test
    void passesArgumentsUntouched() {
        assertThat(Command.of("printf", "%s|", "a b", "$HOME", "*", "").run().output())
                .isEqualTo("a b|$HOME|*||");
    }

    @Test
    void changesEnvironmentAndDirectory() {
        Command command =
                Command.of("sh", "-c", "echo $A-${PATH+set}-$PWD")
                        .with("A", "1")
                        .with("PATH", "x")
                        .in(dir);
        assertThat(command.run().output()).isEqualTo("1-set-" + dir + "\n");
        assertThat(Command.of("env").without("HOME").run().output()).doesNotContain("\nHOME=");
    }

    @Test
    void feedsAndRedirects() throws Exception {
        Path file = Files.writeString(dir.resolve("in"), "text");
        Path copy = dir.resolve("out");
        Command cat = Command.of("cat");
        assertThat(cat.run().output()).isEmpty();
        assertThat(cat.withInput(new Command.Input.Text("x")).run().output()).isEqualTo("x");
        Command.Result result =
                cat.withInput(new Command.Input.File(file))
                        .withOutput(new Command.Output.File(copy))
                        .run();
        assertThat(result.output()).isEmpty();
        assertThat(copy).hasContent("text");
    }

    @Test
    void keepsTheEndOfEndlessOutput() {
        Command.Result result =
                Command.of("sh", "-c", "head -c 20000000 /dev/zero; echo last").run();
        assertThat(result.output()).hasSizeLessThan(9_000_000).endsWith("\0last\n");
    }

    @Test
    void namesCommandStatusAndLastLinesOfAFailure() {
        Command command = Command.of("sh", "-c", "seq 1 30 >&2; exit 7");
        assertThatThrownBy(() -> command.run().orProblem("cannot count", "count by hand"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        p -> {
                            assertThat(p.why()).startsWith("sh -c 'seq 1 30 >&2; exit 7' ended");
                            assertThat(p.why()).contains("status 7").endsWith("\n29\n30");
                            assertThat(p.why()).doesNotContain("\n20\n");
                        });
    }

    @Test
    void namesAMissingProgram() {
        assertThatThrownBy(() -> Command.of("no-such-program", "x").run())
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no-such-program x");
    }

    @Test
    void killsDescendantsAfterTimeout() throws Exception {
        Path pid = dir.resolve("pid");
        Command command =
                Command.of("sh", "-c", "sleep 77 & echo $! > " + pid + "; wait")
                        .within(Duration.ofMillis(300));
        assertThatThrownBy(command::run)
                .isInstanceOf(Problem.class)
                .hasMessageContaining("was killed");
        assertEnds(Long.parseLong(Files.readString(pid).strip()));
    }

    @Test
    void killsWhenInterrupted() throws Exception {
        Path pid = dir.resolve("pid");
        Command command = Command.of("sh", "-c", "echo $$ > " + pid + "; exec sleep 77");
        Thread caller = Thread.ofPlatform().start(() -> assertThatThrownBy(command::run));
        while (!Files.exists(pid) || Files.size(pid) == 0) {
            Thread.sleep(10);
        }
        caller.interrupt();
        caller.join(5_000);
        assertEnds(Long.parseLong(Files.readString(pid).strip()));
    }

    @Test
    void doesNotWaitForAGrandchildThatHoldsThePipe() {
        long start = System.nanoTime();
        assertThat(Command.of("sh", "-c", "sleep 20 & echo x").run().status()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    }

    private static void assertEnds(long pid) throws InterruptedException {
        for (int i = 0;
                i < 100 && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
                i++) {
            Thread.sleep(20);
        }
        assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)).isFalse();
    }
}
