// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.amphora.problem.Problem;

/// Whatever is done to an image, reading it ends, and ends with a result or a `Problem`.
class SquashDamageTest {
    /// A damaged size makes a file endless; what is read beyond this tells nothing new.
    private static final int ENOUGH = 1 << 20;

    private static Path file;

    @BeforeContainer
    static void makeFile() throws IOException {
        file = Files.createTempFile("damaged", ".sqfs");
    }

    @AfterContainer
    static void removeFile() throws IOException {
        Files.delete(file);
    }

    @Provide
    Arbitrary<String> images() {
        return Arbitraries.of("gzip", "zstd", "xz", "lz4");
    }

    @Property(tries = 4, shrinking = ShrinkingMode.OFF)
    void readsTheUndamagedImage(@ForAll("images") String name) throws IOException {
        Files.write(file, image(name));
        assertThat(readAll()).isGreaterThan(60_000);
    }

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void survivesChangedBytes(@ForAll("images") String name, @ForAll("damages") Damage[] damages)
            throws IOException {
        byte[] image = image(name);
        for (Damage damage : damages) {
            image[Math.floorMod(damage.at(), image.length)] = damage.value();
        }
        survives(image);
    }

    /// The tables lie at the end, and the numbers that steer the reader in the superblock.
    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void survivesChangedTables(
            @ForAll("images") String name,
            @ForAll @IntRange(max = 1200) int at,
            @ForAll byte value,
            @ForAll boolean inSuperblock)
            throws IOException {
        byte[] image = image(name);
        int used = image.length - trailingZeros(image);
        image[inSuperblock ? at % Superblock.SIZE : used - 1 - at] = value;
        survives(image);
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void survivesTruncation(
            @ForAll("images") String name, @ForAll @IntRange(max = 30_000) int length)
            throws IOException {
        byte[] image = image(name);
        survives(Arrays.copyOf(image, Math.min(length, image.length)));
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void survivesGarbageBehindASuperblock(@ForAll("images") String name, @ForAll byte[] garbage)
            throws IOException {
        byte[] image = image(name);
        for (int i = 0; garbage.length > 0 && i < image.length - Superblock.SIZE; i++) {
            image[Superblock.SIZE + i] = garbage[i % garbage.length];
        }
        survives(image);
    }

    record Damage(int at, byte value) {}

    @Provide
    Arbitrary<Damage[]> damages() {
        return Combinators.combine(Arbitraries.integers(), Arbitraries.bytes())
                .as(Damage::new)
                .array(Damage[].class)
                .ofMinSize(1)
                .ofMaxSize(8);
    }

    private static void survives(byte[] image) throws IOException {
        Files.write(file, image);
        try {
            readAll();
        } catch (Problem problem) {
            assertThat(problem.why()).isNotBlank();
        }
    }

    private static long readAll() {
        long[] read = {0};
        try (SquashReader reader = SquashReader.open(file, 0)) {
            reader.walk(
                    (path, inode) -> {
                        reader.xattrs(inode).values().forEach(value -> read[0] += value.length);
                        reader.find(path);
                        if (inode instanceof Inode.Regular regular) {
                            read[0] += size(reader.open(regular));
                        }
                    });
        }
        return read[0];
    }

    private static long size(InputStream in) {
        try (in) {
            long size = 0;
            byte[] buffer = new byte[8192];
            int step = in.read(buffer);
            while (step > 0 && size < ENOUGH) {
                size += step;
                step = in.read(buffer);
            }
            return size;
        } catch (IOException e) {
            throw new AssertionError("reading throws problems only", e);
        }
    }

    private static byte[] image(String name) throws IOException {
        try (InputStream in = SquashDamageTest.class.getResourceAsStream(name + ".sqfs")) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static int trailingZeros(byte[] bytes) {
        int zeros = 0;
        while (bytes[bytes.length - 1 - zeros] == 0) {
            zeros++;
        }
        return zeros;
    }
}
