// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

class FatBinaryTest {

    @Test
    void listsEachCodeOnce() throws IOException {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        section.writeBytes(ElfBuilder.fatBinary(2, 70, 2, 80, 1, 80));
        section.writeBytes(new byte[24]);
        section.writeBytes(ElfBuilder.fatBinary(2, 80, 1, 90));

        FatBinary code = read(section.toByteArray());

        assertThat(code.complete()).isTrue();
        assertThat(code.codes())
                .extracting(FatBinary.Code::toString)
                .containsExactly("sm_70", "sm_80", "compute_80", "compute_90");
    }

    @Test
    void saysWhenItSawOnlyTheStart() throws IOException {
        int[] many = new int[2 * 5000];
        Arrays.fill(many, 2);
        assertThat(read(ElfBuilder.fatBinary(many)).complete()).isFalse();
    }

    @Test
    void refusesEntriesThatLeadOut() {
        byte[] section = ElfBuilder.fatBinary(2, 70, 2, 80);
        section[16 + 14] = 1;
        assertThatThrownBy(() -> read(section))
                .isInstanceOf(ElfException.class)
                .hasMessageContaining("the GPU code has an entry of");
    }

    @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
    void damageIsNoSurprise(@ForAll Random random) throws IOException {
        byte[] section = ElfBuilder.fatBinary(2, 70, 2, 80, 1, 80, 1, 90);
        for (int i = 0; i < 5; i++) {
            section[random.nextInt(section.length)] = (byte) random.nextInt();
        }
        try {
            assertThat(read(section).codes()).hasSizeLessThan(1025);
        } catch (ElfException e) {
            assertThat(e).hasMessageContaining("GPU code");
        }
    }

    private static FatBinary read(byte[] section) throws IOException {
        return FatBinary.read(
                ElfFile.read(
                        ByteSource.of(
                                ElfBuilder.library("l").section(".nv_fatbin", section).build())));
    }
}
