// SPDX-License-Identifier: Apache-2.0
package org.amphora.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.ClusterUser;
import org.amphora.Lab;
import org.amphora.Needs;
import org.amphora.SharedSlurm;
import org.amphora.process.Command;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Ranks under real launchers: those that meet are reported, those that do not are ended long
/// before they would end themselves.
class ProveIT {
    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();
    @AutoClose private static ClusterUser alice;

    @BeforeAll
    static void compile() throws IOException {
        Needs.program("gcc");
        alice = ClusterUser.of(SLURM.cluster());
        compile("openmpi", "libmpi.so.40", "-DOPEN_MPI");
        compile("mpich", "libmpich.so.12", "-DMPICH");
    }

    @ParameterizedTest
    @CsvSource({
        "mpirun.openmpi --oversubscribe, openmpi",
        "mpirun.mpich, mpich",
        "srun -N 1 --mpi=pmix, openmpi",
    })
    void reportsRanksThatHaveMet(String launcher, String family) throws IOException {
        meet(prove(launcher, family, "4"));
    }

    @ParameterizedTest
    @CsvSource({
        "mpirun.openmpi --oversubscribe, mpich",
        "mpirun.mpich, openmpi",
    })
    void endsRanksThatAreAlone(String launcher, String family) throws IOException {
        end(prove(launcher, family, "60"));
    }

    /// A job with ranks on two nodes: one proof for each node.
    @Test
    void aJobReportsRanksThatHaveMet() throws IOException {
        String id = submit("bookworm-mpich", "4", "-N", "2", "-n", "4", "--mpi", "pmi2");
        assertThat(amphora("wait", id).status()).isZero();
        assertThat(amphora("logs", id).output())
                .contains("rank 3 of 4", "stayed to the end")
                .contains("proof: world      4 of 4: it shares memory with 1 on this node");
    }

    /// MPICH 4 starts threads even when it is alone, its ch3 before that none.
    @Test
    void aJobOfRanksThatAreAloneFails() throws IOException {
        List<String> jobs =
                List.of(
                        submit("bookworm-mpich", "60", "-n", "2", "--mpi", "pmix"),
                        submit("bullseye-mpich", "60", "-n", "2", "--mpi", "none"));
        for (String id : jobs) {
            assertThat(amphora("wait", id).status()).isEqualTo(128 + 15);
            assertThat(amphora("logs", id).output())
                    .contains(
                            "rank 0 of 1",
                            "proof: world      1 of 2: nothing leads to the others",
                            "error: the ranks do not see each other",
                            "why:   2 were started")
                    .doesNotContain("stayed to the end");
            JsonNode status = new JsonMapper().readTree(amphora("status", "--json", id).output());
            assertThat(status.get("state").asString()).isEqualTo("FAILED");
        }
    }

    private static String submit(String part, String seconds, String... options)
            throws IOException {
        List<String> words = new ArrayList<>(List.of("submit", "--prove"));
        words.addAll(List.of(options));
        words.addAll(List.of(Lab.image(part).toString(), "--", "./mpich", seconds));
        Command.Result result = amphora(words.toArray(new String[0]));
        assertThat(result.status()).as(result.errors()).isZero();
        return result.output().strip();
    }

    private static Command.Result amphora(String... words) {
        List<String> line = new ArrayList<>(List.of(alice.amphora()));
        line.addAll(List.of(words));
        return alice.run(line.toArray(new String[0]));
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

    private static Command.Result prove(String launcher, String family, String seconds)
            throws IOException {
        List<String> words = new ArrayList<>(List.of(launcher.split(" ")));
        Needs.program(words.getFirst());
        words.addAll(
                List.of(
                        "-n",
                        "2",
                        alice.amphora(),
                        "exec",
                        "--prove",
                        Lab.image("bookworm-" + family).toString(),
                        "./" + family,
                        seconds));
        return alice.run(words.toArray(new String[0]));
    }

    /// Against the C library of the oldest release, so that it runs with all.
    private static void compile(String family, String library, String option) {
        Path oldest = Lab.root("bullseye-" + family).resolve("lib").resolve(triplet());
        Command.of(
                        "gcc",
                        option,
                        "-o",
                        alice.home().resolve(family).toString(),
                        "src/test/resources/org/amphora/proof/stay.c",
                        "-L" + Lab.root("bookworm-" + family).resolve("usr/lib").resolve(triplet()),
                        "-l:" + library,
                        "-nodefaultlibs",
                        oldest.resolve("libc.so.6").toString(),
                        "-Wl,--allow-shlib-undefined")
                .run()
                .orProblem("cannot compile for " + family, "look at it");
    }

    private static String triplet() {
        return Command.of("gcc", "-print-multiarch").run().output().strip();
    }
}
