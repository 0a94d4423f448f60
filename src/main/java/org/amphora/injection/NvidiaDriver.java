// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.List;
import org.amphora.contents.Contents;
import org.amphora.contents.Cuda;
import org.amphora.contents.Libc;
import org.amphora.elf.Version;
import org.amphora.host.Device;
import org.amphora.host.Gpus;
import org.amphora.host.Host;
import org.amphora.host.Library;

/// NVIDIA's driver: its libraries, programs, devices and sockets. Never the vendor-neutral
/// libraries around it (libGL, libOpenCL): the node's may need a newer libc than the image has.
final class NvidiaDriver {
    private static final String[] COMPATIBLE = {
        "libcuda.so.1",
        "libcuda.so",
        "libcudadebugger.so.1",
        "libnvidia-ptxjitcompiler.so.1",
        "libnvidia-nvvm.so.4"
    };
    private static final String MASK = "/dev/null";

    private NvidiaDriver() {}

    static void decide(
            Host host, Contents image, InjectionRequest request, Injection.Collected all) {
        Gpus.Nvidia driver = host.gpus().nvidia();
        if (image.libc().kind() == Libc.Kind.MUSL) {
            all.warnings.add(
                    "the NVIDIA driver is left out: its libraries need glibc, the image has musl");
            return;
        }
        if (!driver.isPresent()) {
            all.warnings.add("this node has no NVIDIA driver");
            return;
        }
        compatibility(driver, image, all);
        List<Gpus.NvidiaGpu> cards = cards(driver, request);
        if (!CdiDriver.decide(driver, cards, all)) {
            addFiles(driver, cards, all);
        }
        shadow(driver, image, all);
    }

    /// The cards that the caller is to see. `NVIDIA_VISIBLE_DEVICES` chooses among them, and so do
    /// UUIDs in `CUDA_VISIBLE_DEVICES`. Numbers in the latter are the resource manager's and count
    /// within what it granted: with a card hidden they would mean another one.
    private static List<Gpus.NvidiaGpu> cards(Gpus.Nvidia driver, InjectionRequest request) {
        String visible = request.variable("NVIDIA_VISIBLE_DEVICES");
        if (visible.isEmpty() && request.variable("CUDA_VISIBLE_DEVICES").startsWith("GPU-")) {
            visible = request.variable("CUDA_VISIBLE_DEVICES");
        }
        List<String> chosen = List.of(visible.split(","));
        // A MIG device names no card; its capability files decide.
        if (visible.isEmpty()
                || chosen.contains("all")
                || chosen.stream().anyMatch(word -> word.startsWith("MIG"))) {
            return driver.gpus();
        }
        return driver.gpus().stream()
                .filter(
                        gpu ->
                                chosen.contains(minor(gpu))
                                        || chosen.contains(gpu.uuid().orElse("-")))
                .toList();
    }

    private static String minor(Gpus.NvidiaGpu gpu) {
        return gpu.minor().value().map(String::valueOf).orElse("");
    }

    private static void addFiles(
            Gpus.Nvidia driver, List<Gpus.NvidiaGpu> cards, Injection.Collected all) {
        List<String> hidden =
                driver.gpus().stream()
                        .filter(gpu -> !cards.contains(gpu))
                        .map(gpu -> "/dev/nvidia" + minor(gpu))
                        .toList();
        driver.devices().stream()
                .map(Device::path)
                .filter(path -> !hidden.contains(path))
                .forEach(all::device);
        for (Library library : driver.libraries()) {
            all.library(library.path(), library.name());
            if (!library.soname().isEmpty()) {
                all.library(library.path(), library.soname());
            }
            if (library.name().startsWith("libcuda.so")) {
                all.library(library.path(), "libcuda.so");
            }
        }
        for (String program : driver.programs()) {
            all.bind(program, "/usr/bin/" + program.substring(program.lastIndexOf('/') + 1));
        }
        for (String socket : driver.sockets()) {
            if (!socket.startsWith("/tmp/")) {
                all.bind(socket, socket);
            }
        }
        for (String file : driver.files()) {
            if (!file.contains("/firmware/")) {
                all.bind(file, file);
            }
        }
    }

    /// A driver library of another version in the image does not work with this kernel module.
    private static void shadow(Gpus.Nvidia driver, Contents image, Injection.Collected all) {
        for (Cuda.DriverFile file : image.cuda().driverFiles()) {
            String name = file.path().substring(file.path().lastIndexOf('/') + 1);
            String stem = name.substring(0, name.indexOf(".so") < 0 ? 0 : name.indexOf(".so"));
            driver.libraries().stream()
                    .filter(library -> !stem.isEmpty() && library.name().startsWith(stem + ".so"))
                    .findFirst()
                    .ifPresent(
                            library -> {
                                all.bind(library.path(), file.path());
                                all.notes.add(
                                        "gpu: the image's "
                                                + file.path()
                                                + " gives way to the driver's");
                            });
        }
    }

    /// A newer driver library of the image helps where the toolkit is newer than the driver and the
    /// card is made for data centres; everywhere else it breaks CUDA (errors 803 and 804).
    private static void compatibility(Gpus.Nvidia driver, Contents image, Injection.Collected all) {
        Version version = driver.kernelDriver().value().flatMap(Version::leading).orElse(null);
        if (version == null || image.cuda().compatibility().isEmpty()) {
            return;
        }
        boolean dataCentre =
                !driver.gpus().isEmpty()
                        && driver.gpus().stream().allMatch(gpu -> gpu.dataCentre().orElse(false));
        for (Cuda.Compatibility library : image.cuda().compatibility()) {
            String path = library.path();
            boolean usable = dataCentre && serves(library, version);
            if (usable && all.links.isEmpty()) {
                String directory = path.substring(0, path.lastIndexOf('/'));
                for (String name : COMPATIBLE) {
                    all.ownLibrary(directory + "/" + name, name);
                }
                all.notes.add(
                        "gpu: the toolkit of the image is newer than driver "
                                + version
                                + ", "
                                + path
                                + " serves it");
            } else if (!usable && library.activeBy().isPresent()) {
                all.bind(MASK, path);
                all.notes.add("gpu: " + path + " is masked, it does not fit driver " + version);
            }
        }
    }

    /// The rule of NVIDIA's toolkit (`internal/discover/compat_libs.go`): the note's list decides;
    /// without a note a greater major version does.
    private static boolean serves(Cuda.Compatibility library, Version host) {
        if (library.driver().compareTo(host) <= 0) {
            return false;
        }
        return library.note()
                .map(note -> note.drivers().contains(host.major()))
                .orElse(library.driver().major() > host.major());
    }
}
