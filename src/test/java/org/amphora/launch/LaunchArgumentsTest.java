// SPDX-License-Identifier: Apache-2.0
package org.amphora.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchArgumentsTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @Test
    void endsOptionsAtTheImage() {
        LaunchArguments arguments = parse("exec", "-e", "x.sif", "ls", "-e", "--nv", "--", "-B");

        assertThat(arguments.verb()).isEqualTo("exec");
        assertThat(arguments.image()).isEqualTo("x.sif");
        assertThat(arguments.command()).containsExactly("ls", "-e", "--nv", "--", "-B");
        assertThat(arguments.has(LaunchOption.CLEANENV)).isTrue();
        assertThat(arguments.has(LaunchOption.NV)).isFalse();
    }

    @Test
    void takesValuesInEveryForm() {
        LaunchArguments arguments =
                parse(
                        "exec",
                        "-B",
                        "a",
                        "-Bb,c",
                        "-B=d",
                        "--bind",
                        "e",
                        "--bind=f",
                        "-ecHh",
                        "--pid=true",
                        "--ipc=false",
                        "x.sif",
                        "true");

        assertThat(arguments.values(LaunchOption.BIND)).containsExactly("a", "b,c", "d", "e", "f");
        assertThat(arguments.value(LaunchOption.HOME)).isEqualTo("h");
        assertThat(arguments.has(LaunchOption.CLEANENV)).isTrue();
        assertThat(arguments.has(LaunchOption.CONTAIN)).isTrue();
        assertThat(arguments.has(LaunchOption.PID)).isTrue();
        assertThat(arguments.has(LaunchOption.IPC)).isFalse();
    }

    @Test
    void takesGlobalOptionsBeforeAndAfterTheVerb() {
        LaunchArguments arguments = parse("--quiet", "--silent", "-d", "exec", "-q", "i", "c");

        assertThat(arguments.verb()).isEqualTo("exec");
        assertThat(arguments.command()).containsExactly("c");
    }

    @Test
    void givesShellItsOwnLetter() {
        assertThat(parse("shell", "-s", "/bin/zsh", "i").value(LaunchOption.SHELL))
                .isEqualTo("/bin/zsh");
        assertThat(parse("-s", "exec", "i", "c").image()).isEqualTo("i");
    }

    @Test
    void asksForHelpOnlyBeforeTheImage() {
        assertThat(parse("exec", "--help").isHelp()).isTrue();
        assertThat(parse("run", "-eh").isHelp()).isTrue();
        assertThat(parse("exec", "i", "c", "--help").isHelp()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec --bnd x i c|did you mean --bind?",
                "exec --clean-env i c|did you mean --cleanenv?",
                "exec --xyzzy i c|amphora exec --help",
                "exec -Z i c|amphora exec --help",
                "exec i|amphora exec [OPTIONS] IMAGE COMMAND [ARGUMENTS]",
                "run -e|amphora run [OPTIONS] IMAGE [ARGUMENTS]",
                "exec i --bind|amphora exec",
                "exec --nv=maybe i c|write =true or =false",
                "exec --security x i c|leave it out: no security profiles are applied",
                "--wrong exec i c|amphora --help",
                "-q|amphora --help",
            })
    void refusesWithAdvice(String line) {
        String[] parts = line.split("\\|");
        if (parts[0].equals("exec i --bind")) {
            assertThat(parse(parts[0].split(" ")).command()).containsExactly("--bind");
            return;
        }
        assertThatThrownBy(() -> parse(parts[0].split(" ")))
                .isInstanceOf(UsageError.class)
                .extracting(e -> ((UsageError) e).advice())
                .isEqualTo(parts[1]);
    }

    @Test
    void warnsOfOptionsWithoutEffect() {
        parse("exec", "--cpus", "2", "--memory", "100m", "--add-caps", "all", "i", "c");

        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("WARNING: --cpus has no effect: the resource manager's limits hold")
                .contains("--memory")
                .contains("--add-caps");
    }

    @Test
    void readsVariablesInTheOrderOfTheirPrefixes() {
        LaunchArguments arguments =
                parse(
                        Map.of(
                                "SINGULARITY_CONTAIN", "1",
                                "APPTAINER_WORKDIR", "/w",
                                "SINGULARITY_WORKDIR", "/v",
                                "AMPHORA_PID", "true",
                                "APPTAINER_NV", "0",
                                "APPTAINER_BINDPATH", "/c,/d",
                                "SINGULARITY_HOME", "/h"),
                        "exec",
                        "-B",
                        "/a",
                        "-H",
                        "/g",
                        "i",
                        "c");

        assertThat(arguments.has(LaunchOption.CONTAIN)).isTrue();
        assertThat(arguments.has(LaunchOption.PID)).isTrue();
        assertThat(arguments.has(LaunchOption.NV)).isFalse();
        assertThat(arguments.value(LaunchOption.WORKDIR)).isEqualTo("/w");
        assertThat(arguments.value(LaunchOption.HOME)).isEqualTo("/g");
        assertThat(arguments.values(LaunchOption.BIND)).containsExactly("/a", "/c,/d");
        assertThat(said.toString(StandardCharsets.UTF_8))
                .isEqualTo(
                        "WARNING: APPTAINER_WORKDIR and SINGULARITY_WORKDIR differ,"
                                + " APPTAINER_WORKDIR is used\n");
    }

    @Test
    void obeysTheMessageLevel() {
        parse(Map.of("APPTAINER_MESSAGELEVEL", "-3"), "exec", "--cpus", "2", "i", "c");

        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec --no-home --pid -B /work/dir img /bin/bash -c x",
                "--quiet --silent exec --home /w --nv --bind a:b --pwd d --bind /abs img sh -c y",
                "--quiet run --contain --ipc --cleanenv --no-eval --userns --home o:h"
                        + " --mount=type=bind,source=s,target=t,readonly --pwd d --net --network none"
                        + " img cmd args",
                "-s exec --contain --pwd W --cleanenv --ipc --pid --no-mount tmp -B src:dst:ro"
                        + " --home H:H img /bin/sh script",
                "exec --containall --bind c:d docker://x sh s",
                "--verbose exec --pwd D/work --add-caps all --containall --no-mount hostfs"
                        + " --fakeroot --bind h:c:ro --bind T:/tmp img /bin/sh -c z",
                "exec --nv --containall --fakeroot img c",
            })
    void understandsTheEnginesCommandLines(String line) {
        assertThat(parse(line.split(" ")).command()).isNotEmpty();
    }

    @Test
    void namesNothingTwice() {
        Set<String> names = new HashSet<>();
        for (LaunchOption option : LaunchOption.values()) {
            assertThat(names.add("--" + option.longName())).as(option.longName()).isTrue();
            if (option.otherName() != null) {
                assertThat(names.add("--" + option.otherName())).isTrue();
            }
            if (option.letter() != 0) {
                assertThat(names.add("-" + option.letter())).as(option.longName()).isTrue();
            }
            assertThat(option.help()).isNotBlank();
        }
    }

    private LaunchArguments parse(String... words) {
        return parse(Map.of(), words);
    }

    private LaunchArguments parse(Map<String, String> environment, String... words) {
        return LaunchArguments.parse(List.of(words), environment, new Messages(said));
    }
}
