// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.amphora.compat.check.ImageBuilder.bookworm;
import static org.amphora.compat.check.NodeBuilder.library;
import static org.amphora.compat.check.NodeBuilder.usual;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.amphora.compat.check.Request.GpuChoice;
import org.amphora.compat.check.Request.MpiChoice;

/// Kernel, C library, processor, architecture.
final class BaseCases {

    private static final Request RUN = Request.of();

    private BaseCases() {}

    private static NodeBuilder old() {
        return usual().known("kernel.version", "3.10.0").known("kernel.release", "3.10.0-1160.el7");
    }

    private static NodeBuilder filtered(String call, String answer) {
        return usual().known("kernel.seccomp", 2).known("kernel.syscalls", Map.of(call, answer));
    }

    private static NodeBuilder bound(String soname, String version) {
        return usual().list(
                        "mpi.installations",
                        NodeBuilder.installation(
                                "OPEN_MPI",
                                "4.1.4",
                                "libmpi.so.40",
                                library(
                                        "/usr/lib/" + soname,
                                        soname,
                                        Map.of("libc.so.6", List.of(version)))));
    }

    private static Map<String, Object> handler(String flags) {
        return Map.of(
                "source", "/proc/sys/fs/binfmt_misc/qemu-aarch64",
                "enabled", true,
                "interpreter", "/usr/bin/qemu-aarch64-static",
                "flags", flags,
                "offset", 0,
                "magic", "7f454c460201010000000000000000000200b700",
                "mask", "ffffffffffffff00fffffffffffffffffeffffff");
    }

