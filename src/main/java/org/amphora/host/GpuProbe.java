// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.amphora.cdi.CdiSpecification;

/// Looks for accelerators: what the drivers show in /proc, /sys and /dev, and what belongs to them
/// on disk.
final class GpuProbe {

    /// `/proc/driver/nvidia/version`, "NVRM version: … Kernel Module  535.161.07  …".
    private static final Pattern VERSION =
            Pattern.compile("Kernel Module(?: for \\S+)?\\s+(\\d+\\.\\d+(?:\\.\\d+)?)");

    private static final Pattern DRIVER_SUFFIX =
            Pattern.compile("\\.so\\.(\\d{3,}\\.\\d+(\\.\\d+)?)$");
    private static final Pattern RENDER = Pattern.compile("renderD\\d+");

    private static final List<String> PROGRAMS =
            List.of(
                    "nvidia-smi",
                    "nvidia-debugdump",
                    "nvidia-persistenced",
                    "nvidia-cuda-mps-control",
                    "nvidia-cuda-mps-server",
                    "nvidia-imex",
                    "nvidia-imex-ctl");

    private static final List<String> SOCKETS =
            List.of(
                    "/run/nvidia-persistenced/socket",
                    "/run/nvidia-fabricmanager/socket",
                    "/tmp/nvidia-mps");

    private static final List<String> FILES =
            List.of(
                    "/usr/share/glvnd/egl_vendor.d/10_nvidia.json",
                    "/usr/share/vulkan/icd.d/nvidia_icd.json",
                    "/etc/vulkan/icd.d/nvidia_icd.json",
                    "/usr/share/egl/egl_external_platform.d/15_nvidia_gbm.json",
                    "/usr/share/egl/egl_external_platform.d/10_nvidia_wayland.json",
                    "/etc/OpenCL/vendors/nvidia.icd",
                    "/usr/share/nvidia/nvoptix.bin");

    private final Tree tree;
    private final Libraries libraries;

    private GpuProbe(Tree tree, Libraries libraries) {
        this.tree = tree;
        this.libraries = libraries;
    }

    static Gpus probe(Tree tree, Libraries libraries) {
        GpuProbe probe = new GpuProbe(tree, libraries);
        List<Gpus.RenderNode> render = probe.render();
        return new Gpus(probe.nvidia(), probe.amd(render), probe.intel(render), render);
    }

    private Gpus.Nvidia nvidia() {
        String file = "/proc/driver/nvidia/version";
        Fact<String> text = tree.text(file);
        Fact<String> kernel = text.map(GpuProbe::version);
        if (kernel.map(String::isEmpty).orElse(false)) {
            kernel = Fact.unknown(file, "no version in it");
        }
        List<Library> driver = driverLibraries(kernel.orElse(""));
        return new Gpus.Nvidia(
                kernel,
                text.map(found -> found.contains("Open Kernel Module")),
                userDriver(driver),
                nvidiaGpus(),
                driver,
                PROGRAMS.stream().flatMap(name -> tree.program(name).value().stream()).toList(),
                nvidiaDevices(),
                capabilities(),
                SOCKETS.stream().filter(tree::exists).toList(),
                FILES.stream().filter(tree::exists).toList(),
                specifications());
    }

    private static String version(String text) {
        Matcher version = VERSION.matcher(text);
        return version.find() ? version.group(1) : "";
    }

    private static Fact<String> userDriver(List<Library> driver) {
        for (Library library : driver) {
            Matcher suffix = DRIVER_SUFFIX.matcher(library.file());
            if (library.name().startsWith("libcuda.so") && suffix.find()) {
                return Fact.known(suffix.group(1), library.file());
            }
        }
        return Fact.absent("libcuda.so.1");
    }

