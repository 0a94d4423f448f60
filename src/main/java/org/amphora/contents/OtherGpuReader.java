// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.contents.OtherGpu.DeviceCode;
import org.amphora.contents.OtherGpu.LevelZero;
import org.amphora.contents.OtherGpu.Rocm;
import org.amphora.contents.Survey.Binary;
import org.amphora.elf.ElfFile;
import org.amphora.elf.Version;

/// Finds what of AMD's ROCm and of Intel's Level Zero is in an image.
final class OtherGpuReader {
    private static final String SECTION = ".hip_fatbin";
    private static final String MAGIC = "__CLANG_OFFLOAD_BUNDLE__";
    private static final int MAXIMUM_ENTRIES = 4096;
    private static final int MAXIMUM_NAME = 1024;
    private static final List<String> LIBRARIES =
            List.of("libamdhip64.so", "libhsa-runtime64.so", "librocblas.so", "librccl.so");

    private final Survey survey;

    OtherGpuReader(Survey survey) {
        this.survey = survey;
    }

    OtherGpu otherGpu() {
        Optional<String> loader = path("libze_loader.so.1");
        Optional<String> driver = path("libze_intel_gpu.so.1");
        return new OtherGpu(
                rocm(),
                loader.isEmpty() && driver.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new LevelZero(loader, driver)));
    }

    private Optional<String> path(String soname) {
        return survey.named(soname).stream().findFirst().map(Binary::path);
    }

    private Optional<Rocm> rocm() {
        Optional<Version> version = Optional.empty();
        for (String name : survey.tree().names("/opt")) {
            if (name.startsWith("rocm")) {
                version =
                        version.or(
                                () ->
                                        survey.text("/opt/" + name + "/.info/version")
                                                .flatMap(Version::leading));
            }
        }
        Set<String> libraries = new TreeSet<>();
        List<DeviceCode> code = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (LIBRARIES.stream().anyMatch(binary.soname()::startsWith)) {
                libraries.add(binary.soname());
            }
            for (ElfFile.Section section : binary.sections()) {
                if (section.name().equals(SECTION)) {
                    code.add(deviceCode(binary, section));
                }
            }
        }
        return version.isEmpty() && libraries.isEmpty() && code.isEmpty()
                ? Optional.empty()
                : Optional.of(new Rocm(version, List.copyOf(libraries), code));
    }

    /// The bundle of clang (`clang-offload-bundler`): magic, u64 count, then u64 offset, u64 size,
    /// u64 length of the name, the name `hipv4-amdgcn-amd-amdhsa--gfx90a:xnack-`. Compressed
    /// bundles are not opened.
    private DeviceCode deviceCode(Binary binary, ElfFile.Section section) {
        Set<String> targets = new TreeSet<>();
        try {
            ElfFile elf = binary.elf();
            ByteBuffer head = little(elf.read(section, 0, 32));
            byte[] magic = new byte[MAGIC.length()];
            head.get(magic);
            long count = head.getLong();
            if (!new String(magic, StandardCharsets.ISO_8859_1).equals(MAGIC)
                    || count < 0
                    || count > MAXIMUM_ENTRIES) {
                survey.unknown(binary.path(), "its GPU code is packed in a way not known here");
                return new DeviceCode(binary.path(), targets, false);
            }
            long at = 32;
            for (long i = 0; i < count; i++) {
                ByteBuffer entry = little(elf.read(section, at, 24));
                long length = entry.getLong(16);
                if (length < 0 || length > MAXIMUM_NAME) {
                    survey.unknown(binary.path(), "its list of GPU code is damaged");
                    return new DeviceCode(binary.path(), targets, false);
                }
                byte[] name = elf.read(section, at + 24, (int) length);
                target(new String(name, StandardCharsets.ISO_8859_1)).ifPresent(targets::add);
                at += 24 + length;
            }
            return new DeviceCode(binary.path(), targets, true);
        } catch (IOException e) {
            survey.unknown(binary.path(), String.valueOf(e.getMessage()));
            return new DeviceCode(binary.path(), targets, false);
        }
    }

    private static Optional<String> target(String triple) {
        int gfx = triple.indexOf("gfx");
        if (gfx < 0) {
            return Optional.empty();
        }
        int colon = triple.indexOf(':', gfx);
        return Optional.of(triple.substring(gfx, colon < 0 ? triple.length() : colon));
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
