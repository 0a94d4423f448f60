// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.elf.FatBinary;

/// The facts as lines for people: a word, then what there is. What an image does not have is left
/// out; what is not known stands at the end.
final class Summary {
    private static final int SOME = 8;
    private static final int COLUMN = 14;

    private final StringBuilder out = new StringBuilder();

    private Summary() {}

    static String of(Contents contents) {
        Summary summary = new Summary();
        summary.system(contents);
        summary.binaries(contents.binaries());
        summary.mpi(contents.mpi());
        summary.fabric(contents.fabric());
        summary.cuda(contents.cuda());
        summary.otherGpu(contents.otherGpu());
        summary.userland(contents.userland());
        summary.unknown(contents.unknown());
        return summary.out.toString();
    }

    private void system(Contents contents) {
        Machine machine = contents.machine();
        String labelled =
                machine.label()
                        .filter(label -> !label.equals(machine.architecture().orElse(label)))
                        .map(label -> ", although its label says " + label)
                        .orElse("");
        line(
                "architecture",
                machine.architecture().orElse("unknown")
                        + (machine.evidence().isEmpty() ? "" : " (" + machine.evidence() + ")")
                        + labelled);
        for (Machine.Other other : machine.others()) {
            line("", other.count() + " files for " + other.architecture() + ": " + other.path());
        }
        contents.distribution()
                .ifPresent(distribution -> line("distribution", distribution.name()));
        Libc libc = contents.libc();
        line(
                "libc",
                switch (libc.kind()) {
                            case GLIBC -> "glibc " + text(libc.version());
                            case MUSL -> "musl " + text(libc.version());
                            case NONE -> "none, programs are static";
                            case UNKNOWN -> "unknown";
                        }
                        + libc.kernel().map(kernel -> ", Linux from " + kernel).orElse("")
                        + (libc.path().isEmpty() ? "" : " (" + libc.path() + ")"));
        EntryPoint entryPoint = contents.entryPoint();
        if (!entryPoint.path().isEmpty()) {
            line("entry point", entryPoint.path() + words(entryPoint.words()));
        }
        for (EntryPoint.Script script : entryPoint.scripts()) {
            line(
                    "",
                    script.path()
                            + " is run by "
                            + script.interpreter().orElse("no interpreter: it has no #! line")
                            + (script.interpreter().isPresent() && !script.exists()
                                    ? ", which is not in the image"
                                    : "")
                            + (script.carriageReturn() ? ", and its line ends with CR" : ""));
        }
    }

    private void binaries(Binaries binaries) {
        line("programs", binaries.count() + " programs and libraries");
        int level = binaries.levels().stream().mapToInt(Binaries.Level::level).max().orElse(0);
        if (level > 0) {
            line(
                    "CPU level",
                    "x86-64-v"
                            + level
                            + ": "
                            + some(
                                    binaries.levels().stream()
                                            .filter(file -> file.level() == level)
                                            .map(Binaries.Level::path)
                                            .toList()));
        }
        for (Binaries.Floor floor : binaries.kernelFloors()) {
            line("kernel", floor.path() + " wants Linux " + floor.kernel());
        }
        if (!binaries.executableStacks().isEmpty()) {
            line("exec. stack", some(binaries.executableStacks()));
        }
        binaries.cxx().ifPresent(cxx -> line("libstdc++", "GLIBCXX " + text(cxx.glibcxx())));
    }

    private void mpi(Mpi mpi) {
        for (Mpi.Library library : mpi.libraries()) {
            Set<String> kinds = new TreeSet<>();
            library.pmi().forEach(client -> kinds.add(client.kind().name()));
            line(
                    "MPI",
                    name(library.family())
                            + " "
                            + text(library.version())
                            + ", "
                            + library.soname()
                            + ", "
                            + (kinds.isEmpty() ? "no PMI" : String.join(" ", kinds))
                            + (library.transports().isEmpty()
                                    ? ""
                                    : ", over " + String.join(" ", library.transports()))
                            + " ("
                            + library.path()
                            + ")");
        }
        mpi.pmix().forEach(pmix -> line("PMIx", text(pmix.version()) + " (" + pmix.path() + ")"));
        if (!mpi.programs().isEmpty()) {
            line("MPI programs", some(mpi.programs().stream().map(Mpi.Program::path).toList()));
        }
        if (!mpi.launchers().isEmpty()) {
            line("launchers", some(mpi.launchers().stream().map(Mpi.Launcher::path).toList()));
        }
    }