    /// Names of the linker's cache that end at a file with a driver version as its suffix. An MPI's
    /// or a library's own version has fewer digits in front.
    private List<Library> driverLibraries(String kernel) {
        List<Library> found = new ArrayList<>();
        Set<String> files = new LinkedHashSet<>();
        for (Map.Entry<String, List<String>> entry : libraries.cached().entrySet()) {
            if (!looksLikeDriver(entry.getKey())) {
                continue;
            }
            for (String path : entry.getValue()) {
                String real = tree.real(path).orElse(path);
                Matcher suffix = DRIVER_SUFFIX.matcher(real);
                boolean ours = suffix.find() || !kernel.isEmpty() && real.endsWith("." + kernel);
                if (ours && files.add(entry.getKey())) {
                    libraries.at(path).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    private static boolean looksLikeDriver(String name) {
        return name.startsWith("libnvidia-")
                || name.startsWith("libcuda")
                || name.startsWith("libnvcuvid")
                || name.startsWith("libnvoptix")
                || name.startsWith("libvdpau_nvidia")
                || name.contains("_nvidia.so");
    }

    private List<Gpus.NvidiaGpu> nvidiaGpus() {
        String directory = "/proc/driver/nvidia/gpus";
        List<Gpus.NvidiaGpu> gpus = new ArrayList<>();
        for (String bus : tree.list(directory)) {
            String file = directory + "/" + bus + "/information";
            Fact<String> text = tree.text(file);
            String pci = "/sys/bus/pci/devices/" + bus.toLowerCase(java.util.Locale.ROOT);
            Fact<String> model = field(file, text, "Model");
            gpus.add(
                    new Gpus.NvidiaGpu(
                            file,
                            model,
                            field(file, text, "GPU UUID"),
                            Fact.known(bus, directory),
                            NvidiaModels.integer(field(file, text, "Device Minor")),
                            pciId(pci),
                            model.isKnown()
                                    ? NvidiaModels.computeCapability(model.orElse(""), file)
                                    : Fact.unknown(file, "the model is unknown"),
                            model.map(NvidiaModels::isDataCentre)));
        }
        return gpus;
    }

    private static Fact<String> field(String file, Fact<String> text, String name) {
        for (String line : text.orElse("").split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
                return Fact.known(line.substring(colon + 1).strip(), file);
            }
        }
        return Fact.unknown(file, text.unknown().orElse("no line " + name));
    }

    private Fact<String> pciId(String directory) {
        Fact<String> vendor = tree.line(directory + "/vendor");
        Fact<String> device = tree.line(directory + "/device");
        return vendor.isKnown() && device.isKnown()
                ? Fact.known(
                        vendor.orElse("").replaceFirst("^0x", "")
                                + ":"
                                + device.orElse("").replaceFirst("^0x", ""),
                        directory)
                : Fact.absent(directory);
    }

    private List<Device> nvidiaDevices() {
        List<Device> devices = new ArrayList<>();
        for (String name : tree.list("/dev")) {
            if (!name.startsWith("nvidia") && !name.equals("gdrdrv")) {
                continue;
            }
            String path = "/dev/" + name;
            if (tree.isDirectory(path)) {
                tree.list(path).forEach(inner -> devices.add(tree.device(path + "/" + inner)));
            } else {
                devices.add(tree.device(path));
            }
        }
        return devices;
    }

    private List<String> capabilities() {
        List<String> found = new ArrayList<>();
        addFiles("/proc/driver/nvidia/capabilities", 0, found);
        return found;
    }

    private void addFiles(String path, int depth, List<String> found) {
        if (depth > 6) {
            return;
        }
        for (String name : tree.list(path)) {
            String inner = path + "/" + name;
            if (tree.isDirectory(inner)) {
                addFiles(inner, depth + 1, found);
            } else {
                found.add(inner);
            }
        }
    }

    private List<Gpus.CdiFile> specifications() {
        List<Gpus.CdiFile> files = new ArrayList<>();
        for (String directory : List.of("/etc/cdi", "/var/run/cdi")) {
            for (String name : tree.list(directory)) {
                String path = directory + "/" + name;
                Fact<String> text = tree.text(path);
                boolean wanted =
                        (name.endsWith(".json") || name.endsWith(".yaml"))
                                && (!text.isKnown() || text.orElse("").contains("nvidia.com"));
                if (wanted) {
                    files.add(cdiFile(path, text));
                }
            }
        }
        return files;
    }

    private Gpus.CdiFile cdiFile(String path, Fact<String> text) {
        List<String> missing = new ArrayList<>();
        Map<String, String> sonames = new LinkedHashMap<>();
        Set<String> named = new LinkedHashSet<>();
        new Gpus.CdiFile(path, text, List.of(), Map.of())
                .specification()
                .value()
                .ifPresent(specification -> hostPaths(specification).forEach(named::add));
        for (String file : named) {
            if (!tree.exists(file)) {
                missing.add(file);
            } else if (file.contains(".so")) {
                libraries
                        .at(file)
                        .map(Library::soname)
                        .filter(soname -> !soname.isEmpty())
                        .ifPresent(soname -> sonames.put(file, soname));
            }
        }
        return new Gpus.CdiFile(path, text, missing, sonames);
    }

    private static Stream<String> hostPaths(CdiSpecification specification) {
        return Stream.concat(
                        Stream.of(specification.edits()),
                        specification.devices().stream().map(CdiSpecification.Device::edits))
                .flatMap(
                        edits ->
                                Stream.concat(
                                        edits.nodes().stream().map(CdiSpecification.Node::hostPath),
                                        edits.mounts().stream()
                                                .map(CdiSpecification.Mount::hostPath)));
    }

    private List<Gpus.RenderNode> render() {
        List<Gpus.RenderNode> nodes = new ArrayList<>();
        for (String name : tree.list("/dev/dri")) {
            if (RENDER.matcher(name).matches()) {
                String device = "/sys/class/drm/" + name + "/device";
                nodes.add(
                        new Gpus.RenderNode(
                                tree.device("/dev/dri/" + name), driver(device), pciId(device)));
            }
        }
        return nodes;
    }

    /// The name of the driver is the end of a link.
    private Fact<String> driver(String device) {
        Optional<String> link = tree.real(device + "/driver");
        return link.map(path -> Fact.known(path.substring(path.lastIndexOf('/') + 1), device))
                .orElse(Fact.absent(device + "/driver"));
    }

    private Gpus.Amd amd(List<Gpus.RenderNode> render) {
        List<Gpus.AmdGpu> gpus = new ArrayList<>();
        String topology = "/sys/class/kfd/kfd/topology/nodes";
        for (String node : tree.list(topology)) {
            String file = topology + "/" + node + "/properties";
            Fact<String> text = tree.text(file);
            Fact<Integer> target = property(file, text, "gfx_target_version");
            if (target.orElse(0) > 0) {
                gpus.add(
                        new Gpus.AmdGpu(
                                file,
                                target.map(GpuProbe::gfx),
                                property(file, text, "drm_render_minor")));
            }
        }
        List<Device> devices = new ArrayList<>();
        if (tree.exists("/dev/kfd")) {
            devices.add(tree.device("/dev/kfd"));
        }
        render.stream()
                .filter(node -> node.driver().orElse("").equals("amdgpu"))
                .map(Gpus.RenderNode::device)
                .forEach(devices::add);
        Fact<String> rocm = tree.line("/opt/rocm/.info/version");
        return new Gpus.Amd(
                tree.exists("/sys/module/amdgpu")
                        ? Fact.known(true, "/sys/module/amdgpu")
                        : Fact.absent("/sys/module/amdgpu"),
                tree.line("/sys/module/amdgpu/version"),
                rocm,
                gpus,
                devices);
    }

    private static Fact<Integer> property(String file, Fact<String> text, String name) {
        for (String line : text.orElse("").split("\n")) {
            if (line.startsWith(name + " ")) {
                return Numbers.integer(file, line.substring(name.length()));
            }
        }
        return Fact.unknown(file, text.unknown().orElse("no line " + name));
    }

    /// 90402 is gfx942: major, minor and stepping in two decimal digits each, the latter two
    /// written in hexadecimal.
    static String gfx(int version) {
        return "gfx"
                + version / 10_000
                + Integer.toHexString(version / 100 % 100)
                + Integer.toHexString(version % 100);
    }

    private Gpus.Intel intel(List<Gpus.RenderNode> render) {
        List<Device> accelerators = new ArrayList<>();
        for (String name : tree.list("/dev/accel")) {
            if (name.startsWith("accel")) {
                accelerators.add(tree.device("/dev/accel/" + name));
            }
        }
        return new Gpus.Intel(
                render.stream()
                        .filter(node -> List.of("i915", "xe").contains(node.driver().orElse("")))
                        .map(Gpus.RenderNode::device)
                        .toList(),
                accelerators);
    }
}
