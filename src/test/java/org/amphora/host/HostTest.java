// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.amphora.elf.ElfBuilder;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Nodes that are trees of a few files, written as the kernel and the drivers write them, and the
/// node that the test runs on.
class HostTest {

    @TempDir private Path node;

    private void file(String path, String text) throws IOException {
        Path file = node.resolve(path.substring(1));
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void link(String path, String target) throws IOException {
        Path file = node.resolve(path.substring(1));
        Files.createDirectories(file.getParent());
        Files.createSymbolicLink(file, Path.of(target));
    }

    @Test
    void readsAnNvidiaNode() throws IOException {
        file(
                "/proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.07  Sat Feb 17 2024\n"
                        + "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n");
        file(
                "/proc/driver/nvidia/gpus/0000:07:00.0/information",
                "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 44\n"
                        + "GPU UUID: \t GPU-1234\nDevice Minor: \t 0\n");
        file("/dev/nvidia0", "");
        file("/dev/nvidiactl", "");
        file("/dev/nvidia-caps/nvidia-cap1", "");
        Gpus.Nvidia nvidia = Host.probe(node).gpus().nvidia();
        assertThat(nvidia.kernelDriver().orElse("")).isEqualTo("535.161.07");
        assertThat(nvidia.openModule().orElse(true)).isFalse();
        assertThat(nvidia.gpus()).hasSize(1);
        assertThat(nvidia.gpus().getFirst().computeCapability().orElse("")).isEqualTo("8.0");
        assertThat(nvidia.gpus().getFirst().dataCentre().orElse(false)).isTrue();
        assertThat(nvidia.gpus().getFirst().minor().orElse(-1)).isZero();
        assertThat(nvidia.devices())
                .extracting(Device::path)
                .containsExactly("/dev/nvidia-caps/nvidia-cap1", "/dev/nvidia0", "/dev/nvidiactl");
    }

    @Test
    void readsTheOpenKernelModule() throws IOException {
        file(
                "/proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release\n");
        Gpus.Nvidia nvidia = Host.probe(node).gpus().nvidia();
        assertThat(nvidia.kernelDriver().orElse("")).isEqualTo("570.124.06");
        assertThat(nvidia.openModule().orElse(false)).isTrue();
    }

    @Test
    void namesStaleDeviceDescriptions() throws IOException {
        file("/usr/lib/libcuda.so.550.54.15", "");
        file(
                "/etc/cdi/nvidia.yaml",
                """
                cdiVersion: 0.5.0
                kind: nvidia.com/gpu
                devices:
                - name: all
                  containerEdits:
                    mounts:
                    - {hostPath: /usr/lib/libcuda.so.550.54.15, containerPath: /a}
                    - {hostPath: /usr/lib/libcuda.so.535.161.07, containerPath: /b}
                """);
        assertThat(Host.probe(node).gpus().nvidia().specifications().getFirst().missing())
                .containsExactly("/usr/lib/libcuda.so.535.161.07");
    }

    @Test
    void readsAnAmdNode() throws IOException {
        file("/dev/kfd", "");
        file(
                "/sys/class/kfd/kfd/topology/nodes/0/properties",
                "cpu_cores_count 64\ngfx_target_version 0\n");
        file(
                "/sys/class/kfd/kfd/topology/nodes/1/properties",
                "cpu_cores_count 0\ngfx_target_version 90402\ndrm_render_minor 128\n");
        Gpus.Amd amd = Host.probe(node).gpus().amd();
        assertThat(amd.gpus()).hasSize(1);
        assertThat(amd.gpus().getFirst().gfx().orElse("")).isEqualTo("gfx942");
        assertThat(amd.gpus().getFirst().renderMinor().orElse(0)).isEqualTo(128);
    }

    @Test
    void writesGfxVersionsAsTheCompilerDoes() {
        assertThat(List.of(GpuProbe.gfx(90010), GpuProbe.gfx(100300), GpuProbe.gfx(110000)))
                .containsExactly("gfx90a", "gfx1030", "gfx1100");
    }

    @Test
    void readsAnInfinibandNode() throws IOException {
        file("/sys/class/infiniband/mlx5_0/ports/1/state", "4: ACTIVE\n");
        file("/sys/class/infiniband/mlx5_0/ports/1/rate", "100 Gb/sec (4X EDR)\n");
        file("/sys/class/infiniband/mlx5_0/ports/1/link_layer", "InfiniBand\n");
        file("/sys/class/infiniband/mlx5_1/ports/1/state", "1: DOWN\n");
        file("/sys/bus/pci/drivers/mlx5_core/bind", "");
        link("/sys/class/infiniband/mlx5_0/device/driver", "/sys/bus/pci/drivers/mlx5_core");
        file("/sys/class/infiniband_verbs/abi_version", "6\n");
        file("/dev/infiniband/uverbs0", "");
        Fabric fabric = Host.probe(node).fabric();
        assertThat(fabric.active()).extracting(Fabric.Adapter::name).containsExactly("mlx5_0");
        assertThat(fabric.adapters().getFirst().driver().orElse("")).isEqualTo("mlx5_core");
        assertThat(fabric.verbsAbi().orElse(0)).isEqualTo(6);
        assertThat(fabric.devices())
                .extracting(Device::path)
                .containsExactly("/dev/infiniband/uverbs0");
    }

    @Test
    void explainsWhyUserNamespacesFail() throws IOException {
        file(
                "/amphora.capture",
                "amphora-capture 1\nuserns\t=unshare: unshare failed: Operation not permitted\n");
        file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        file("/proc/sys/user/max_user_namespaces", "95000\n");
        UserNamespaces namespaces = Host.probe(node).userNamespaces();
        assertThat(namespaces.works().orElse(true)).isFalse();
        assertThat(namespaces.explanation()).contains("apparmor_restrict_unprivileged_userns is 1");
    }

    @Test
    void readsAnOldNode() throws IOException {
        file("/proc/sys/kernel/osrelease", "3.10.0-1160.el7.x86_64\n");
        file(
                "/etc/os-release",
                "ID=\"centos\"\nVERSION_ID=\"7\"\nPRETTY_NAME=\"CentOS Linux 7\"\n");
        Host host = Host.probe(node);
        assertThat(host.kernel().version().orElse("")).isEqualTo("3.10.0");
        assertThat(host.libc().distribution().orElse("")).isEqualTo("centos 7");
    }

    @Test
    void readsTheReleaseThatGlibcNames() throws IOException {
        ElfBuilder named =
                ElfBuilder.library("libc.so.6")
                        .definesVersions("GLIBC_2.30")
                        .section(
                                ".rodata",
                                "\0GNU C Library (Debian GLIBC 2.31-13) stable release version 2.31.\n"
                                        .getBytes(StandardCharsets.UTF_8));
        assertThat(glibcOf(named)).isEqualTo("2.31");
    }

    @Test
    void takesSymbolVersionsWhereGlibcNamesNoRelease() throws IOException {
        assertThat(glibcOf(ElfBuilder.library("libc.so.6").definesVersions("GLIBC_2.30")))
                .isEqualTo("2.30");
    }

    private String glibcOf(ElfBuilder library) throws IOException {
        file("/proc/sys/kernel/arch", "x86_64\n");
        file("/lib64/ld-linux-x86-64.so.2", "");
        Path path = node.resolve("lib/x86_64-linux-gnu/libc.so.6");
        Files.createDirectories(path.getParent());
        Files.write(path, library.build());
        return Host.probe(node).libc().version().orElse("");
    }

    @Test
    void tellsNothingOfAnEmptyTree() {
        Host host = Host.probe(node);
        assertThat(host.kernel().release().isAbsent()).isTrue();
        assertThat(host.userNamespaces().works().isUnknown()).isTrue();
        assertThat(host.gpus().nvidia().isPresent()).isFalse();
        assertThat(host.mpi().installations()).isEmpty();
    }

    @Test
    void survivesGarbageInEveryFile() throws IOException {
        Random random = new Random(42);
        List<String> files =
                List.of(
                        "/proc/sys/kernel/osrelease",
                        "/proc/cpuinfo",
                        "/proc/self/limits",
                        "/proc/self/status",
                        "/proc/self/mountinfo",
                        "/proc/self/auxv",
                        "/proc/filesystems",
                        "/proc/modules",
                        "/proc/driver/nvidia/version",
                        "/proc/driver/nvidia/gpus/x/information",
                        "/etc/ld.so.cache",
                        "/lib64/ld-linux-x86-64.so.2",
                        "/etc/os-release",
                        "/etc/hosts",
                        "/etc/cdi/a.json",
                        "/sys/class/infiniband/a/ports/1/state",
                        "/sys/class/kfd/kfd/topology/nodes/0/properties",
                        "/amphora.capture",
                        "/proc/sys/fs/binfmt_misc/status",
                        "/proc/sys/fs/binfmt_misc/qemu");
        for (int round = 0; round < 20; round++) {
            for (String path : files) {
                byte[] bytes = new byte[random.nextInt(400)];
                random.nextBytes(bytes);
                file(path, new String(bytes, StandardCharsets.ISO_8859_1));
            }
            assertThat(Host.probe(node).toJson()).contains("\"format\"");
        }
    }

    @Test
    void capturesThisNode(@TempDir Path other) {
        Host host = Host.probe(Path.of("/"));
        host.capture(other.resolve("n1"));
        assertThat(Host.read(other.resolve("n1"))).isEqualTo(host);
        assertThatThrownBy(() -> host.capture(other.resolve("n1")))
                .isInstanceOfSatisfying(
                        Problem.class, problem -> assertThat(problem.why()).contains("already"));
    }

    @Test
    void keepsNoSecretsOfTheEnvironment() {
        assertThat(Host.probe(Path.of("/")).environment().orElse(java.util.Map.of()).keySet())
                .noneMatch(name -> name.contains("SECRET") || name.contains("TOKEN"));
    }

    @Test
    void readsDescriptionsOfAnotherVersion(@TempDir Path other) throws IOException {
        Path file = other.resolve("old.json");
        Files.writeString(file, "{\"format\": \"amphora-host 1\", \"later\": {\"x\": 1}}");
        assertThat(Host.read(file).kernel().release().isUnknown()).isTrue();
        Files.writeString(file, "{\"format\": \"something\"}");
        assertThatThrownBy(() -> Host.read(file)).isInstanceOf(Problem.class);
    }

    @Test
    void knowsThisNodeAsItsOwnToolsDo() throws IOException {
        Host host = Host.probe(Path.of("/"));
        assertThat(host.kernel().pageSize().orElse(0)).isIn(4096, 16384, 65536);
        assertThat(host.kernel().release().orElse(""))
                .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
        assertThat(host.libc().kind().orElse("")).isEqualTo("glibc");
        assertThat(host.libc().family()).isNotEmpty();
    }
}
