// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.amphora.Lab;
import org.amphora.Needs;
import org.amphora.SlurmCluster;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Ranks under real launchers: those that meet are reported, those that do not are ended long
/// before they would end themselves.
class ProveIT {
    private static final String USER = "amphora-alice";
    private static Path folder = Path.of("/nonexistent");

    @BeforeAll
    static void compile() throws IOException {
        Needs.program("gcc");
        Needs.user(USER);
        folder = Files.createTempDirectory(Path.of("/tmp"), "amphora-prove-it-");
        run("chmod", "755", folder.toString());
        compile("openmpi", "libmpi.so.40", "-DOPEN_MPI");
        compile("mpich", "libmpich.so.12", "-DMPICH");
    }

    @AfterAll
    static void remove() {
        run("rm", "-rf", folder.toString());
    }

    @ParameterizedTest
    @CsvSource({"mpirun.openmpi --oversubscribe, openmpi", "mpirun.mpich, mpich"})
    void reportsRanksThatHaveMet(String launcher, String family) throws IOException {
        meet(prove(launcher, family, "4", Map.of()));
    }

    @ParameterizedTest
    @CsvSource({"mpirun.openmpi --oversubscribe, mpich", "mpirun.mpich, openmpi"})
    void endsRanksThatAreAlone(String launcher, String family) throws IOException {
        end(prove(launcher, family, "60", Map.of()));
    }

    @ParameterizedTest
    @CsvSource({"pmix, openmpi, meet", "pmi2, mpich, meet", "pmix, mpich, end"})
    void provesUnderSlurm(String kind, String family, String outcome) throws IOException {
        try (SlurmCluster cluster = SlurmCluster.start(1)) {
            boolean meets = outcome.equals("meet");
            Command.Result result =
                    prove(
                            "srun -N 1 --mpi=" + kind,
                            family,
                            meets ? "4" : "60",
                            cluster.environment());
            if (meets) {
                meet(result);
            } else {
                end(result);
            }
        }
    }

    private static void meet(Command.Result result) {
        assertThat(result.errors())
                .as(result.output())
                .contains(
                        "proof: world      2 of 2: it shares memory with 1 on this node",
                        "proof: transport  shared memory on this node",
                        "proof: cma        possible")
                .doesNotContain("error: the ranks");
        assertThat(result.output()).contains("rank 0 of 2", "stayed to the end");
    }

    private static void end(Command.Result result) {
        assertThat(result.errors())
                .as(result.output())
                .contains("proof: world      1 of 2", "error: the ranks do not see each other");
        assertThat(result.output()).contains("rank 0 of 1").doesNotContain("stayed to the end");
        assertThat(result.isSuccess()).isFalse();
    }

    private static Command.Result prove(
            String launcher, String family, String seconds, Map<String, String> environment)
            throws IOException {
        List<String> words = new ArrayList<>(List.of("runuser", "-u", USER, "--"));
        words.addAll(List.of(launcher.split(" ")));
        Needs.program(words.get(4));
        words.addAll(
                List.of(
                        "-n",
                        "2",
                        Lab.amphora().toString(),
                        "exec",
                        "--prove",
                        Lab.image("bookworm-" + family).toString(),
                        folder.resolve(family).toString(),
                        seconds));
        Command command = Command.of(words).in(Path.of("/tmp")).within(Duration.ofSeconds(50));
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            command = command.with(variable.getKey(), variable.getValue());
        }
        return command.run();
    }

    private static void compile(String family, String library, String option) {
        run(
                "gcc",
                option,
                "-o",
                folder.resolve(family).toString(),
                "src/test/resources/org/amphora/proof/stay.c",
                "-L" + Lab.root("bookworm-" + family).resolve("usr/lib").resolve(triplet()),
                "-l:" + library,
                "-Wl,--allow-shlib-undefined");
    }

    private static String triplet() {
        return Command.of("gcc", "-print-multiarch").run().output().strip();
    }

    private static void run(String... words) {
        Command.of(words).run().orProblem("cannot " + String.join(" ", words), "look at it");
    }
}
