// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElfPatchTest {

    @ParameterizedTest
    @CsvSource({"true, false, 62", "true, true, 21", "false, true, 20", "false, false, 3"})
    void changesAFewBytes(boolean wide, boolean big, int machine) throws IOException {
        byte[] file =
                new ElfBuilder(wide, big, machine)
                        .note("Other", 1, new byte[16])
                        .abiNote(3, 17, 0)
                        .stack(7)
                        .build();
        byte[] patched = ElfPatch.withoutExecutableStack(ElfPatch.withoutKernelFloor(file));
        ElfFile read = ElfFile.read(ByteSource.of(patched));
        assertThat(read.abiNote().orElseThrow().kernel()).isEqualTo(Version.parse("0.0.0"));
        assertThat(read.executableStack()).isFalse();
        assertThat(patched).hasSameSizeAs(file);
        int different = 0;
        for (int i = 0; i < file.length; i++) {
            different += file[i] == patched[i] ? 0 : 1;
        }
        assertThat(different).isEqualTo(3);
    }

    @Property(tries = 500, shrinking = ShrinkingMode.OFF)
    void damageIsNoSurprise(@ForAll Random random) throws IOException {
        byte[] file = ElfBuilder.library("a").abiNote(3, 17, 0).stack(7).build();
        for (int i = 0; i < 4; i++) {
            file[random.nextInt(Math.min(file.length, 400))] = (byte) random.nextInt();
        }
        byte[] cut = Arrays.copyOf(file, random.nextInt(file.length + 1));
        try {
            assertThat(ElfPatch.withoutKernelFloor(cut)).hasSameSizeAs(cut);
            assertThat(ElfPatch.withoutExecutableStack(cut)).hasSameSizeAs(cut);
        } catch (ElfException e) {
            assertThat(e).hasMessageNotContaining("Exception");
        }
    }

    @ParameterizedTest
    @CsvSource({"''", "no program"})
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(
                        () ->
                                ElfPatch.withoutKernelFloor(
                                        text.getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isInstanceOf(ElfException.class);
    }
}
