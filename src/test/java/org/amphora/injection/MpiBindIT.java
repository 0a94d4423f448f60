// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.Lab;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// This machine's MPI in images of other Debian releases, under this machine's launchers: two ranks
/// see each other, exchange a message, and name the library that they really use.
class MpiBindIT {

    @ParameterizedTest
    @CsvSource({
        "mpirun.openmpi, bullseye-openmpi, Open MPI v",
        "mpirun.openmpi, bookworm-openmpi, Open MPI v",
        "mpirun.mpich, bullseye-mpich, 'MPICH Version: '",
        "mpirun.mpich, trixie-mpich, 'MPICH Version: '"
    })
    void ranksMeetThroughTheNodesLibrary(String launcher, String part, String name)
            throws IOException {
        Needs.program(launcher);
        List<String> probe =
                List.of(Lab.amphora().toString(), "exec", "--mpi=bind", Lab.image(part).toString());
        String own = version(launcher);
        List<String> words = new ArrayList<>(List.of(launcher, "-n", "2"));
        if (launcher.endsWith("openmpi")) {
            words.addAll(List.of("--allow-run-as-root", "--oversubscribe"));
        }
        words.addAll(probe);
        words.add("/usr/bin/mpi-probe");
        Command.Result result = Command.of(words).run();
        assertThat(result.isSuccess()).as(result.output() + result.errors()).isTrue();
        assertThat(result.output()).contains("rank 0 of 2", "rank 1 of 2", "exchanged", name + own);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bullseye-openmpi", "bullseye-mpich"})
    void theImagesOwnProgramsRunUnderTheNodesGlibc(String part) throws IOException {
        Needs.program(part.endsWith("mpich") ? "mpirun.mpich" : "mpirun.openmpi");
        Command.Result result =
                Command.of(
                                Lab.amphora().toString(),
                                "exec",
                                "--mpi=bind",
                                Lab.image(part).toString(),
                                "/bin/bash",
                                "-c",
                                "cat /etc/debian_version | cut -c 1-3")
                        .run();
        assertThat(result.output() + result.errors()).isEqualTo("11.\n");
    }

    @ParameterizedTest
    @ValueSource(strings = "trixie-openmpi")
    void refusesALibraryThatIsOlderThanTheProgramsWant(String newer) throws IOException {
        Needs.program("mpirun.openmpi");
        Needs.that(version("mpirun.openmpi").startsWith("4"), "openmpi-4", "Open MPI 4");
        Command.Result result =
                Command.of(
                                Lab.amphora().toString(),
                                "exec",
                                "--mpi=bind",
                                Lab.image(newer).toString(),
                                "/usr/bin/mpi-probe")
                        .run();
        assertThat(result.status()).isEqualTo(255);
        assertThat(result.errors()).contains("this node has 4.", "--mpi=hybrid");
    }

    /// What the launcher says of itself.
    private static String version(String launcher) {
        String text = Command.of(launcher, "--version").run().output();
        Matcher version = Pattern.compile("\\d+\\.\\d+\\.\\d+").matcher(text);
        assertThat(version.find()).as(text).isTrue();
        return version.group();
    }
}