    static Stream<Case> all() {
        Request bind = Request.of("solver").with(MpiChoice.BIND);
        return Stream.of(
                Case.of(
                        "KERNEL-FLOOR",
                        "glibc 2.35 with a note of 5.4 on 3.10",
                        bookworm().glibc("2.35", "5.4.0"),
                        old(),
                        "BLOCK"),
                Case.of(
                        "KERNEL-FLOOR",
                        "glibc 2.41 with a note of 5.4 on 3.10 starts",
                        bookworm().glibc("2.41", "5.4.0"),
                        old(),
                        "WARN"),
                Case.of("KERNEL-FLOOR", "Debian 12 on EL7", bookworm(), old(), "passed"),
                Case.of(
                        "KERNEL-FLOOR",
                        "without note upstream's table counts",
                        bookworm().glibc("2.31", ""),
                        usual().known("kernel.version", "2.6.32"),
                        "BLOCK"),
                Case.of("KERNEL-FLOOR", "musl", bookworm().musl(), old(), "not applicable"),
                Case.of(
                        "KERNEL-FLOOR",
                        "kernel unreadable",
                        bookworm(),
                        usual().unknown("kernel.version"),
                        "unknown"),
                Case.of(
                        "LIB-ABI-NOTE",
                        "Qt of Debian 11 on EL7",
                        bookworm().glibc("2.31", "3.2.0").floor("/usr/lib/libQt5Core.so.5", "3.17"),
                        old(),
                        Request.of("viewer"),
                        "BLOCK"),
                Case.of(
                        "LIB-ABI-NOTE",
                        "the same beside another command",
                        bookworm().glibc("2.31", "3.2.0").floor("/usr/lib/libQt5Core.so.5", "3.17"),
                        old(),
                        "WARN"),
                Case.of(
                        "LIB-ABI-NOTE",
                        "glibc 2.36 ignores the note",
                        bookworm().floor("/usr/lib/libQt5Core.so.5", "3.17"),
                        old(),
                        "passed"),
                Case.of("LIB-ABI-NOTE", "no such library", bookworm(), old(), "passed"),
                Case.of(
                        "SECCOMP-EPERM",
                        "clone3 refused, glibc 2.36",
                        bookworm(),
                        filtered("clone3", "EPERM"),
                        "BLOCK"),
                Case.of(
                        "SECCOMP-EPERM",
                        "clone3 refused as it should be",
                        bookworm(),
                        filtered("clone3", "ENOSYS"),
                        "passed"),
                Case.of(
                        "SECCOMP-EPERM",
                        "glibc 2.31 does not use clone3",
                        bookworm().glibc("2.31", "3.2.0"),
                        filtered("clone3", "EPERM"),
                        "passed"),
                Case.of("SECCOMP-EPERM", "no filter", bookworm(), usual(), "not applicable"),
                Case.of(
                        "CPU-LEVEL",
                        "glibc for v3 on v2",
                        bookworm().level(3),
                        usual().known("cpu.level", 2),
                        "BLOCK"),
                Case.of(
                        "CPU-LEVEL",
                        "Rocky 9 on v1",
                        bookworm().distribution("rocky", "9.4", "Rocky Linux 9.4"),
                        usual().known("cpu.level", 1),
                        "BLOCK"),
                Case.of(
                        "CPU-LEVEL",
                        "one library for v4",
                        bookworm().level("/opt/lib/libfast.so", 4),
                        usual(),
                        "WARN"),
                Case.of(
                        "CPU-LEVEL",
                        "the command itself for v4",
                        bookworm().level("/opt/bin/tool", 4),
                        usual(),
                        "BLOCK"),
                Case.of(
                        "CPU-LEVEL",
                        "Rocky 9 on v3",
                        bookworm().distribution("rocky", "9.4", "Rocky Linux 9.4"),
                        usual(),
                        "passed"),
                Case.of(
                        "EXECSTACK",
                        "glibc 2.41",
                        bookworm().glibc("2.41", "3.2.0").executableStack("/usr/lib/libold.so"),
                        usual(),
                        "WARN"),
                Case.of(
                        "EXECSTACK",
                        "glibc 2.36",
                        bookworm().executableStack("/usr/lib/libold.so"),
                        usual(),
                        "passed"),
                Case.of(
                        "LIBC-INJECT",
                        "host MPI of a newer glibc",
                        bookworm().glibc("2.31", "3.2.0"),
                        bound("libmpi.so.40", "GLIBC_2.34"),
                        bind,
                        "BLOCK"),
                Case.of(
                        "LIBC-INJECT",
                        "packed relocations",
                        bookworm(),
                        bound("libmpi.so.40", "GLIBC_ABI_DT_RELR"),
                        bind,
                        "BLOCK"),
                Case.of(
                        "LIBC-INJECT",
                        "host MPI of an older glibc",
                        bookworm(),
                        bound("libmpi.so.40", "GLIBC_2.28"),
                        bind,
                        "passed"),
                Case.of(
                        "MUSL-INJECT",
                        "GPU asked for in Alpine",
                        bookworm().musl(),
                        usual().nvidia("550.54.14"),
                        Request.of("tool").with(GpuChoice.NVIDIA),
                        "WARN"),
                Case.of(
                        "MUSL-INJECT",
                        "CUDA in Alpine",
                        bookworm().musl().cuda("12.4"),
                        usual().nvidia("550.54.14"),
                        "BLOCK"),
                Case.of("MUSL-INJECT", "Debian", bookworm(), usual(), "passed"),
                Case.of(
                        "MUSL-INJECT",
                        "Alpine alone",
                        bookworm().musl(),
                        usual(),
                        "not applicable"),
                Case.of(
                        "ARCH",
                        "arm64 on amd64",
                        bookworm().architecture("arm64"),
                        usual(),
                        "BLOCK"),
                Case.of(
                        "ARCH",
                        "arm64 on amd64, emulated",
                        bookworm().architecture("arm64"),
                        usual().known("kernel.binfmt", List.of(handler("POCF"))),
                        "WARN"),
                Case.of(
                        "ARCH",
                        "a handler without F does not work inside",
                        bookworm().architecture("arm64"),
                        usual().known("kernel.binfmt", List.of(handler("P"))),
                        "BLOCK"),
                Case.of("ARCH", "386 on amd64", bookworm().architecture("386"), usual(), "passed"),
                Case.of(
                        "ARCH",
                        "386 where the kernel has it switched off",
                        bookworm().architecture("386"),
                        usual().known("kernel.runs32Bit", false),
                        "BLOCK"),
                Case.of(
                        "ARCH",
                        "one program for arm64",
                        bookworm().stranger("/opt/bin/tool", "arm64", Optional.empty()),
                        usual(),
                        "BLOCK"),
                Case.of(
                        "ARCH",
                        "a program whose loader is absent",
                        bookworm()
                                .stranger("/opt/bin/tool", "amd64", Optional.of("/lib/ld-lsb.so")),
                        usual(),
                        "BLOCK"),
                Case.of(
                        "ARCH",
                        "a foreign program that is not started",
                        bookworm().stranger("/opt/bin/other", "arm64", Optional.empty()),
                        usual(),
                        "passed"),
                Case.of(
                        "ARCH",
                        "entry script with carriage return",
                        bookworm().script("/bin/bash", true, true),
                        usual(),
                        RUN,
                        "BLOCK"),
                Case.of(
                        "ARCH",
                        "a broken entry script that is not started",
                        bookworm().script("/bin/bash", false, false),
                        usual(),
                        "passed"),
                Case.of("ARCH", "nothing known", new ImageBuilder(), usual(), "unknown"),
                Case.of(
                        "PAGE-SIZE",
                        "4 KiB program on a 64 KiB kernel",
                        bookworm(),
                        usual().known("kernel.pageSize", 65536),
                        "BLOCK"),
                Case.of(
                        "PAGE-SIZE",
                        "64 KiB program",
                        bookworm().aligned("/usr/bin/tool", 65536),
                        usual().known("kernel.pageSize", 65536),
                        "passed"));
    }
}
