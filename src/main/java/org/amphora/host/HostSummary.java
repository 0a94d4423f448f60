// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.List;

/// A node on one screen.
final class HostSummary {

    private final List<String> lines = new ArrayList<>();

    private HostSummary() {}

    /// A line for each subject; `?` stands for what could not be read.
    static String of(Host host) {
        HostSummary summary = new HostSummary();
        summary.base(host);
        summary.files(host.fileSystems());
        summary.gpus(host.gpus());
        summary.mpi(host.mpi());
        summary.fabric(host.fabric());
        summary.manager(host);
        return String.join("\n", summary.lines);
    }

    private void line(String name, String text) {
        if (!text.isBlank()) {
            lines.add("%-16s %s".formatted(name, text.strip()));
        }
    }

    private static String text(Fact<?> fact) {
        return fact.isUnknown() ? "?" : fact.value().map(String::valueOf).orElse("none");
    }

    private void base(Host host) {
        line("node", text(host.name()) + "  " + text(host.libc().name()));
        Kernel kernel = host.kernel();
        line("kernel", text(kernel.release()) + "  " + text(kernel.machine()));
        line("libc", text(host.libc().kind()) + " " + text(host.libc().version()));
        line(
                "processor",
                text(host.cpu().count())
                        + " × "
                        + text(host.cpu().model())
                        + host.cpu().level().value().map(level -> ", x86-64-v" + level).orElse(""));
        UserNamespaces namespaces = host.userNamespaces();
        line(
                "user namespaces",
                namespaces.works().isUnknown()
                        ? "? " + namespaces.works().unknown().orElse("")
                        : namespaces.works().orElse(false)
                                ? "work"
                                : "do not work: " + namespaces.explanation());
    }

    private void files(FileSystems files) {
        line(
                "mounting images",
                "/dev/fuse "
                        + (files.fuseDevice().isKnown() ? "there" : text(files.fuseDevice()))
                        + ", squashfuse_ll "
                        + text(files.squashfuse())
                        + ", overlay "
                        + (files.overlay().orElse(false) ? "yes" : text(files.overlay())));
        for (FileSystems.Place place : files.places()) {
            line(
                    place.name(),
                    place.path()
                            + "  "
                            + text(place.type())
                            + place.freeBytes()
                                    .value()
                                    .map(free -> ", " + size(free) + " free")
                                    .orElse("")
                            + (place.options().contains("noexec") ? ", noexec" : ""));
        }
        files.sharedMemory()
                .value()
                .ifPresent(
                        shm ->
                                line(
                                        "shared memory",
                                        shm.bytes().value().map(HostSummary::size).orElse("?")));
    }

    private static String size(long bytes) {
        return bytes >= 1L << 30 ? (bytes >> 30) + " GiB" : (bytes >> 20) + " MiB";
    }

    private void gpus(Gpus gpus) {
        if (gpus.nvidia().isPresent()) {
            line(
                    "NVIDIA driver",
                    text(gpus.nvidia().kernelDriver())
                            + ", libraries "
                            + text(gpus.nvidia().userDriver()));
            gpus.nvidia()
                    .gpus()
                    .forEach(
                            gpu ->
                                    line(
                                            "GPU",
                                            text(gpu.model())
                                                    + ", compute capability "
                                                    + text(gpu.computeCapability())));
        }
        gpus.amd().gpus().forEach(gpu -> line("GPU", "AMD " + text(gpu.gfx())));
        gpus.intel().devices().forEach(device -> line("GPU", "Intel " + device.path()));
    }

    private void mpi(Mpi mpi) {
        for (Mpi.Installation one : mpi.installations()) {
            line(
                    "MPI",
                    name(one.family())
                            + " "
                            + text(one.version())
                            + "  "
                            + one.library().file()
                            + "  "
                            + one.interfaces());
        }
        for (Mpi.Launcher launcher : mpi.launchers()) {
            line(
                    "launcher",
                    launcher.path()
                            + launcher.kind().value().map(kind -> "  (" + kind + ")").orElse(""));
        }
        mpi.pmix().forEach(one -> line("PMIx", text(one.version()) + "  " + one.library().file()));
    }

    private static String name(Mpi.Family family) {
        return switch (family) {
            case OPEN_MPI -> "Open MPI";
            case MPICH -> "MPICH";
            case INTEL -> "Intel MPI";
            case MVAPICH -> "MVAPICH";
            case CRAY -> "Cray MPICH";
            case UNKNOWN -> "unknown MPI";
        };
    }

    private void fabric(Fabric fabric) {
        for (Fabric.Adapter adapter : fabric.adapters()) {
            for (Fabric.Port port : adapter.ports()) {
                line(
                        "fabric",
                        adapter.name()
                                + " port "
                                + port.number()
                                + "  "
                                + text(port.state())
                                + "  "
                                + port.rate().orElse(""));
            }
        }
        fabric.verbs()
                .value()
                .ifPresent(
                        verbs ->
                                line(
                                        "verbs",
                                        "IBVERBS_PRIVATE_"
                                                + text(verbs.privateVersion())
                                                + ", "
                                                + verbs.providers().size()
                                                + " providers"));
        fabric.libfabric()
                .value()
                .ifPresent(found -> line("libfabric", "FABRIC_" + text(found.version())));
        fabric.ucx().value().ifPresent(found -> line("UCX", found.library().file()));
    }

    private void manager(Host host) {
        ResourceManager manager = host.resourceManager();
        line(
                "manager",
                text(manager.kind())
                        + manager.job().value().map(job -> ", inside job " + job).orElse("")
                        + manager.mpiTypes().value().map(types -> ", --mpi " + types).orElse(""));
        line("modules", text(manager.moduleTool()));
        line(
                "limits",
                "locked memory "
                        + text(host.limits().lockedMemory())
                        + ", open files "
                        + text(host.limits().openFiles()));
    }
}
