// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.amphora.contents.Cuda.Compatibility;
import org.amphora.contents.Cuda.DeviceCode;
import org.amphora.contents.Cuda.DriverFile;
import org.amphora.contents.Cuda.Note;
import org.amphora.contents.Cuda.Toolkit;
import org.amphora.contents.Survey.Binary;
import org.amphora.elf.ElfFile;
import org.amphora.elf.FatBinary;
import org.amphora.elf.Version;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Finds what of NVIDIA's CUDA is in an image. The order of trust for the version is: the real
/// file of the runtime, the toolkit's own version file, variables, wheels, what PyTorch was built
/// with.
final class CudaReader {
    private static final String NOTE = ".note.cuda.fwd_compatibility";
    private static final String RUNTIME = "libcudart.so.";
    private static final int SOME = 20;

    private final Survey survey;
    private final Environment environment;
    private final List<Binaries.Directory> libraryPath;

    CudaReader(Survey survey, Environment environment, List<Binaries.Directory> libraryPath) {
        this.survey = survey;
        this.environment = environment;
        this.libraryPath = libraryPath;
    }

    Cuda cuda() {
        List<DeviceCode> code = new ArrayList<>();
        List<Compatibility> compatibility = new ArrayList<>();
        List<DriverFile> driver = new ArrayList<>();
        List<String> users = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (binary.has(".nv_fatbin") || binary.has("__nv_relfatbin")) {
                deviceCode(binary).ifPresent(code::add);
            }
            driverVersion(binary)
                    .ifPresent(
                            version -> {
                                if (binary.directory().contains("/compat")) {
                                    compatibility(binary, version).ifPresent(compatibility::add);
                                } else {
                                    driver.add(new DriverFile(binary.path(), version));
                                }
                            });
            if (users.size() < SOME && binary.elf().needed().contains("libcuda.so.1")) {
                users.add(binary.path());
            }
        }
        return new Cuda(
                toolkits(),
                requirements(),
                code,
                compatibility,
                driver,
                users,
                survey.named("libGLdispatch.so.0").stream().findFirst().map(Binary::path));
    }

    private List<Toolkit> toolkits() {
        List<Toolkit> toolkits = new ArrayList<>();
        for (Binary binary : survey.binaries()) {
            if (binary.name().startsWith(RUNTIME)) {
                // Of `libcudart.so.12` alone the others know better.
                Version.leading(binary.name().substring(RUNTIME.length()))
                        .filter(version -> version.toString().indexOf('.') > 0)
                        .ifPresent(version -> toolkits.add(new Toolkit(version, binary.path())));
            }
        }
        for (String name : survey.tree().names("/usr/local")) {
            if (name.startsWith("cuda")) {
                versionFile("/usr/local/" + name, toolkits);
            }
        }
        environment
                .value("CUDA_VERSION")
                .flatMap(Version::leading)
                .ifPresent(version -> toolkits.add(new Toolkit(version, "CUDA_VERSION")));
        for (String path : survey.notable()) {
            String name = Survey.nameOf(path);
            int dash = name.indexOf('-');
            if (dash > 0 && name.endsWith(".dist-info")) {
                Version.leading(name.substring(dash + 1))
                        .ifPresent(version -> toolkits.add(new Toolkit(version, path)));
            } else {
                torch(path).ifPresent(version -> toolkits.add(new Toolkit(version, path)));
            }
        }
        return toolkits;
    }

    private void versionFile(String directory, List<Toolkit> toolkits) {
        Optional<String> json = survey.text(directory + "/version.json");
        if (json.isPresent()) {
            try {
                JsonNode version =
                        new JsonMapper().readTree(json.get()).path("cuda").path("version");
                Version.leading(version.asString(""))
                        .ifPresent(
                                found ->
                                        toolkits.add(
                                                new Toolkit(found, directory + "/version.json")));
            } catch (JacksonException e) {
                survey.unknown(directory + "/version.json", "it is no JSON");
            }
        }
        survey.text(directory + "/version.txt")
                .map(text -> text.replace("CUDA Version", "").trim())
                .flatMap(Version::leading)
                .ifPresent(found -> toolkits.add(new Toolkit(found, directory + "/version.txt")));
    }

    private Optional<Version> torch(String path) {
        return survey.text(path).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("cuda") && line.indexOf('=') > 0)
                .map(line -> line.substring(line.indexOf('=') + 1).replace("'", "").trim())
                .flatMap(text -> Version.leading(text.replace("\"", "")).stream())
                .findFirst();
    }

    private Map<String, String> requirements() {
        Map<String, String> requirements = new TreeMap<>();
        environment
                .variables()
                .forEach(
                        (name, value) -> {
                            if (name.startsWith("NVIDIA_")) {
                                requirements.put(name, value);
                            }
                        });
        return requirements;
    }

    private Optional<DeviceCode> deviceCode(Binary binary) {
        try {
            FatBinary code = FatBinary.read(binary.elf());
            return code.codes().isEmpty()
                    ? Optional.empty()
                    : Optional.of(new DeviceCode(binary.path(), code));
        } catch (IOException e) {
            survey.unknown(binary.path(), String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /// `libcuda.so.535.161.07` and `libnvidia-ml.so.535.161.07`: the version of the driver has two
    /// dots or one, and the first number has three digits.
    private static Optional<Version> driverVersion(Binary binary) {
        String name = binary.name();
        int so = name.indexOf(".so.");
        boolean driver =
                name.startsWith("libcuda.so.")
                        || name.startsWith("libnvidia-")
                        || name.startsWith("libcudadebugger.so.");
        return so < 0 || !driver
                ? Optional.empty()
                : Version.leading(name.substring(so + 4)).filter(v -> v.major() >= 100);
    }

    private Optional<Compatibility> compatibility(Binary binary, Version version) {
        if (!binary.name().startsWith("libcuda.so.")) {
            return Optional.empty();
        }
        Optional<String> active =
                libraryPath.stream()
                        .filter(directory -> directory.path().equals(binary.directory()))
                        .map(Binaries.Directory::from)
                        .findFirst();
        return Optional.of(new Compatibility(binary.path(), version, note(binary), active));
    }

    private Optional<Note> note(Binary binary) {
        if (!binary.has(NOTE)) {
            return Optional.empty();
        }
        try {
            for (ElfFile.Note note : binary.elf().notes(NOTE)) {
                if (note.name().equals("NVIDIA Corporation")) {
                    return Optional.of(parse(note.content()));
                }
            }
        } catch (IOException | JacksonException e) {
            survey.unknown(binary.path(), "its note on compatibility is not understood");
        }
        return Optional.empty();
    }

    /// Members as `nvidia-container-toolkit` `cudacompat` reads them.
    private static Note parse(byte[] content) {
        int end = content.length;
        while (end > 0 && content[end - 1] == 0) {
            end--;
        }
        JsonNode json =
                new JsonMapper().readTree(new String(content, 0, end, StandardCharsets.UTF_8));
        List<Integer> drivers = new ArrayList<>();
        json.path("Driver").forEach(driver -> drivers.add(driver.asInt(0)));
        List<String> devices = new ArrayList<>();
        json.path("Device").forEach(device -> devices.add(device.asString("")));
        return new Note(Version.leading(json.path("CUDA Version").asString("")), drivers, devices);
    }
}
