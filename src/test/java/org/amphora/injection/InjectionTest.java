// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.contents.Contents;
import org.amphora.contents.Cuda;
import org.amphora.contents.Mpi;
import org.amphora.elf.Version;
import org.amphora.host.Host;
import org.amphora.host.NvidiaNode;
import org.amphora.injection.InjectionRequest.MpiModel;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A made-up node with NVIDIA driver 535, and images that differ in one fact each.
class InjectionTest {
    private static final String CUDA = "/usr/lib/libcuda.so.1";

    private static final Path DESCRIPTION =
            Path.of("src/test/resources/org/amphora/cdi/nvidia.yaml");

    @TempDir Path empty;
    @TempDir Path directory;
    private Host node;
    private Contents image;

    @BeforeEach
    void makeUp() {
        node = Host.probe(empty);
        image = Contents.of(empty);
    }

    @Test
    void bringsDriverLibrariesUnderTheNamesThatProgramsAskFor() throws IOException {
        Injection injection = gpu(nodeWith(NvidiaNode.DESKTOP), image, Map.of());
        assertThat(injection.binds())
                .contains(
                        new Injection.Bind(CUDA, Injection.LIBRARIES + "/libcuda.so.1"),
                        new Injection.Bind(CUDA, Injection.LIBRARIES + "/libcuda.so"),
                        new Injection.Bind("/usr/bin/nvidia-smi", "/usr/bin/nvidia-smi"));
        assertThat(injection.devices())
                .containsExactly(
                        "/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidia1", "/dev/nvidiactl");
    }

    @Test
    void showsOnlyTheCardsThatAreAskedFor() throws IOException {
        Injection injection =
                gpu(nodeWith(NvidiaNode.DESKTOP), image, Map.of("NVIDIA_VISIBLE_DEVICES", "GPU-1"));
        assertThat(injection.devices())
                .containsExactly("/dev/nvidia-uvm", "/dev/nvidia1", "/dev/nvidiactl");
        assertThat(injection.unset()).isEmpty();
    }

    @Test
    void putsTheDriverOverAnotherOneInTheImage() throws IOException {
        String inside = "/usr/lib/libcuda.so.525.60.13";
        Contents old =
                with(
                        new Cuda(
                                List.of(),
                                Map.of(),
                                List.of(),
                                List.of(),
                                List.of(new Cuda.DriverFile(inside, Version.parse("525.60.13"))),
                                List.of(),
                                Optional.empty()));
        assertThat(gpu(nodeWith(NvidiaNode.DESKTOP), old, Map.of()).binds())
                .contains(new Injection.Bind(CUDA, inside));
    }

    @Test
    void masksForwardCompatibilityOnOtherCardsThanThoseOfDataCentres() throws IOException {
        Injection injection =
                gpu(nodeWith(NvidiaNode.DESKTOP), withCompatibility("550.54.14"), Map.of());
        assertThat(injection.binds())
                .contains(
                        new Injection.Bind(
                                "/dev/null", "/usr/local/cuda-12.4/compat/libcuda.so.550.54.14"));
        assertThat(injection.links()).isEmpty();
    }

    @Test
    void usesForwardCompatibilityWhereItServes() throws IOException {
        Injection injection =
                gpu(nodeWith(NvidiaNode.DATA_CENTRE), withCompatibility("550.54.14"), Map.of());
        assertThat(injection.links())
                .contains(
                        new Injection.Link(
                                "/usr/local/cuda-12.4/compat/libcuda.so.1",
                                Injection.LIBRARIES + "/libcuda.so.1"));
        assertThat(injection.binds())
                .noneMatch(bind -> bind.destination().endsWith("/libcuda.so.1"));
    }

    @Test
    void masksForwardCompatibilityThatIsOlderThanTheDriver() throws IOException {
        Injection injection =
                gpu(nodeWith(NvidiaNode.DATA_CENTRE), withCompatibility("520.61.05"), Map.of());
        assertThat(injection.links()).isEmpty();
        assertThat(injection.binds()).anyMatch(bind -> bind.source().equals("/dev/null"));
    }

