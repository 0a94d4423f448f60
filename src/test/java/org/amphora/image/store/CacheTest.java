// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheTest {

    private static final Digest DIGEST = Digest.of("x");

    @TempDir Path dir;

    @Test
    void findsItsDirectoryInTheEnvironment() {
        assertThat(root("AMPHORA_CACHEDIR", "/a", "APPTAINER_CACHEDIR", "/b")).isEqualTo("/a");
        assertThat(root("APPTAINER_CACHEDIR", "/b", "HOME", "/h")).isEqualTo("/b/amphora");
        assertThat(root("SINGULARITY_CACHEDIR", "/c")).isEqualTo("/c/amphora");
        assertThat(root("XDG_CACHE_HOME", "/x", "HOME", "/h")).isEqualTo("/x/amphora");
        assertThat(root("HOME", "/h")).isEqualTo("/h/.cache/amphora");
        assertThat(root("HOME", "")).isEqualTo(System.getProperty("user.home") + "/.cache/amphora");
    }

    @Test
    void makesOnceAndLeavesNothingElse() throws IOException {
        Cache cache = Cache.at(dir);
        AtomicInteger made = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            Path path =
                    cache.getOrMake(
                            Cache.Kind.IMAGE,
                            DIGEST,
                            Progress.NONE,
                            to -> {
                                Files.writeString(to.resolveSibling("other"), "left");
                                Files.writeString(to, "v" + made.incrementAndGet());
                            });
            assertThat(path).hasContent("v1");
            assertThat(path).isEqualTo(dir.resolve("images/sha256/" + DIGEST.hex() + ".sif"));
        }
        assertThat(cache.find(Cache.Kind.IMAGE, DIGEST)).isPresent();
        assertThat(cache.find(Cache.Kind.LAYER, DIGEST)).isEmpty();
        assertThat(files(dir.resolve("tmp"))).isEmpty();
    }

    @Test
    void keepsNothingOfAFailedMaker() throws IOException {
        Cache cache = Cache.at(dir);
        assertThatThrownBy(
                        () ->
                                cache.getOrMake(
                                        Cache.Kind.LAYER,
                                        DIGEST,
                                        Progress.NONE,
                                        to -> {
                                            Files.writeString(to, "half");
                                            throw new Problem("a", "b", "c");
                                        }))
                .isInstanceOf(Problem.class)
                .hasMessage("a: b");
        assertThat(cache.find(Cache.Kind.LAYER, DIGEST)).isEmpty();
        assertThat(files(dir.resolve("tmp"))).isEmpty();
        assertThat(
                        cache.getOrMake(
                                Cache.Kind.LAYER,
                                DIGEST,
                                Progress.NONE,
                                to -> Files.writeString(to, "whole")))
                .hasContent("whole");
    }

    @Test
    void threadsShareOneMaker() throws Exception {
        Cache cache = Cache.at(dir);
        AtomicInteger made = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () ->
                                            cache.getOrMake(
                                                    Cache.Kind.TREE,
                                                    DIGEST,
                                                    Progress.NONE,
                                                    to -> {
                                                        made.incrementAndGet();
                                                        pause(100);
                                                        Files.createDirectory(to);
                                                    })));
        }
        for (Thread thread : threads) {
            thread.join(20_000);
        }
        assertThat(made).hasValue(1);
        assertThat(cache.find(Cache.Kind.TREE, DIGEST)).isPresent();
    }

    @Test
    void makerOfAnImageMakesLayers() {
        Cache cache = Cache.at(dir);
        Path image =
                cache.getOrMake(
                        Cache.Kind.IMAGE,
                        DIGEST,
                        Progress.NONE,
                        to -> {
                            Path layer =
                                    cache.getOrMake(
                                            Cache.Kind.LAYER,
                                            DIGEST,
                                            Progress.NONE,
                                            l -> Files.writeString(l, "layer"));
                            Files.copy(layer, to);
                        });
        assertThat(image).hasContent("layer");
    }

    @Test
    void listsAndCleansByAgeAndKind() throws IOException {
        Cache cache = Cache.at(dir);
        assertThat(cache.list()).isEmpty();
        assertThat(cache.clean(EnumSet.allOf(Cache.Kind.class), Duration.ZERO)).isEmpty();
        for (Cache.Kind kind : Cache.Kind.values()) {
            cache.getOrMake(
                    kind,
                    DIGEST,
                    Progress.NONE,
                    to -> {
                        if (kind == Cache.Kind.TREE) {
                            Path locked = Files.createDirectories(to.resolve("a/b"));
                            Files.writeString(locked.resolve("f"), "1234");
                            Files.setPosixFilePermissions(
                                    locked, PosixFilePermissions.fromString("---------"));
                        } else {
                            Files.writeString(to, "123");
                        }
                    });
        }
        Files.writeString(dir.resolve("layers/sha256/not-ours"), "");
        assertThat(cache.list()).extracting(Cache.Entry::kind).contains(Cache.Kind.values());
        assertThat(cache.clean(Set.of(Cache.Kind.LAYER), Duration.ofDays(1))).isEmpty();
        assertThat(cache.clean(Set.of(Cache.Kind.LAYER), Duration.ZERO))
                .singleElement()
                .satisfies(e -> assertThat(e.sizeInBytes()).isEqualTo(3));
        Path image = cache.path(Cache.Kind.IMAGE, DIGEST);
        FileTime modified = Files.getLastModifiedTime(image);
        Files.getFileAttributeView(image, BasicFileAttributeView.class)
                .setTimes(null, FileTime.from(Instant.now().minus(Duration.ofDays(9))), null);
        Set<Cache.Kind> all = EnumSet.allOf(Cache.Kind.class);
        cache.find(Cache.Kind.IMAGE, DIGEST);
        assertThat(Files.getLastModifiedTime(image)).isEqualTo(modified);
        assertThat(cache.clean(all, Duration.ofDays(8))).as("used just now").isEmpty();
        assertThat(cache.clean(all, Duration.ZERO)).hasSize(3);
        assertThat(cache.list()).isEmpty();
        assertThat(files(dir.resolve("tmp"))).isEmpty();
    }

    @Test
    void saysWhereThereIsNoSpaceAndWhatToSet() {
        Problem problem =
                Storage.problem(
                        "cannot x",
                        dir.resolve("not/there"),
                        5L << 30,
                        new IOException("No space left on device"));
        assertThat(problem.why())
                .contains("no space left in " + dir + "/not/there: 5.0 GiB needed, ")
                .endsWith(" free");
        assertThat(problem.fix()).contains("AMPHORA_CACHEDIR").contains("AMPHORA_TMPDIR");
    }

    @Test
    void fullDiskIsAProblemWithTheDirectory() {
        Needs.that(Files.exists(Path.of("/dev/full")), "dev-full", "no /dev/full");
        Cache cache = Cache.at(dir);
        assertThatThrownBy(
                        () ->
                                cache.getOrMake(
                                        Cache.Kind.LAYER,
                                        DIGEST,
                                        Progress.NONE,
                                        to ->
                                                Files.writeString(
                                                        Path.of("/dev/full"),
                                                        "x",
                                                        StandardOpenOption.WRITE)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no space left in " + dir);
    }

    @Test
    void cacheBelowAFileIsAProblem() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "");
        assertThatThrownBy(
                        () ->
                                Cache.at(file.resolve("cache"))
                                        .getOrMake(
                                                Cache.Kind.LAYER, DIGEST, Progress.NONE, _ -> {}))
                .isInstanceOfSatisfying(
                        Problem.class, p -> assertThat(p.fix()).contains("AMPHORA_CACHEDIR"));
    }

    @Test
    void sixteenProcessesShareOneMaker() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            processes.add(other("make", "300"));
        }
        int makers = 0;
        int waiters = 0;
        for (Process process : processes) {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            String said = text(process);
            assertThat(process.exitValue()).as(said).isZero();
            assertThat(said).contains("content=whole");
            makers += said.contains("I make") ? 1 : 0;
            waiters += said.contains("another process is making image") ? 1 : 0;
        }
        assertThat(makers).isEqualTo(1);
        assertThat(waiters).isPositive();
        assertThat(files(dir.resolve("tmp"))).isEmpty();
    }

    @Test
    void aKilledMakerIsReplacedAndSweptAfter() throws Exception {
        Process victim = other("make", "60000");
        waitForLine(victim, "I make");
        Process waiter = other("make", "0");
        waitForLine(waiter, "another process is making");
        victim.destroyForcibly().waitFor();
        assertThat(waiter.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(text(waiter)).contains("I make").contains("content=whole");
        assertThat(Cache.at(dir).path(Cache.Kind.IMAGE, DIGEST)).hasContent("whole");
        assertThat(files(dir.resolve("tmp"))).isEmpty();
    }

    @Test
    void sweepLeavesTheLiveAlone() throws Exception {
        Process live = other("make", "60000");
        try {
            waitForLine(live, "I make");
            try (Scratch own = Cache.at(dir).scratch()) {
                Scratch.sweep(dir.resolve("tmp"));
                assertThat(own.path()).isDirectory();
                assertThat(files(dir.resolve("tmp"))).hasSize(4);
            }
        } finally {
            live.destroyForcibly().waitFor();
        }
        Scratch.sweep(dir.resolve("tmp"));
        assertThat(files(dir.resolve("tmp"))).isEmpty();
    }

    @Test
    void terminatedMakerRemovesItsFiles() throws Exception {
        Process live = other("make", "60000");
        waitForLine(live, "I make");
        live.destroy();
        assertThat(live.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(files(dir.resolve("tmp"))).isEmpty();
    }

    private final StringBuilder spoken = new StringBuilder();

    private Process other(String... arguments) throws IOException {
        List<String> argv =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                CacheProcess.class.getName(),
                                dir.toString()));
        argv.addAll(List.of(arguments));
        return new ProcessBuilder(argv).redirectErrorStream(true).start();
    }

    private void waitForLine(Process process, String text) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.indexOf(text) < 0) {
            int c = process.getInputStream().read();
            assertThat(c).as(line.toString()).isNotNegative();
            line.append((char) c);
        }
        spoken.append(line);
    }

    private String text(Process process) throws IOException {
        return spoken + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String root(String... variables) {
        Map<String, String> environment = new java.util.HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return Cache.rootOf(environment).toString();
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.toList();
        }
    }

    static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
