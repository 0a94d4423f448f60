// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.amphora.contents.Binaries;
import org.amphora.contents.Contents;
import org.amphora.contents.Cuda;
import org.amphora.contents.Distribution;
import org.amphora.contents.EntryPoint;
import org.amphora.contents.Environment;
import org.amphora.contents.Fabric;
import org.amphora.contents.Libc;
import org.amphora.contents.Machine;
import org.amphora.contents.Mpi;
import org.amphora.contents.OtherGpu;
import org.amphora.contents.Userland;
import org.amphora.elf.FatBinary;
import org.amphora.elf.Version;

/// A made-up image, an empty one at first.
final class ImageBuilder {

    private Optional<String> architecture = Optional.empty();
    private Optional<Distribution> distribution = Optional.empty();
    private Libc libc =
            new Libc(
                    Libc.Kind.UNKNOWN,
                    "",
                    "",
                    Optional.empty(),
                    Optional.empty(),
                    0,
                    new TreeSet<>());
    private final List<Binaries.Floor> floors = new ArrayList<>();
    private final List<Binaries.Level> levels = new ArrayList<>();
    private final List<Binaries.Stranger> strangers = new ArrayList<>();
    private final List<String> stacks = new ArrayList<>();
    private Optional<Binaries.Alignment> alignment = Optional.empty();
    private EntryPoint entry = new EntryPoint("", List.of(), List.of());
    private final Map<String, String> variables = new LinkedHashMap<>();
    private final List<Mpi.Library> mpi = new ArrayList<>();
    private final List<Mpi.Program> programs = new ArrayList<>();
    private Optional<Fabric.Verbs> verbs = Optional.empty();
    private Optional<Fabric.Libfabric> libfabric = Optional.empty();
    private final List<Fabric.Helper> helpers = new ArrayList<>();
    private final List<Cuda.Toolkit> toolkits = new ArrayList<>();
    private final List<Cuda.DeviceCode> code = new ArrayList<>();
    private final List<Cuda.Compatibility> compatibility = new ArrayList<>();
    private final List<Cuda.DriverFile> driverFiles = new ArrayList<>();
    private final Map<String, String> requirements = new LinkedHashMap<>();
    private Optional<OtherGpu.Rocm> rocm = Optional.empty();
    private final Set<String> locales = new TreeSet<>();
    private final List<Userland.Language> languages = new ArrayList<>();
    private Optional<String> nameServices = Optional.of("files");

    /// Debian 12 as it is.
    static ImageBuilder bookworm() {
        return new ImageBuilder()
                .architecture("amd64")
                .glibc("2.36", "3.2.0")
                .distribution("debian", "12", "Debian GNU/Linux 12 (bookworm)")
                .aligned("/usr/bin/tool", 4096)
                .locale("C.utf8");
    }

    ImageBuilder architecture(String name) {
        architecture = Optional.of(name);
        return this;
    }

    ImageBuilder distribution(String id, String version, String name) {
        distribution = Optional.of(new Distribution(id, Optional.of(version), "", name));
        return this;
    }

    ImageBuilder glibc(String version, String kernel) {
        Set<String> defined = new TreeSet<>(Set.of("GLIBC_2.2.5", "GLIBC_" + version));
        libc =
                new Libc(
                        Libc.Kind.GLIBC,
                        "/lib/x86_64-linux-gnu/libc.so.6",
                        "/lib64/ld-linux-x86-64.so.2",
                        Optional.of(Version.parse(version)),
                        Version.leading(kernel),
                        0,
                        new TreeSet<>(defined));
        return this;
    }

    ImageBuilder level(int isa) {
        libc =
                new Libc(
                        libc.kind(),
                        libc.path(),
                        libc.linker(),
                        libc.version(),
                        libc.kernel(),
                        isa,
                        libc.defined());
        return this;
    }

    ImageBuilder musl() {
        libc =
                new Libc(
                        Libc.Kind.MUSL,
                        "/lib/ld-musl-x86_64.so.1",
                        "/lib/ld-musl-x86_64.so.1",
                        Optional.of(Version.parse("1.2.5")),
                        Optional.empty(),
                        0,
                        new TreeSet<>());
        return this;
    }

    ImageBuilder stranger(String path, String architecture, Optional<String> missing) {
        strangers.add(new Binaries.Stranger(path, architecture, missing));
        return this;
    }

    ImageBuilder floor(String path, String kernel) {
        floors.add(new Binaries.Floor(path, Version.parse(kernel), List.of("/usr/bin/viewer")));
        return this;
    }

    ImageBuilder level(String path, int level) {
        levels.add(new Binaries.Level(path, level));
        return this;
    }

    ImageBuilder executableStack(String path) {
        stacks.add(path);
        return this;
    }

    ImageBuilder aligned(String path, long bytes) {
        alignment = Optional.of(new Binaries.Alignment(path, bytes));
        return this;
    }

    ImageBuilder script(String interpreter, boolean exists, boolean carriageReturn) {
        entry =
                new EntryPoint(
                        "/entry.sh",
                        List.of("/entry.sh"),
                        List.of(
                                new EntryPoint.Script(
                                        "/entry.sh",
                                        Optional.of(interpreter),
                                        exists,
                                        carriageReturn)));
        return this;
    }

    ImageBuilder variable(String name, String value) {
        variables.put(name, value);
        return this;
    }

    /// Open MPI as Debian builds it: PMIx, with UCX and libfabric.
    ImageBuilder openMpi(String version) {
        return mpi(
                Mpi.Family.OPEN_MPI, version, "libmpi.so.40", Set.of("ucx", "ofi"), Mpi.Pmi.PMIX);
    }

