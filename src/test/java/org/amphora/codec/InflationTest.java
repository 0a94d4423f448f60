// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.amphora.Needs;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InflationTest {

    private static final int CHUNKS = 40_000;

    static Stream<Named<Inflation>> both() {
        Stream<Named<Inflation>> jdk =
                Stream.of(Named.of("JDK", new Inflation.Jdk(new Inflater(true))));
        return IsalInflation.isThere()
                ? Stream.concat(jdk, Stream.of(Named.of("ISA-L", new IsalInflation())))
                : jdk;
    }

    @Test
    void usesTheLibraryOfTheMachine() {
        Needs.that(IsalInflation.isThere(), "libisal2", "libisal.so.2 is not installed");
        assertThat(Inflation.create()).isInstanceOf(IsalInflation.class);
    }

    @ParameterizedTest
    @MethodSource("both")
    void givesBackWhatWasCompressed(Inflation inflation) throws DataFormatException {
        for (int kind = 0; kind < 4; kind++) {
            for (int size : new int[] {0, 1, 131_071, 131_072, 131_073, 700_001}) {
                byte[] plain = content(kind, size);
                for (int level : new int[] {0, 1, 9}) {
                    byte[] tail = {1, 2, 3};
                    byte[] compressed = concat(deflate(plain, level), tail);
                    inflation.reset();
                    assertThat(inflate(inflation, compressed)).isEqualTo(plain);
                    assertThat(inflation.finished()).isTrue();
                    assertThat(inflation.remaining()).isBetween(0, tail.length);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("both")
    void tellsHowMuchItLeft(Inflation inflation) throws DataFormatException {
        byte[] compressed = concat(deflate(content(1, 1000), 6), new byte[] {9, 8, 7, 6, 5, 4});
        inflation.input(compressed, 0, compressed.length);
        assertThat(inflation.inflate(new byte[1000], 0, 1000)).isEqualTo(1000);
        inflation.inflate(new byte[1], 0, 1);
        assertThat(inflation.finished()).isTrue();
        assertThat(inflation.remaining()).isEqualTo(6);
    }

    @ParameterizedTest
    @MethodSource("both")
    void wantsMoreOfDataThatIsCutOff(Inflation inflation) throws DataFormatException {
        byte[] compressed = deflate(content(1, 5000), 6);
        inflation.input(compressed, 0, compressed.length / 2);
        byte[] out = new byte[8000];
        while (inflation.inflate(out, 0, out.length) > 0) {
            // What there is.
        }
        assertThat(inflation.needsInput()).isTrue();
        assertThat(inflation.finished()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("both")
    void refusesGarbageWithoutHanging(Inflation inflation) {
        Random random = new Random(7);
        byte[] compressed = deflate(content(2, 20_000), 6);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] damaged = compressed.clone();
            for (int n = 0; n < 20; n++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            inflation.reset();
            try {
                inflate(inflation, damaged);
            } catch (DataFormatException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(200);
        inflation.reset();
        assertThatThrownBy(() -> inflate(inflation, new byte[] {7, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
                .isInstanceOf(DataFormatException.class);
    }

    /// In pieces of odd sizes; what is missing at the end is the caller's business.
    private static byte[] inflate(Inflation inflation, byte[] compressed)
            throws DataFormatException {
        var plain = new ByteArrayOutputStream();
        byte[] out = new byte[10_007];
        int at = 0;
        while (!inflation.finished()) {
            int count = inflation.inflate(out, 0, out.length);
            plain.write(out, 0, count);
            if (count == 0 && inflation.needsInput()) {
                if (at == compressed.length) {
                    break;
                }
                int step = Math.min(CHUNKS, compressed.length - at);
                inflation.input(Arrays.copyOfRange(compressed, at, at + step), 0, step);
                at += step;
            }
        }
        return plain.toByteArray();
    }

    private static byte[] content(int kind, int size) {
        byte[] content = new byte[size];
        switch (kind) {
            case 0 -> {}
            case 1 -> new Random(1).nextBytes(content);
            case 2 -> {
                Random random = new Random(2);
                for (int i = 0; i < size; i++) {
                    content[i] = (byte) "the quick fox".charAt(random.nextInt(13));
                }
            }
            default -> {
                for (int i = 0; i < size; i++) {
                    content[i] = (byte) (i >> 8 ^ i % 251);
                }
            }
        }
        return content;
    }

    private static byte[] deflate(byte[] plain, int level) {
        try (Deflater deflater = new Deflater(level, true)) {
            deflater.setInput(plain);
            deflater.finish();
            var out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 16];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
