// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.amphora.elf.ElfBuilder;
import org.amphora.elf.LibraryCacheTest;

/// A made-up node with the driver of NVIDIA and two cards, in a directory.
public final class NvidiaNode {
    public static final String DRIVER = "535.161.07";
    public static final String DATA_CENTRE = "NVIDIA A100-SXM4-40GB";
    public static final String DESKTOP = "NVIDIA GeForce RTX 3090";

    private static final String[] LIBRARIES = {"libcuda", "libnvidia-ml"};

    private final Path root;

    /// @param model of both cards
    public NvidiaNode(Path root, String model) throws IOException {
        this.root = root;
        file(
                "/proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  " + DRIVER + "  Thu\n");
        for (int minor = 0; minor < 2; minor++) {
            file(
                    "/proc/driver/nvidia/gpus/0000:0" + minor + ":00.0/information",
                    "Model: \t\t %s\nGPU UUID: \t GPU-%d\nDevice Minor: \t %d\n"
                            .formatted(model, minor, minor));
            file("/dev/nvidia" + minor, "");
        }
        file("/dev/nvidiactl", "");
        file("/dev/nvidia-uvm", "");
        for (String name : LIBRARIES) {
            library("/usr/lib/" + name + ".so." + DRIVER, name + ".so.1");
        }
        Files.write(
                file("/etc/ld.so.cache", ""),
                LibraryCacheTest.cache("libcuda.so.1", "libc.so.6", "libnvidia-ml.so.1"));
        assertThat(file("/usr/bin/nvidia-smi", "").toFile().setExecutable(true)).isTrue();
    }

    /// Adds a library with a link of its SONAME beside it.
    public void library(String path, String soname) throws IOException {
        Files.write(file(path, ""), ElfBuilder.library(soname).build());
        Path link = root.resolve(path.substring(1)).resolveSibling(soname);
        Files.createSymbolicLink(link, Path.of(path.substring(path.lastIndexOf('/') + 1)));
    }

    /// Adds a file.
    ///
    /// @param path on the node
    public Path file(String path, String text) throws IOException {
        Path file = root.resolve(path.substring(1));
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    public Host probe() {
        return Host.probe(root);
    }
}
