// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads the kernel's facts.
final class KernelProbe {

    private static final String RELEASE = "/proc/sys/kernel/osrelease";

    /// AT_PAGESZ of `elf.h`.
    private static final long PAGE_SIZE_ENTRY = 6;

    private KernelProbe() {}

    static Kernel kernel(Tree tree) {
        Fact<String> release = tree.line(RELEASE);
        Fact<String> machine = machine(tree);
        Fact<Integer> seccomp = seccomp(tree);
        return new Kernel(
                release,
                version(release),
                machine,
                pageSize(tree),
                runs32Bit(tree, machine.orElse("")),
                tree.line("/proc/sys/kernel/random/boot_id"),
                tree.integer("/proc/sys/kernel/yama/ptrace_scope"),
                tree.number("/proc/sys/fs/mount-max"),
                seccomp,
                SyscallProbe.syscalls(tree, seccomp),
                cgroup(tree),
                modules(tree),
                binfmt(tree));
    }

    /// Linux 6.1 and later say it in a file; before that it is the machine that this JVM is for.
    private static Fact<String> machine(Tree tree) {
        Fact<String> said = tree.line("/proc/sys/kernel/arch");
        if (said.isKnown()) {
            return said;
        }
        String architecture = System.getProperty("os.arch", "");
        return tree.tried(
                "machine",
                "uname -m",
                () ->
                        Fact.known(
                                architecture.equals("amd64") ? "x86_64" : architecture,
                                "uname -m"));
    }

    /// AT_PAGESZ of the auxiliary vector (getauxval(3)).
    private static Fact<Integer> pageSize(Tree tree) {
        String file = "/proc/self/auxv";
        Fact<byte[]> vector = tree.bytes(file, 4096);
        ByteBuffer pairs =
                ByteBuffer.wrap(vector.orElse(new byte[0])).order(ByteOrder.nativeOrder());
        while (pairs.remaining() >= 16) {
            long type = pairs.getLong();
            long value = pairs.getLong();
            if (type == PAGE_SIZE_ENTRY && value > 0 && value <= 1 << 30) {
                return Fact.known((int) value, file);
            }
        }
        return tree.tried("page-size", file, () -> Fact.unknown(file, "no AT_PAGESZ"))
                .map(Integer::parseInt);
    }

    private static Fact<Boolean> runs32Bit(Tree tree, String machine) {
        if (!machine.equals("x86_64")) {
            return Fact.absent("uname -m");
        }
        String file = "/proc/sys/abi/vsyscall32";
        Fact<String> command = tree.text("/proc/cmdline");
        for (String word : command.orElse("").strip().split("\\s+")) {
            if (List.of("ia32_emulation=0", "ia32_emulation=off", "ia32_emulation=false")
                    .contains(word)) {
                return Fact.known(false, "/proc/cmdline");
            }
        }
        return Fact.known(tree.exists(file), file);
    }

    private static Fact<Integer> seccomp(Tree tree) {
        String file = "/proc/self/status";
        Fact<String> status = tree.text(file);
        for (String line : status.orElse("").split("\n")) {
            if (line.startsWith("Seccomp:")) {
                return Numbers.integer(file, line.substring("Seccomp:".length()));
            }
        }
        return status.isKnown()
                ? Fact.unknown(file, "no line Seccomp")
                : Fact.unknown(file, status.unknown().orElse("there is no such file"));
    }

    private static Fact<String> cgroup(Tree tree) {
        String root = "/sys/fs/cgroup";
        if (tree.exists(root + "/cgroup.controllers")) {
            return Fact.known("v2", root + "/cgroup.controllers");
        }
        if (tree.exists(root + "/unified/cgroup.controllers")) {
            return Fact.known("hybrid", root + "/unified");
        }
        return tree.isDirectory(root + "/memory")
                ? Fact.known("v1", root + "/memory")
                : Fact.absent(root);
    }

    private static Fact<List<String>> modules(Tree tree) {
        return tree.text("/proc/modules")
                .map(
                        text ->
                                text.lines()
                                        .map(line -> line.split(" ", 2)[0])
                                        .filter(name -> !name.isEmpty())
                                        .sorted()
                                        .toList());
    }

    private static Fact<List<Kernel.Binfmt>> binfmt(Tree tree) {
        String directory = "/proc/sys/fs/binfmt_misc";
        if (!tree.exists(directory + "/status")) {
            return Fact.absent(directory);
        }
        List<Kernel.Binfmt> handlers = new ArrayList<>();
        for (String name : tree.list(directory)) {
            if (!name.equals("register") && !name.equals("status")) {
                String file = directory + "/" + name;
                tree.text(file).value().ifPresent(text -> handlers.add(handler(file, text)));
            }
        }
        return Fact.known(handlers, directory);
    }

    private static Kernel.Binfmt handler(String file, String text) {
        Map<String, String> fields = new HashMap<>();
        text.lines()
                .map(line -> line.split(":? ", 2))
                .forEach(pair -> fields.put(pair[0], pair.length > 1 ? pair[1].strip() : ""));
        return new Kernel.Binfmt(
                file,
                fields.containsKey("enabled"),
                fields.getOrDefault("interpreter", ""),
                fields.getOrDefault("flags", ""),
                Numbers.integer(file, fields.getOrDefault("offset", "0")).orElse(0),
                fields.getOrDefault("magic", ""),
                fields.getOrDefault("mask", ""));
    }

    /// The first three integers; glibc's own reading of a release that has fewer fills up with 0.
    static Fact<String> version(Fact<String> release) {
        if (!release.isKnown()) {
            return release;
        }
        StringBuilder version = new StringBuilder();
        String text = release.orElse("");
        int at = 0;
        for (int part = 0; part < 3; part++) {
            int end = at;
            while (end < text.length() && Character.digit(text.charAt(end), 10) >= 0) {
                end++;
            }
            if (end == at && part == 0) {
                return Fact.unknown(RELEASE, "no version number: " + Tree.shown(text));
            }
            version.append(part == 0 ? "" : ".").append(end == at ? "0" : text.substring(at, end));
            at = end < text.length() && text.charAt(end) == '.' ? end + 1 : text.length();
        }
        return Fact.known(version.toString(), RELEASE);
    }
}
