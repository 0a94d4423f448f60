// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SifFileTest {
    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final byte[] DEFINITION =
            "bootstrap: scratch\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] JSON = "{}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] SQUASHFS = new byte[8192];

    static {
        new Random(1).nextBytes(SQUASHFS);
    }

    @TempDir Path directory;

    @Test
    void readsBackWhatWasWritten() throws IOException {
        SifFile sif = SifFile.open(write());

        assertThat(sif.header().uuid()).isEqualTo(ID);
        assertThat(sif.header().architecture()).isEqualTo(Architecture.ARM64);
        assertThat(sif.header().descriptorsFree()).isEqualTo(45);
        assertThat(sif.objects()).extracting(SifObject::id).containsExactly(1, 2, 3);
        assertThat(sif.objects())
                .extracting(SifObject::name)
                .containsExactly("", "inspect-metadata.json", "");
        assertThat(sif.objects()).extracting(SifObject::group).containsOnly(1);
        assertThat(sif.objects()).extracting(SifObject::link).containsOnly(0);
        assertThat(sif.read(sif.objects().get(0))).isEqualTo(DEFINITION);
        assertThat(sif.object(SifObject.Type.GENERIC_JSON, "inspect-metadata.json"))
                .contains(sif.objects().get(1));

        SifObject partition = sif.primaryPartition().orElseThrow();
        assertThat(partition.offset()).isEqualTo(32_768);
        assertThat(partition.partition())
                .contains(
                        new SifObject.Partition(
                                SifObject.FileSystemType.SQUASHFS,
                                SifObject.Role.PRIMARY,
                                Architecture.ARM64));
        ByteArrayOutputStream copied = new ByteArrayOutputStream();
        sif.copy(partition, copied);
        assertThat(copied.toByteArray()).isEqualTo(SQUASHFS);
    }

    /// Offsets and values of apptainer/sif's `header` and `rawDescriptor`, little endian.
    @Test
    void laysBytesOutAsApptainerDoes() throws IOException {
        byte[] file = Files.readAllBytes(write());
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);

        assertThat(new String(file, 0, 32, StandardCharsets.US_ASCII))
                .isEqualTo("#!/usr/bin/env run-singularity\n\0");
        assertThat(new String(file, 32, 16, StandardCharsets.US_ASCII))
                .isEqualTo("SIF_MAGIC\00001\00004\0");
        assertThat(HexFormat.of().formatHex(file, 48, 64))
                .isEqualTo("00112233445566778899aabbccddeeff");
        long[] numbers = new long[8];
        bytes.slice(64, 64).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(numbers);
        assertThat(numbers)
                .containsExactly(
                        1_700_000_000L,
                        1_700_000_000L,
                        45,
                        48,
                        4096,
                        28_080,
                        32_176,
                        file.length - 32_176);
        assertThat(Arrays.copyOfRange(file, 128, 4096)).containsOnly(0);

        int third = 4096 + 2 * 585;
        assertThat(bytes.getInt(third)).isEqualTo(0x4004);
        assertThat(file[third + 4]).isEqualTo((byte) 1);
        assertThat(bytes.getInt(third + 5)).isEqualTo(3);
        assertThat(bytes.getInt(third + 9)).isEqualTo(0xF000_0001);
        assertThat(bytes.getInt(third + 13)).isZero();
        assertThat(bytes.getLong(third + 17)).isEqualTo(32_768);
        assertThat(bytes.getLong(third + 25)).isEqualTo(SQUASHFS.length);
        assertThat(bytes.getLong(third + 33))
                .isEqualTo(32_768 - 32_176 - DEFINITION.length - JSON.length + SQUASHFS.length);
        assertThat(bytes.getLong(third + 41)).isEqualTo(1_700_000_000L);
        assertThat(bytes.getLong(third + 49)).isEqualTo(1_700_000_000L);
        assertThat(HexFormat.of().formatHex(file, third + 201, third + 212))
                .isEqualTo("0100000002000000303400");
        assertThat(Arrays.copyOfRange(file, third + 212, third + 585)).containsOnly(0);
        assertThat(Arrays.copyOfRange(file, 4096 + 3 * 585, 32_176)).containsOnly(0);
    }

    @Test
    void writesTheSameBytesTwice() throws IOException {
        assertThat(Files.readAllBytes(write())).isEqualTo(Files.readAllBytes(write()));
    }

    @Test
    void isExecutableForOthers() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(write())))
                .startsWith("rwx")
                .doesNotContain("w-x-w");
    }

    @Test
    void leavesNothingWhenNotFinished() throws IOException {
        try (SifWriter writer = SifWriter.create(directory.resolve("x.sif"), ID, 0)) {
            writer.add(SifObject.Type.DEFINITION, "", DEFINITION);
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void refusesWhatIsNoSif() throws IOException {
        Path file = Files.writeString(directory.resolve("x"), "no image at all, but some text");
        assertThatThrownBy(() -> SifFile.open(file))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("not a SIF file");
    }

    @Test
    void refusesMissingFileAndDirectory() {
        assertThatThrownBy(() -> SifFile.open(directory.resolve("none")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> SifFile.open(directory))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("is a directory");
    }

    @Test
    void refusesOtherVersion() throws IOException {
        byte[] bytes = Files.readAllBytes(write());
        bytes[43] = '2';
        Path file = Files.write(directory.resolve("v2.sif"), bytes);
        assertThatThrownBy(() -> SifFile.open(file))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("SIF version '02'");
    }

    @ParameterizedTest
    @ValueSource(ints = {42, 100, 127, 128, 4096, 20_000, 32_175, 32_176, 32_190, 40_000, 40_959})
    void refusesTruncation(int length) throws IOException {
        byte[] bytes = Files.readAllBytes(write());
        Path file = Files.write(directory.resolve("cut.sif"), Arrays.copyOf(bytes, length));
        assertThatThrownBy(() -> SifFile.open(file))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("truncated: it has " + length + " bytes");
    }

    @Test
    void survivesAnyGarbledByte() throws IOException {
        byte[] bytes = Files.readAllBytes(write());
        Path file = directory.resolve("garbled.sif");
        Random random = new Random(7);
        for (int round = 0; round < 2000; round++) {
            byte[] garbled = bytes.clone();
            for (int i = 0; i < 3; i++) {
                int at = random.nextBoolean() ? random.nextInt(128) : 4096 + random.nextInt(1755);
                garbled[at] = (byte) random.nextInt();
            }
            Files.write(file, garbled);
            try {
                SifFile sif = SifFile.open(file);
                for (SifObject object : sif.objects()) {
                    sif.read(object);
                }
            } catch (Problem expected) {
                assertThat(expected.why()).isNotBlank();
            }
        }
    }

    private Path write() throws IOException {
        Path target = directory.resolve("x.sif");
        try (SifWriter writer = SifWriter.create(target, ID, 1_700_000_000L)) {
            writer.add(SifObject.Type.DEFINITION, "", DEFINITION);
            writer.add(SifObject.Type.GENERIC_JSON, "inspect-metadata.json", JSON);
            long offset =
                    writer.beginPartition(SifObject.FileSystemType.SQUASHFS, Architecture.ARM64);
            writer.channel().write(ByteBuffer.wrap(SQUASHFS), offset);
            writer.endPartition(SQUASHFS.length);
            writer.finish();
        }
        return target;
    }
}
