// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import java.util.ArrayList;
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
        devices(driver, request, all);
        compatibility(driver, image, all);
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
        shadow(driver, image, all);
    }

    /// `NVIDIA_VISIBLE_DEVICES` chooses among them; `CUDA_VISIBLE_DEVICES` is the resource
    /// manager's and counts within what it granted, so it is left alone.
    private static void devices(
            Gpus.Nvidia driver, InjectionRequest request, Injection.Collected all) {
        String visible = request.variable("NVIDIA_VISIBLE_DEVICES");
        List<String> chosen = List.of(visible.split(","));
        boolean every = visible.isEmpty() || chosen.contains("all");
        List<String> hidden = new ArrayList<>();
        for (Gpus.NvidiaGpu gpu : driver.gpus()) {
            String minor = gpu.minor().value().map(String::valueOf).orElse("");
            String uuid = gpu.uuid().orElse("-");
            // A MIG device names no card; its capability files decide.
            boolean named =
                    chosen.contains(minor)
                            || chosen.contains(uuid)
                            || chosen.stream().anyMatch(word -> word.startsWith("MIG"));
            if (!every && !named && !minor.isEmpty()) {
                hidden.add("/dev/nvidia" + minor);
            }
        }
        driver.devices().stream()
                .map(Device::path)
                .filter(path -> !hidden.contains(path))
                .forEach(all::device);
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
