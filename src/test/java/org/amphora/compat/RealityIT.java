// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.SharedSlurm;
import org.amphora.compat.Trial.Outcome;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Predictions against what happens. Each situation is built, predicted and run; at the end stand
/// precision and recall over all of them.
class RealityIT {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Score SCORE = new Score();

    private static Path home = Path.of("");
    @RegisterExtension private static final SharedSlurm SLURM = new SharedSlurm();

    @BeforeAll
    static void prepare() throws IOException {
        Needs.program("mpirun.openmpi");
        Needs.program("mpiexec.hydra");
        Needs.program("setpriv");
        home =
                Files.createTempDirectory(
                        Path.of("/tmp"),
                        "amphora-reality.",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwxr-xr-x")));
        Command.of("chown", "amphora-alice:", home.toString())
                .run()
                .orProblem("cannot give " + home, "run setup/test-users");
    }

    @AfterAll
    static void conclude() {
        if (!home.toString().isEmpty()) {
            Command.of("rm", "-rf", home.toString()).run();
        }
        SCORE.print(System.out);
    }

    @TestFactory
    Stream<DynamicTest> predictsWhatLaunchersAndLibrariesMakeOfEachOther() {
        return tests(MpiTrials.all(SLURM.cluster().node()));
    }

    @TestFactory
    Stream<DynamicTest> predictsWhatHappensOnThisNode() throws IOException {
        return tests(NodeTrials.all(new Captures(home)));
    }

    private static Stream<DynamicTest> tests(List<Trial> trials) {
        return trials.stream()
                .map(trial -> DynamicTest.dynamicTest(trial.toString(), () -> compare(trial)));
    }

    private static void compare(Trial trial) throws IOException {
        SLURM.cluster().environment().forEach(trial::with);
        Command.Result seen = trial.observe(home);
        assertThat(trial.outcome(seen)).as("what happens: %s", seen).isEqualTo(trial.truth());
        boolean runs = trial.truth() == Outcome.RUNS;

        Command.Result predicted = trial.predict(home);
        List<String> blocking = new ArrayList<>();
        List<String> speaking = new ArrayList<>();
        for (JsonNode finding : JSON.readTree(predicted.output()).path("findings")) {
            speaking.add(finding.path("id").asString());
            if (finding.path("severity").asString().equals("block")) {
                blocking.add(finding.path("id").asString());
            }
        }
        boolean named = trial.check().map(speaking::contains).orElse(false);
        SCORE.add(!blocking.isEmpty(), !runs, named);
        if (runs) {
            assertThat(blocking).as("what blocks although it runs: %s", seen).isEmpty();
        } else {
            // Whether a program needs what it lacks does not always show: then a warning is right.
            assertThat(speaking).as("checks that speak").contains(trial.check().orElse("?"));
            assertThat(predicted.status()).as(predicted.errors()).isIn(1, 2);
        }
    }
}
