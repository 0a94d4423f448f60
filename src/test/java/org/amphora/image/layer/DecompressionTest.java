// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.amphora.Needs;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;

class DecompressionTest {

    private static final byte[] TEXT = text();

    private static byte[] text() {
        byte[] bytes = new byte[300_000];
        var random = new Random(3);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(8));
        }
        return bytes;
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] zstd(byte[] bytes) throws Exception {
        Needs.program("zstd");
        Process process = new ProcessBuilder("zstd", "-q", "-c", "--check").start();
        try (var in = process.getOutputStream()) {
            in.write(bytes);
        }
        byte[] compressed = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return compressed;
    }

    private static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] read(byte[] compressed) throws IOException {
        // One byte at a time from below, as a slow network may give them.
        var raw =
                new ByteArrayInputStream(compressed) {
                    @Override
                    public synchronized int read(byte[] b, int off, int len) {
                        return super.read(b, off, Math.min(len, 1 + (pos % 7000)));
                    }

                    @Override
                    public synchronized int available() {
                        return 0;
                    }
                };
        try (InputStream in = Decompression.open(raw, "layer x")) {
            byte[] bytes = in.readAllBytes();
            assertThat(raw.read()).as("read to its end").isEqualTo(-1);
            return bytes;
        }
    }

    @Test
    void readsPlainBytes() throws IOException {
        assertThat(read(TEXT)).isEqualTo(TEXT);
        assertThat(read(new byte[0])).isEmpty();
        assertThat(read(new byte[] {0x1f})).hasSize(1);
    }

    @Test
    void readsGzipOfManyMembersAndPadding() throws IOException {
        assertThat(read(gzip(TEXT))).isEqualTo(TEXT);
        assertThat(read(join(gzip(TEXT), gzip(new byte[0]), gzip(TEXT), new byte[700])))
                .isEqualTo(join(TEXT, TEXT));
    }

    @Test
    void readsGzipHeadersWithEverything() throws IOException {
        byte[] plain = gzip(TEXT);
        byte[] full =
                join(
                        new byte[] {0x1f, (byte) 0x8b, 8, 31, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9},
                        "name\0comment\0".getBytes(),
                        new byte[] {1, 2},
                        Arrays.copyOfRange(plain, 10, plain.length));
        full[3] = 2 | 4 | 8 | 16;
        assertThat(read(full)).isEqualTo(TEXT);
    }

    @Test
    void readsZstdOfManyFrames() throws Exception {
        byte[] skippable = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
        byte[] one = zstd(TEXT);
        assertThat(read(one)).isEqualTo(TEXT);
        assertThat(read(join(skippable, one, skippable, one, zstd(new byte[0]))))
                .isEqualTo(join(TEXT, TEXT));
    }

    @Test
    void stopsWhereTheStreamIsCut() throws Exception {
        byte[] gzip = gzip(Arrays.copyOf(TEXT, 3000));
        for (int length = 4; length < gzip.length; length += 11) {
            byte[] cut = Arrays.copyOf(gzip, length);
            assertThatThrownBy(() -> read(cut))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("layer x");
        }
        byte[] zstd = zstd(Arrays.copyOf(TEXT, 3000));
        for (int length = 4; length < zstd.length; length += 11) {
            byte[] cut = Arrays.copyOf(zstd, length);
            assertThatThrownBy(() -> read(cut))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("layer x");
        }
    }

    @Test
    void noticesFlippedBits() throws Exception {
        for (byte[] good : new byte[][] {gzip(TEXT), zstd(TEXT)}) {
            byte[] bad = good.clone();
            bad[good.length / 2] ^= 4;
            assertThatThrownBy(() -> read(bad)).isInstanceOf(Problem.class);
        }
    }

    @Test
    void refusesGarbageBehindGzip() throws IOException {
        byte[] bad = join(gzip(TEXT), "garbage".getBytes());
        assertThatThrownBy(() -> read(bad)).isInstanceOf(Problem.class);
    }

    @Test
    void refusesOtherCompressors() {
        assertThatThrownBy(() -> read(new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z'}))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("xz");
        assertThatThrownBy(() -> read("BZh9".getBytes()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("bzip2");
    }

    @Test
    void refusesBombs() throws IOException {
        byte[] bomb = gzip(new byte[2_000_000]);
        InputStream in =
                Decompression.open(new ByteArrayInputStream(bomb), "layer x", 1 << 20, 500);
        assertThatThrownBy(in::readAllBytes)
                .isInstanceOf(Problem.class)
                .hasMessageContaining("expand");
        InputStream tolerant =
                Decompression.open(new ByteArrayInputStream(bomb), "layer x", 4 << 20, 500);
        assertThat(tolerant.readAllBytes()).hasSize(2_000_000);
    }
}
