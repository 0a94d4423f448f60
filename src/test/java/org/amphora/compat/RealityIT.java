// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.SlurmCluster;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What really happens in situations that this machine can be brought into.
class RealityIT {

    private static Path home = Path.of("");
    private static SlurmCluster slurm;

    @BeforeAll
    static void prepare() throws IOException {
        Needs.program("mpirun.openmpi");
        Needs.program("mpiexec.hydra");
        Needs.program("setpriv");
        slurm = SlurmCluster.start(1);
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
    static void conclude() throws IOException {
        if (slurm != null) {
            slurm.close();
            Command.of("rm", "-rf", home.toString()).run();
        }
    }

    @TestFactory
    Stream<DynamicTest> launchersAndLibrariesMeet() {
        return tests(MpiTrials.all(slurm.node()));
    }

    @TestFactory
    Stream<DynamicTest> oddImagesAndNodesEndAsKnown() throws IOException {
        return tests(NodeTrials.all());
    }

    private static Stream<DynamicTest> tests(List<Trial> trials) {
        return trials.stream()
                .map(trial -> DynamicTest.dynamicTest(trial.toString(), () -> run(trial)));
    }

    private static void run(Trial trial) throws IOException {
        slurm.environment().forEach(trial::with);
        Command.Result seen = trial.observe(home);
        assertThat(trial.outcome(seen)).as("what happens: %s", seen).isEqualTo(trial.truth());
    }
}