    @Test
    void saysThatThereIsNoDriver() {
        Injection injection = gpu(node, image, Map.of());
        assertThat(injection.binds()).isEmpty();
        assertThat(injection.warnings()).containsExactly("this node has no NVIDIA driver");
    }

    @Test
    void prefersTheDescriptionOfTheNode() throws IOException {
        Injection injection = gpu(described(), image, Map.of());
        String driver = "/opt/driver/libcuda.so." + NvidiaNode.DRIVER;
        assertThat(injection.binds())
                .containsExactly(
                        new Injection.Bind(
                                driver, Injection.LIBRARIES + "/libcuda.so." + NvidiaNode.DRIVER),
                        new Injection.Bind(driver, Injection.LIBRARIES + "/libcuda.so.1"),
                        new Injection.Bind("/opt/driver/nvidia-smi", "/usr/bin/nvidia-smi"),
                        new Injection.Bind(driver, Injection.LIBRARIES + "/libcuda.so"));
        assertThat(injection.devices())
                .containsExactly(
                        "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidia1");
        assertThat(injection.links())
                .containsExactly(
                        new Injection.Link(
                                "../lib64/libGLX_nvidia.so.535.161.07",
                                "/usr/share/glx/libGLX_indirect.so.0"));
        assertThat(injection.set()).containsEntry("NVIDIA_VISIBLE_DEVICES", "void");
        assertThat(injection.notes())
                .contains("gpu: hook /usr/bin/nvidia-cdi-hook of /etc/cdi/nvidia.yaml is not run");
    }

    @Test
    void takesTheDevicesOfADescriptionByNumberAndUuid() throws IOException {
        Host described = described();
        assertThat(gpu(described, image, Map.of("NVIDIA_VISIBLE_DEVICES", "0")).devices())
                .containsExactly("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0");
        assertThat(gpu(described, image, Map.of("CUDA_VISIBLE_DEVICES", "GPU-1")).devices())
                .containsExactly("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia1");
        // The resource manager's numbers count what it granted, so that no card may be hidden.
        assertThat(gpu(described, image, Map.of("CUDA_VISIBLE_DEVICES", "1")).devices())
                .contains("/dev/nvidia0", "/dev/nvidia1");
    }

    @Test
    void findsTheDriverItselfWhenTheDescriptionIsOfNoUse() throws IOException {
        NvidiaNode made = new NvidiaNode(directory, NvidiaNode.DESKTOP);
        made.file("/etc/cdi/nvidia.json", "{\"kind\": \"nvidia.com/gpu\"");
        made.file("/var/run/cdi/nvidia.yaml", Files.readString(DESCRIPTION));
        Injection injection = gpu(made.probe(), image, Map.of());
        assertThat(injection.binds())
                .contains(new Injection.Bind(CUDA, Injection.LIBRARIES + "/libcuda.so.1"));
        assertThat(injection.notes())
                .anyMatch(note -> note.contains("/var/run/cdi/nvidia.yaml is not used: /opt/"))
                .anyMatch(note -> note.contains("/etc/cdi/nvidia.json is not used: no JSON"));
    }

    private Host described() throws IOException {
        NvidiaNode made = new NvidiaNode(directory, NvidiaNode.DESKTOP);
        made.library("/opt/driver/libcuda.so." + NvidiaNode.DRIVER, "libcuda.so.1");
        made.file("/opt/driver/nvidia-smi", "");
        made.file("/etc/cdi/nvidia.yaml", Files.readString(DESCRIPTION));
        return made.probe();
    }

