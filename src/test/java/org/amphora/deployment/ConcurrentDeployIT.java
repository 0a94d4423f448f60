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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Site;
import org.amphora.process.Command;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Deployments and promotions at once, some of them killed, while users load modules. The variables
/// `AMPHORA_TEST_KILLS` and `AMPHORA_TEST_PROCESSES` make it longer and wider.
class ConcurrentDeployIT {
    private static final int KILLS = number("AMPHORA_TEST_KILLS", 3);
    private static final int PROCESSES = number("AMPHORA_TEST_PROCESSES", 3);
    private static final int LONGEST_PAUSE_MILLISECONDS = 1500;
    private static final List<String> WORK =
            List.of("samtools/1.19", "", "samtools/1.20", "other/1.20");

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

    /// Keeps a number of processes at work and kills one of them again and again.
    private static void churn(Site site) throws Exception {
        Random random = new Random(4);
        Process[] running = new Process[PROCESSES];
        Set<Process> killed = ConcurrentHashMap.newKeySet();
        AtomicBoolean enough = new AtomicBoolean();
        try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < PROCESSES; i++) {
                int worker = i;
                all.add(workers.submit(() -> work(site, worker, running, killed, enough)));
            }
            try {
                for (int i = 0; i < KILLS; i++) {
                    Thread.sleep(random.nextInt(LONGEST_PAUSE_MILLISECONDS));
                    synchronized (running) {
                        Process victim = running[random.nextInt(PROCESSES)];
                        if (victim != null) {
                            killed.add(victim);
                            victim.destroyForcibly();
                        }
                    }
                }
            } finally {
                enough.set(true);
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertThat(killed).isNotEmpty();
    }

    private static Object work(
            Site site, int worker, Process[] running, Set<Process> killed, AtomicBoolean enough)
            throws Exception {
        for (int turn = worker; !enough.get(); turn++) {
            Process process;
            synchronized (running) {
                process = start(site, WORK.get(turn % WORK.size()));
                running[worker] = process;
            }
            int status = process.waitFor();
            assertThat(status == 0 || killed.contains(process)).as("status " + status).isTrue();
        }
        return worker;
    }

    private static int number(String variable, int otherwise) {
        return Integer.parseInt(
                System.getenv().getOrDefault(variable, Integer.toString(otherwise)));
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
