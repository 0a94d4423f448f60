// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.amphora.elf.ElfBuilder;
import org.amphora.elf.Version;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaReaderTest {
    private static final String CUDA = "/usr/local/cuda-12.4/";

    @TempDir private Path temporary;

    @Test
    void trustsTheRuntimeMost() throws IOException {
        Cuda cuda =
                Tree.debian(temporary)
                        .elf(
                                CUDA + "lib64/libcudart.so.12.4.127",
                                ElfBuilder.library("libcudart.so.12"))
                        .link("/usr/local/cuda", "cuda-12.4")
                        .text(CUDA + "version.json", "{\"cuda\": {\"version\": \"12.4.1\"}}")
                        .text(
                                "/.singularity.d/env/10-docker2singularity.sh",
                                """
                                #!/bin/sh
                                export CUDA_VERSION="${CUDA_VERSION:-"12.3.9"}"
                                export NVIDIA_REQUIRE_CUDA='cuda>=12.4 brand=tesla,driver>=470'
                                export LD_LIBRARY_PATH="$OTHER"
                                """)
                        .contents()
                        .cuda();
        assertThat(cuda.toolkit()).contains(Version.parse("12.4.127"));
        assertThat(cuda.toolkits())
                .extracting(Cuda.Toolkit::from)
                .containsExactly(
                        CUDA + "lib64/libcudart.so.12.4.127",
                        "/usr/local/cuda/version.json",
                        "/usr/local/cuda-12.4/version.json",
                        "CUDA_VERSION");
        assertThat(cuda.requirements())
                .containsEntry("NVIDIA_REQUIRE_CUDA", "cuda>=12.4 brand=tesla,driver>=470");
    }

    @Test
    void listsTheCodeOfEachFile() throws IOException {
        Cuda cuda = Tree.debian(temporary).elf("/opt/a.so", ContentsTest.gpu()).contents().cuda();
        assertThat(cuda.deviceCode()).hasSize(1);
        assertThat(cuda.deviceCode().getFirst().path()).isEqualTo("/opt/a.so");
        assertThat(cuda.deviceCode().getFirst().code().codes())
                .extracting(Object::toString)
                .containsExactly("sm_70", "compute_90");
        assertThat(cuda.users()).containsExactly("/opt/a.so");
        assertThat(cuda.isUsed()).isTrue();
    }

    @Test
    void readsWhatACompatibilityLibrarySaysOfItself() throws IOException {
        String note =
                "{\"Format\": 1, \"CUDA Version\": \"12.4\", \"Driver\": [470, 535],"
                        + " \"Device\": [\"Tesla\"]}";
        Cuda cuda =
                Tree.debian(temporary)
                        .elf(
                                CUDA + "compat/libcuda.so.550.54.15",
                                ElfBuilder.library("libcuda.so.1")
                                        .section(
                                                ".note.cuda.fwd_compatibility",
                                                note("NVIDIA Corporation", note)))
                        .text("/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n")
                        .text("/etc/ld.so.conf.d/nvidia.conf", CUDA + "compat # comment\n")
                        .elf(
                                "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.161.07",
                                ElfBuilder.library("libnvidia-ml.so.1"))
                        .contents()
                        .cuda();
        Cuda.Compatibility compatibility = cuda.compatibility().getFirst();
        assertThat(compatibility.driver()).hasToString("550.54.15");
        assertThat(compatibility.activeBy()).contains("/etc/ld.so.conf.d/nvidia.conf");
        assertThat(compatibility.note().orElseThrow().drivers()).containsExactly(470, 535);
        assertThat(compatibility.note().orElseThrow().cuda()).contains(Version.parse("12.4"));
        assertThat(cuda.driverFiles())
                .containsExactly(
                        new Cuda.DriverFile(
                                "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.161.07",
                                Version.parse("535.161.07")));
    }

    @Test
    void findsTheToolkitOfWheels() throws IOException {
        String packages = "/opt/venv/lib/python3.11/site-packages/";
        Cuda cuda =
                Tree.debian(temporary)
                        .text(packages + "nvidia_cuda_runtime_cu12-12.1.105.dist-info/METADATA", "")
                        .text(packages + "torch/version.py", "cuda: str = '12.1'\nhip = None\n")
                        .contents()
                        .cuda();
        assertThat(cuda.toolkits())
                .extracting(toolkit -> toolkit.version().toString())
                .containsExactly("12.1.105", "12.1");
    }

    @Test
    void listsTheTargetsOfRocm() throws IOException {
        OtherGpu gpu =
                Tree.debian(temporary)
                        .elf(
                                "/opt/rocm-6.2.0/lib/libamdhip64.so.6",
                                ElfBuilder.library("libamdhip64.so.6"))
                        .text("/opt/rocm-6.2.0/.info/version", "6.2.0-66\n")
                        .elf(
                                "/opt/app",
                                ElfBuilder.library("app")
                                        .section(
                                                ".hip_fatbin",
                                                bundle(
                                                        "host-x86_64-unknown-linux--",
                                                        "hipv4-amdgcn-amd-amdhsa--gfx90a:xnack-",
                                                        "hipv4-amdgcn-amd-amdhsa--gfx942")))
                        .elf(
                                "/opt/packed",
                                ElfBuilder.library("p").section(".hip_fatbin", new byte[64]))
                        .contents()
                        .otherGpu();
        OtherGpu.Rocm rocm = gpu.rocm().orElseThrow();
        assertThat(rocm.version()).contains(Version.parse("6.2.0"));
        assertThat(rocm.libraries()).containsExactly("libamdhip64.so.6");
        assertThat(rocm.deviceCode().getFirst().targets()).containsExactly("gfx90a", "gfx942");
        assertThat(rocm.deviceCode().getLast().complete()).isFalse();
    }

    private static byte[] note(String name, String content) {
        byte[] owner = (name + "\0").getBytes(StandardCharsets.UTF_8);
        byte[] text = content.getBytes(StandardCharsets.UTF_8);
        int start = 12 + (owner.length + 3) / 4 * 4;
        ByteBuffer note =
                ByteBuffer.allocate(start + (text.length + 3) / 4 * 4)
                        .order(ByteOrder.LITTLE_ENDIAN);
        note.putInt(owner.length).putInt(text.length).putInt(1).put(owner);
        note.position(start).put(text);
        return note.array();
    }

    private static byte[] bundle(String... targets) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("__CLANG_OFFLOAD_BUNDLE__".getBytes(StandardCharsets.UTF_8));
        out.writeBytes(number(targets.length));
        for (String target : targets) {
            out.writeBytes(number(4096));
            out.writeBytes(number(16));
            out.writeBytes(number(target.length()));
            out.writeBytes(target.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }
}