    @Test
    void translatesTheVariablesOfANewerLauncher() {
        Injection injection =
                mpi(
                        withOpenMpi("4.1.4"),
                        MpiModel.AUTO,
                        Map.of("PMIX_RANK", "0", "PRTE_LAUNCHED", "1"));
        assertThat(injection.unset()).contains("PMIX_MCA_*", "OMPI_MCA_mca_base_component_path");
        assertThat(injection.set())
                .containsEntry("PMIX_MCA_gds", "hash")
                .containsKey("OMPI_MCA_orte_local_daemon_uri");
    }

    @Test
    void leavesVariablesAloneThatTheImageUnderstands() {
        for (Map<String, String> environment :
                List.of(
                        Map.of("PMIX_RANK", "0"),
                        Map.<String, String>of(),
                        Map.of("PMI_RANK", "0", "PMI_FD", "7"))) {
            Injection injection = mpi(withOpenMpi("4.1.4"), MpiModel.HYBRID, environment);
            assertThat(injection.set()).isEmpty();
            assertThat(injection.unset()).isEmpty();
        }
        Injection own =
                mpi(
                        withOpenMpi("5.0.7"),
                        MpiModel.HYBRID,
                        Map.of("PMIX_RANK", "0", "PRTE_LAUNCHED", "1"));
        assertThat(own.set()).isEmpty();
    }

    @Test
    void showsTheDirectoryOfThePmixServer() {
        String directory = "/var/spool/slurmd/pmix.7.0";
        assertThat(
                        mpi(
                                        withOpenMpi("4.1.4"),
                                        MpiModel.HYBRID,
                                        Map.of("PMIX_RANK", "0", "PMIX_SERVER_TMPDIR", directory))
                                .directories())
                .containsExactly(directory);
    }

    @Test
    void refusesToBindWhatTheNodeLacks() {
        assertThatThrownBy(() -> mpi(withOpenMpi("4.1.4"), MpiModel.BIND, Map.of()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("cannot put this node's MPI into the container");
    }

    private Injection gpu(Host host, Contents contents, Map<String, String> environment) {
        return Injection.of(
                host,
                contents,
                new InjectionRequest(
                        Set.of(GpuVendor.NVIDIA), MpiModel.NONE, Set.of(), environment));
    }

    private Injection mpi(Contents contents, MpiModel model, Map<String, String> environment) {
        return Injection.of(
                node, contents, new InjectionRequest(Set.of(), model, Set.of(), environment));
    }

    private Host nodeWith(String model) throws IOException {
        return new NvidiaNode(directory, model).probe();
    }

    private Contents withCompatibility(String driver) {
        return with(
                new Cuda(
                        List.of(),
                        Map.of(),
                        List.of(),
                        List.of(
                                new Cuda.Compatibility(
                                        "/usr/local/cuda-12.4/compat/libcuda.so." + driver,
                                        Version.parse(driver),
                                        Optional.empty(),
                                        Optional.of("LD_LIBRARY_PATH"))),
                        List.of(),
                        List.of(),
                        Optional.empty()));
    }

    private Contents withOpenMpi(String version) {
        Mpi.Library library =
                new Mpi.Library(
                        "/usr/lib/libmpi.so.40.30.4",
                        "libmpi.so.40",
                        Set.of("libmpi.so.40"),
                        Mpi.Family.OPEN_MPI,
                        Optional.of(Version.parse(version)),
                        "",
                        List.of(),
                        List.of(),
                        List.of(),
                        Set.of(),
                        false);
        return with(new Mpi(List.of(library), List.of(), List.of(), List.of()), image.cuda());
    }

    private Contents with(Cuda cuda) {
        return with(image.mpi(), cuda);
    }

    private Contents with(Mpi mpi, Cuda cuda) {
        return new Contents(
                image.source(),
                image.machine(),
                image.distribution(),
                image.libc(),
                image.binaries(),
                image.entryPoint(),
                image.environment(),
                mpi,
                image.fabric(),
                cuda,
                image.otherGpu(),
                image.userland(),
                image.unknown());
    }
}
