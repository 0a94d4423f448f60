// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Site;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Deployments and promotions at once, some of them killed, while users load modules. The system
/// property `rounds` makes it longer.
class ConcurrentDeployIT {
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int LONGEST_LIFE_MILLISECONDS = 1500;

    private static Lab lab;

    @BeforeAll
    static void prepare() throws IOException {
        lab = new Lab();
    }

    @AfterAll
    static void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void leavesNoHalfModuleWhenKilled() throws Exception {
        Site site = lab.site();
        lab.add(site, "samtools/1.19");
        lab.add(site, "samtools/1.20");
        lab.add(site, "other/1.20");
        Lab.promote(site, "samtools/1.20");
        lab.deploy(site);
        Path stop = lab.folder().resolve("stop");
        try (ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Command.Result>> loading = new ArrayList<>();
            for (String tool : List.of("lmod", "modules")) {
                loading.add(
                        users.submit(
                                () ->
                                        lab.shell(
                                                "amphora-alice",
                                                tool,
                                                "bash",
                                                site,
                                                "until [ -e "
                                                        + stop
                                                        + " ]; do module load samtools && samtools --version;"
                                                        + " module unload samtools; done")));
            }
            try {
                churn(site);
            } finally {
                Files.createFile(stop);
            }
            for (Future<Command.Result> result : loading) {
                assertThat(Set.copyOf(result.get().output().lines().toList()))
                        .isNotEmpty()
                        .isSubsetOf("samtools 1.19", "samtools 1.20");
                assertThat(result.get().errors()).isEmpty();
            }
        }
        lab.deploy(site);
        assertThat(lab.deploy(site)).isEmpty();
        Catalog catalog = site.catalog();
        assertThat(catalog.findings()).isEmpty();
        String stable = catalog.channels("samtools").stable().orElseThrow();
        assertThat(
                        lab.shell(
                                        "amphora-alice",
                                        "lmod",
                                        "bash",
                                        site,
                                        "module load samtools; samtools --version")
                                .output())
                .isEqualTo("samtools " + stable + "\n");
        try (Stream<Path> all = Files.walk(Lab.root(site))) {
            assertThat(all.map(Path::toString).filter(name -> name.contains(".new"))).isEmpty();
        }
    }

    /// Three at once in each round; one is killed at some point.
    private static void churn(Site site) throws IOException, InterruptedException {
        Random random = new Random(4);
        for (int round = 0; round < ROUNDS; round++) {
            String version = round % 2 == 0 ? "samtools/1.19" : "samtools/1.20";
            Process killed = start(site, version);
            List<Process> others = List.of(start(site, "other/1.20"), start(site, ""));
            if (!killed.waitFor(random.nextInt(LONGEST_LIFE_MILLISECONDS), TimeUnit.MILLISECONDS)) {
                killed.destroyForcibly().waitFor();
            }
            for (Process other : others) {
                assertThat(other.waitFor()).isZero();
            }
        }
    }

    private static Process start(Site site, String version) throws IOException {
        List<String> argv =
                new ArrayList<>(
                        List.of(
                                System.getProperty("java.home") + "/bin/java",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                DeployProgram.class.getName(),
                                site.root().toString(),
                                lab.starter().toString()));
        if (!version.isEmpty()) {
            argv.add(version);
        }
        return new ProcessBuilder(argv).inheritIO().start();
    }
}
