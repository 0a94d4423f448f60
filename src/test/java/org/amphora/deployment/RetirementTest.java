// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetirementTest {
    private static final Duration GRACE = Duration.ofDays(30);

    @TempDir private Path root;

    @Test
    void removesWhatIsDueAndNotInUse() throws IOException {
        Path old = make("apps/a/1");
        Path used = make("apps/a/2");
        at(0).retire(old);
        at(0).retire(used);
        Path young = make("apps/a/3");
        at(10).retire(young);
        assertThat(at(29).sweep(GRACE, Set::of)).isZero();
        assertThat(at(30).sweep(GRACE, () -> Set.of(used))).isEqualTo(1);
        assertThat(old).doesNotExist();
        assertThat(List.of(used, young)).allSatisfy(path -> assertThat(path).exists());
        assertThat(at(40).sweep(GRACE, Set::of)).isEqualTo(1);
        assertThat(young).doesNotExist();
        assertThat(used).exists();
        try (Stream<Path> notes = Files.list(new Layout(root).retired())) {
            assertThat(notes).isEmpty();
        }
    }

    @Test
    void countsFromTheLastTime() throws IOException {
        Path path = make("commands/a/1");
        at(0).retire(path);
        at(20).retire(path);
        assertThat(at(31).sweep(GRACE, Set::of)).isZero();
        assertThat(path).exists();
        assertThat(at(50).sweep(GRACE, Set::of)).isEqualTo(1);
    }

    @Test
    void ignoresLinesThatWereCutOffAndPathsElsewhere() throws IOException {
        Path kept = make("commands/a/1").getParent();
        Path outside = Files.createDirectory(root.resolveSibling(root.getFileName() + ".outside"));
        at(0).retire(make("commands/b/1"));
        for (String line : List.of("commands/a", "\n../" + outside.getFileName() + "\t.\n\t.\n")) {
            Files.writeString(
                    new Layout(root).retired().resolve("0"), line, StandardOpenOption.APPEND);
        }
        assertThat(at(31).sweep(GRACE, Set::of)).isEqualTo(1);
        assertThat(kept).exists();
        assertThat(outside).exists();
        Files.delete(outside);
    }

    private Retirement at(int day) {
        Instant time = Instant.EPOCH.plus(Duration.ofDays(day));
        return new Retirement(new Layout(root), Clock.fixed(time, ZoneOffset.UTC));
    }

    private Path make(String path) throws IOException {
        return Files.createDirectories(root.resolve(path));
    }
}
