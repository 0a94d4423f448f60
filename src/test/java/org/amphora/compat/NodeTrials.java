// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.amphora.Lab;

/// Situations of one process: nodes with something missing, images with something odd.
final class NodeTrials {

    private static final String ANSWER = "answer 42";

    private NodeTrials() {}

    /// The trials.
    ///
    /// @param captures where changed captures of this node may lie, see {@link Captures}
    static List<Trial> all(Captures captures) throws IOException {
        return List.of(
                sound("bullseye"),
                sound("bookworm"),
                sound("trixie"),
                new Trial("musl", "musl", ANSWER, "/bin/plain"),
                // Until glibc 2.35 the loader compares notes with the kernel.
                fault("newer kernel", "bullseye", "needs-newer").fails("LIB-ABI-NOTE"),
                fault("newer kernel, mended", "bullseye", "needs-newer")
                        .options("--fix=all")
                        .notes("LIB-ABI-NOTE"),
                fault("newer kernel", "bookworm", "needs-newer"),
                fault("newer kernel", "trixie", "needs-newer"),
                // Since glibc 2.41 dlopen(3) refuses, though not the start of a program.
                fault("stack opened", "bookworm", "opens-stack"),
                fault("stack opened", "trixie", "opens-stack").fails("EXECSTACK"),
                fault("stack opened, mended", "trixie", "opens-stack")
                        .options("--fix=all")
                        .notes("EXECSTACK"),
                fault("stack needed", "bullseye", "needs-stack"),
                fault("stack needed", "trixie", "needs-stack"),
                fault("no interpreter", "bookworm", "no-interpreter").fails("ARCH"),
                fault("foreign", "trixie", "foreign").fails("ARCH"),
                levelFour("bookworm"),
                levelFour("trixie"),
                emulated("kernel 2.6.30", "bullseye", captures.kernel("2.6.30"), "-r", "2.6.30")
                        .fails("KERNEL-FLOOR"),
                emulated("kernel 2.6.30", "bookworm", captures.kernel("2.6.30"), "-r", "2.6.30"),
                noexec().fails("TMP-NOEXEC"),
                noexec().options("--fix=all").notes("TMP-NOEXEC"),
                language("missing").notes("LOCALE"),
                language("mended").options("--fix=all").notes("LOCALE"),
                smallSharedMemory().fails("SHM-SMALL"),
                new Trial("no user namespaces", "trixie-mpich", ANSWER, "/opt/faults/threads")
                        .behind(
                                "unshare",
                                "--user",
                                "--map-current-user",
                                "--keep-caps",
                                "sh",
                                "-c",
                                "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"",
                                "sh")
                        .fails("USERNS-OFF"),
                new Trial("no FUSE", "musl", ANSWER, "/bin/plain")
                        .onNode(
                                "unshare",
                                "--mount",
                                "sh",
                                "-c",
                                "mount -t tmpfs none /mnt; mknod -m 600 /mnt/fuse c 10 229;"
                                        + " mount --bind /mnt/fuse /dev/fuse; exec \"$@\"",
                                "sh")
                        .notes("FUSE-OFF"),
                refusing("faccessat2", "EPERM", "bookworm").fails("SECCOMP-EPERM"),
                refusing("faccessat2", "EPERM", "bullseye"),
                refusing("faccessat2", "ENOSYS", "bookworm"),
                refusing("statx", "ENOSYS", "bookworm"),
                new Trial("leaked preload", "bookworm-mpich", ANSWER, "/opt/faults/threads")
                        .with("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/libgone.so")
                        .notes("ENV-LEAK"),
                new Trial(
                        "a user the image does not know",
                        "bookworm-mpich",
                        "amphora-alice",
                        "id",
                        "-un"),
                new Trial("absent bind", "bookworm-mpich", ANSWER, "/opt/faults/threads")
                        .options("--bind", "/scratch/gone")
                        .fails("FS-NOT-ON-NODE"),
                new Trial("PMI_FD not open", "trixie-mpich", "rank 0 of 1", "mpi-probe")
                        .with("PMI_FD", "99")
                        .with("PMI_RANK", "0")
                        .with("PMI_SIZE", "2")
                        .fails("PMI-FD"));
    }

    private static Trial sound(String release) {
        return new Trial("sound " + release, release + "-mpich", ANSWER, "/opt/faults/threads");
    }

    private static Trial fault(String what, String release, String program) {
        return new Trial(
                what + " in " + release, release + "-mpich", ANSWER, "/opt/faults/" + program);
    }

    /// x86-64-v4 needs AVX-512, which this machine has or lacks.
    private static Trial levelFour(String release) throws IOException {
        Trial trial = fault("x86-64-v4", release, "level-4");
        return Files.readString(Path.of("/proc/cpuinfo")).contains(" avx512vl")
                ? trial
                : trial.fails("CPU-LEVEL");
    }

    private static Trial emulated(String what, String release, Path host, String... options) {
        Path emulator = Lab.tool("qemu-x86_64-static");
        List<String> words = new ArrayList<>(List.of("/opt/" + emulator.getFileName()));
        words.addAll(List.of(options));
        return fault(what, release, "threads")
                .options("--bind", emulator + ":/opt/" + emulator.getFileName())
                .played(words, "--host", host.toString());
    }

    /// A script is written to /tmp, where nothing but this installation may be started.
    private static Trial noexec() {
        Path prefix = Lab.amphora().getParent().getParent();
        return new Trial(
                        "noexec /tmp",
                        "bookworm-mpich",
                        ANSWER,
                        "sh",
                        "-c",
                        "t=${TMPDIR:-/tmp}/t.$$; printf '#!/bin/sh\\necho answer 42\\n' >$t;"
                                + " chmod +x $t; $t; s=$?; rm $t; exit $s")
                .onNode(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount --bind /tmp /tmp; mount --bind $0 $0;"
                                + " mount -o remount,bind,noexec /tmp; exec \"$@\"",
                        prefix.toString());
    }

    /// bash complains about a language that it does not find.
    private static Trial language(String what) {
        return new Trial(
                        "language " + what,
                        "bookworm-mpich",
                        what.equals("mended") ? "[C.UTF-8 ] 0" : "[fr_FR.UTF-8 fr_FR.UTF-8] 1",
                        "sh",
                        "-c",
                        "echo \"[$LANG $LC_ALL]\" $(bash -c true 2>&1 | grep -c setlocale)")
                .with("LANG", "fr_FR.UTF-8")
                .with("LC_ALL", "fr_FR.UTF-8");
    }

    private static Trial smallSharedMemory() {
        return new Trial("64 KiB of shared memory", "bullseye-mpich", "exchanged", "mpi-probe")
                .under(List.of("mpiexec.hydra", "-n", "2"))
                .onNode(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o size=64k,mode=1777 none /dev/shm; exec \"$@\"",
                        "sh");
    }

    /// A system call refused as old container runtimes did.
    private static Trial refusing(String call, String error, String release) {
        boolean statx = call.equals("statx");
        return new Trial(
                        call + " gives " + error + " in " + release,
                        release + "-mpich",
                        ANSWER,
                        "sh",
                        "-c",
                        (statx ? "stat /etc/passwd >/dev/null" : "test -r /etc/passwd")
                                + " && echo answer 42")
                .behind(Lab.tool("refuse-calls").toString(), error, statx ? "332" : "439");
    }
}
