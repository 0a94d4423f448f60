// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.amphora.Needs;
import org.junit.jupiter.api.Test;

class Sha256Test {

    @Test
    void usesTheLibraryOfTheMachine() {
        Needs.that(CryptoSha256.isThere(), "libcrypto", "libcrypto is not installed");
        assertThat(Sha256.create()).isInstanceOf(CryptoSha256.class);
    }

    /// FIPS 180-4, example of one block.
    @Test
    void givesTheDigestOfTheStandard() {
        for (Sha256 sha256 : List.of(new Sha256.Jdk(), Sha256.create())) {
            sha256.update("abc".getBytes(StandardCharsets.US_ASCII), 0, 3);
            assertThat(HexFormat.of().formatHex(sha256.finish()))
                    .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }
    }

    /// The padding takes one block or two.
    @Test
    void endsRightlyWhateverTheLength() {
        for (int length = 0; length <= 130; length++) {
            byte[] content = new byte[length];
            Arrays.fill(content, (byte) length);
            Sha256 one = Sha256.create();
            Sha256 other = new Sha256.Jdk();
            one.update(content, 0, length);
            other.update(content, 0, length);
            assertThat(one.finish()).as("%d bytes", length).isEqualTo(other.finish());
        }
    }

    @Test
    void givesWhatTheJdkGives() {
        Random random = new Random(3);
        byte[] content = new byte[300_000];
        random.nextBytes(content);
        for (int i = 0; i < 20; i++) {
            Sha256 one = Sha256.create();
            Sha256 other = new Sha256.Jdk();
            for (int at = 0; at < content.length; ) {
                int step = Math.min(1 + random.nextInt(90_000), content.length - at);
                one.update(content, at, step);
                other.update(content, at, step);
                at += step;
            }
            assertThat(one.finish()).isEqualTo(other.finish());
        }
    }
}