    /// MPICH as Debian builds it.
    ImageBuilder mpich(String version, String... transports) {
        return mpi(
                Mpi.Family.MPICH,
                version,
                "libmpich.so.12",
                Set.of(transports),
                Mpi.Pmi.PMI1,
                Mpi.Pmi.PMI2);
    }

    ImageBuilder mpi(
            Mpi.Family family,
            String version,
            String soname,
            Set<String> transports,
            Mpi.Pmi... speaks) {
        List<Mpi.PmiClient> clients = new ArrayList<>();
        for (Mpi.Pmi kind : speaks) {
            clients.add(new Mpi.PmiClient(kind, "a symbol"));
        }
        mpi.add(
                new Mpi.Library(
                        "/usr/lib/" + soname,
                        soname,
                        Set.of(soname),
                        family,
                        Version.leading(version),
                        "a text",
                        clients,
                        List.of(
                                new Mpi.Fortran(
                                        "/usr/lib/libmpifort.so.12",
                                        "libmpifort.so.12",
                                        Optional.of("libgfortran.so.5"))),
                        List.of(),
                        transports,
                        false));
        programs.add(
                new Mpi.Program(
                        "/usr/bin/solver", Optional.of(soname), family, Set.of("MPI_Init")));
        return this;
    }

    ImageBuilder program(String path, String library, String... symbols) {
        programs.add(
                new Mpi.Program(
                        path,
                        Optional.of(library).filter(name -> !name.isEmpty()),
                        Mpi.Family.UNKNOWN,
                        Set.of(symbols)));
        return this;
    }

    ImageBuilder verbs(int offered, String provider, int needed) {
        verbs =
                Optional.of(
                        new Fabric.Verbs(
                                "/usr/lib/libibverbs.so.1",
                                OptionalInt.of(offered),
                                Optional.of(Version.parse("1.14")),
                                List.of(
                                        new Fabric.Provider(
                                                provider,
                                                "/usr/lib/libibverbs/lib" + provider + ".so",
                                                OptionalInt.of(needed))),
                                List.of(),
                                Optional.empty()));
        return this;
    }

    ImageBuilder libfabric(String version, String needed, String... providers) {
        libfabric =
                Optional.of(
                        new Fabric.Libfabric(
                                "/usr/lib/libfabric.so.1",
                                Version.leading(version),
                                Version.leading(needed),
                                Set.of(providers)));
        return this;
    }

    ImageBuilder helper(String soname) {
        helpers.add(new Fabric.Helper(soname, "/usr/lib/" + soname));
        return this;
    }

    ImageBuilder cuda(String version) {
        toolkits.add(new Cuda.Toolkit(Version.parse(version), "/usr/local/cuda/version.json"));
        return this;
    }

    /// @param names `sm_80`, `compute_90`
    ImageBuilder code(String path, String... names) {
        List<FatBinary.Code> codes = new ArrayList<>();
        for (String name : names) {
            int number = Integer.parseInt(name.substring(name.indexOf('_') + 1));
            codes.add(new FatBinary.Code(name.startsWith("compute"), number));
        }
        code.add(new Cuda.DeviceCode(path, new FatBinary(codes, true)));
        return this;
    }

    ImageBuilder compatibility(String driver, boolean active) {
        compatibility.add(
                new Cuda.Compatibility(
                        "/usr/local/cuda/compat/libcuda.so." + driver,
                        Version.parse(driver),
                        Optional.empty(),
                        active ? Optional.of("LD_LIBRARY_PATH") : Optional.empty()));
        return this;
    }

    ImageBuilder driverFile(String driver) {
        driverFiles.add(
                new Cuda.DriverFile("/usr/lib/libcuda.so." + driver, Version.parse(driver)));
        return this;
    }

    ImageBuilder requirement(String name, String value) {
        requirements.put(name, value);
        return this;
    }

    ImageBuilder rocm(String version, String... targets) {
        rocm =
                Optional.of(
                        new OtherGpu.Rocm(
                                Version.leading(version),
                                List.of("libamdhip64.so.6"),
                                targets.length == 0
                                        ? List.of()
                                        : List.of(
                                                new OtherGpu.DeviceCode(
                                                        "/opt/app", Set.of(targets), true))));
        return this;
    }

    ImageBuilder locale(String name) {
        locales.add(name);
        return this;
    }

    ImageBuilder nameServices(String line) {
        nameServices = Optional.of(line);
        return this;
    }

    ImageBuilder python(String version) {
        languages.add(
                new Userland.Language(
                        "python",
                        "/usr/bin/python" + version,
                        Version.parse(version),
                        ".local/lib/python" + version));
        return this;
    }

    Contents build() {
        return new Contents(
                new Contents.Source("/home/alice/tool.sif", "sif", 1000),
                new Machine(architecture, "/bin/sh", architecture, List.of()),
                distribution,
                libc,
                new Binaries(
                        100,
                        floors,
                        levels,
                        strangers,
                        stacks,
                        alignment,
                        Map.of(),
                        Optional.empty(),
                        List.of()),
                entry,
                new Environment(variables, List.of()),
                new Mpi(mpi, programs, List.of(), List.of()),
                new Fabric(verbs, libfabric, Optional.empty(), helpers),
                new Cuda(
                        toolkits,
                        requirements,
                        code,
                        compatibility,
                        driverFiles,
                        List.of(),
                        Optional.empty()),
                new OtherGpu(rocm, Optional.empty()),
                new Userland(
                        Set.of(0L),
                        nameServices,
                        locales,
                        false,
                        languages,
                        Set.of(),
                        Optional.of("/bin/sh"),
                        false),
                List.of());
    }
}