    private static String name(Mpi.Family family) {
        return switch (family) {
            case OPEN_MPI -> "Open MPI";
            case MPICH -> "MPICH";
            case INTEL_MPI -> "Intel MPI";
            case MVAPICH -> "MVAPICH";
            case UNKNOWN -> "of an unknown family";
        };
    }

    private void fabric(Fabric fabric) {
        fabric.verbs()
                .ifPresent(
                        verbs ->
                                line(
                                        "verbs",
                                        "IBVERBS_PRIVATE_"
                                                + (verbs.privateAbi().isPresent()
                                                        ? verbs.privateAbi().getAsInt()
                                                        : "?")
                                                + words(
                                                        verbs.providers().stream()
                                                                .map(Fabric.Provider::name)
                                                                .toList())));
        fabric.libfabric()
                .ifPresent(
                        libfabric ->
                                line(
                                        "libfabric",
                                        "FABRIC_"
                                                + text(libfabric.version())
                                                + words(libfabric.providers())));
        fabric.ucx().ifPresent(ucx -> line("UCX", text(ucx.version()) + words(ucx.modules())));
        if (!fabric.helpers().isEmpty()) {
            line("beside", some(fabric.helpers().stream().map(Fabric.Helper::soname).toList()));
        }
    }

    private void cuda(Cuda cuda) {
        cuda.toolkits()
                .forEach(toolkit -> line("CUDA", toolkit.version() + " by " + toolkit.from()));
        Set<String> codes = new TreeSet<>();
        for (Cuda.DeviceCode code : cuda.deviceCode()) {
            code.code().codes().stream().map(FatBinary.Code::toString).forEach(codes::add);
        }
        if (!codes.isEmpty()) {
            line(
                    "GPU code",
                    String.join(" ", codes) + " in " + cuda.deviceCode().size() + " files");
        }
        for (Map.Entry<String, String> entry : cuda.requirements().entrySet()) {
            line("", entry.getKey() + "=" + entry.getValue());
        }
        for (Cuda.Compatibility compatibility : cuda.compatibility()) {
            line(
                    "CUDA compat",
                    compatibility.path()
                            + compatibility.activeBy().map(by -> ", found by " + by).orElse(""));
        }
        if (!cuda.driverFiles().isEmpty()) {
            line(
                    "own driver",
                    some(cuda.driverFiles().stream().map(Cuda.DriverFile::path).toList()));
        }
    }

    private void otherGpu(OtherGpu gpu) {
        gpu.rocm()
                .ifPresent(
                        rocm -> {
                            Set<String> targets = new TreeSet<>();
                            rocm.deviceCode().forEach(code -> targets.addAll(code.targets()));
                            line(
                                    "ROCm",
                                    text(rocm.version())
                                            + words(rocm.libraries())
                                            + words(targets));
                        });
        gpu.levelZero()
                .ifPresent(
                        zero ->
                                line(
                                        "Level Zero",
                                        zero.driver().orElse("a loader without driver")));
    }

    private void userland(Userland userland) {
        for (Userland.Language language : userland.languages()) {
            line(language.name(), language.version() + " (" + language.path() + ")");
        }
        if (!userland.locales().isEmpty()) {
            line("locales", some(List.copyOf(userland.locales())));
        }
    }

    private void unknown(List<Contents.Unknown> unknown) {
        for (Contents.Unknown entry : unknown) {
            line("not known", entry.subject() + ": " + entry.why());
        }
    }

    private static String text(Optional<?> value) {
        return value.map(Object::toString).orElse("?");
    }

    private static String words(Collection<String> words) {
        return words.isEmpty() ? "" : ": " + String.join(" ", words);
    }

    private static String some(List<String> all) {
        List<String> shown = new ArrayList<>(all.subList(0, Math.min(SOME, all.size())));
        String rest = all.size() > SOME ? ", and " + (all.size() - SOME) + " more" : "";
        return String.join(", ", shown) + rest;
    }

    /// Text of the image may hold anything, also what would move the cursor of a terminal.
    private void line(String word, String text) {
        out.append(word).append(" ".repeat(Math.max(1, COLUMN - word.length())));
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(Character.isISOControl(c) ? '?' : c);
        }
        out.append('\n');
    }
}
