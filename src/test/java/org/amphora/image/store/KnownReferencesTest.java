// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.amphora.image.Digest;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownReferencesTest {

    private static final Reference TOOL = Reference.parse("docker://example.org/tool:1");
    private static final Digest KEY = Digest.of("key");

    @TempDir Path dir;

    private KnownReferences known() {
        return new KnownReferences(Cache.at(dir), Platform.linux("amd64"));
    }

    private Path asking(AtomicInteger times) {
        times.incrementAndGet();
        Path image =
                Cache.at(dir)
                        .getOrMake(
                                Cache.Kind.IMAGE,
                                KEY,
                                Progress.NONE,
                                to -> Files.writeString(to, "image"));
        known().keep(TOOL, KEY);
        return image;
    }

    @Test
    void oneAsksForAllThatCameBeforeItsAnswer() throws Exception {
        AtomicInteger times = new AtomicInteger();
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch others = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Path>> images = new ArrayList<>();
            images.add(
                    threads.submit(
                            () ->
                                    known().once(
                                                    TOOL,
                                                    Progress.NONE,
                                                    () -> {
                                                        first.countDown();
                                                        await(others);
                                                        return asking(times);
                                                    })));
            await(first);
            CountDownLatch waiting = new CountDownLatch(7);
            for (int i = 0; i < 7; i++) {
                Progress sees =
                        (label, total, unit) -> {
                            waiting.countDown();
                            return Progress.NONE.begin(label, total, unit);
                        };
                images.add(threads.submit(() -> known().once(TOOL, sees, () -> asking(times))));
            }
            await(waiting);
            others.countDown();
            for (Future<Path> image : images) {
                assertThat(image.get()).hasContent("image");
            }
        }
        assertThat(times).hasValue(1);
        assertThat(known().once(TOOL, Progress.NONE, () -> asking(times))).hasContent("image");
        assertThat(times).hasValue(2);
    }

    @Test
    void knowsNothingOfWhatWasRemovedOrIsForAnotherProcessor() throws IOException {
        Path image = asking(new AtomicInteger());
        assertThat(known().find(TOOL)).contains(image);
        assertThat(new KnownReferences(Cache.at(dir), Platform.linux("arm64")).find(TOOL))
                .isEmpty();
        Files.delete(image);
        assertThat(known().find(TOOL)).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
