// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.amphora.elf.Version;
import org.amphora.image.sif.Architecture;
import org.amphora.image.sif.SifFile;
import org.amphora.image.store.Remembered;
import org.amphora.image.tree.ImageKind;
import org.amphora.image.tree.ImageTree;
import org.amphora.problem.Problem;

/// The facts of one image that decide whether and how well it runs on a node. They are read from
/// its files; nothing of it is run or mounted.
///
/// Paths are those inside of the image, with a leading slash, links followed unless it says
/// otherwise. A list that is empty means that there is none; what could not be found out stands in
/// `unknown` with the reason, and the fact it belongs to is then empty as well.
///
/// @param source what was read
/// @param machine what its programs are made for
/// @param distribution from `/etc/os-release`
/// @param unknown what is not known, and why
public record Contents(
        Source source,
        Machine machine,
        Optional<Distribution> distribution,
        Libc libc,
        Binaries binaries,
        EntryPoint entryPoint,
        Environment environment,
        Mpi mpi,
        Fabric fabric,
        Cuda cuda,
        OtherGpu otherGpu,
        Userland userland,
        List<Unknown> unknown) {

    /// Raised when the same image gives other facts than before.
    private static final String FORMAT = "2 ";

    /// The first glibc with `C.UTF-8` in itself (its NEWS).
    private static final Version BUILT_IN = Version.parse("2.35");

    public Contents {
        unknown = List.copyOf(unknown);
    }

    /// The facts of a SIF or SquashFS file or a directory, read now.
    ///
    /// @throws Problem when it is no image, or its file system cannot be read
    public static Contents of(Path image) {
        try (ImageTree tree = ImageTree.open(image)) {
            return of(image, ImageKind.of(image), tree);
        }
    }

    /// The same, remembered in the cache for as long as the file stays what it is. Those of a
    /// directory are read anew each time.
    ///
    /// @param cache the cache folder of Amphora, which need not exist
    /// @throws Problem when it is no image, or its file system cannot be read
    public static Contents of(Path image, Path cache) {
        if (ImageKind.of(image) == ImageKind.DIRECTORY) {
            return of(image);
        }
        Remembered remembered = new Remembered(cache.toFile(), "facts");
        String name = FORMAT + image.toAbsolutePath().normalize();
        Optional<Contents> known = remembered.find(name, image).flatMap(Contents::remembered);
        if (known.isPresent()) {
            return known.get();
        }
        byte[] identity = Remembered.identity(name, image);
        Contents contents = of(image);
        if (identity != null) {
            remembered.keep(name, identity, Packed.write(contents));
        }
        return contents;
    }

    /// The reverse of {@link #json}.
    ///
    /// @throws IllegalArgumentException when the text is something else
    public static Contents parse(String json) {
        return ContentsJson.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    /// All facts as indented JSON, named as the components of the records.
    public String json() {
        return ContentsJson.indented(this);
    }

    /// The facts as lines for people.
    public String summary() {
        return Summary.of(this);
    }

    /// Whether programs of the image can be set to that locale. Names are compared as glibc does:
    /// `fr_FR.UTF-8` is `fr_FR.utf8`. Empty names mean `C`, and musl knows no others.
    public boolean hasLocale(String name) {
        String wanted = normalLocale(name);
        boolean builtIn =
                wanted.equals("c.utf8")
                        && libc.version().filter(glibc -> glibc.isAtLeast(BUILT_IN)).isPresent();
        return wanted.isEmpty()
                || wanted.equals("c")
                || wanted.equals("posix")
                || libc.kind() != Libc.Kind.GLIBC
                || builtIn
                || userland.locales().stream()
                        .anyMatch(locale -> normalLocale(locale).equals(wanted));
    }

    private static String normalLocale(String name) {
        return name.toLowerCase(Locale.ROOT).replace("utf-8", "utf8");
    }

    /// Whether a fact or a file is among those not understood.
    public boolean isUnknown(String subject) {
        return unknown.stream().anyMatch(entry -> entry.subject().equals(subject));
    }

    private static Optional<Contents> remembered(byte[] packed) {
        try {
            return Optional.of(Packed.read(packed));
        } catch (IllegalArgumentException e) {
            // Damaged, or of another version: the image is read again.
            return Optional.empty();
        }
    }

    private static Contents of(Path image, ImageKind kind, ImageTree tree) {
        Survey survey = Survey.of(tree);
        Packages packages = new Packages(survey);
        Environment environment = EnvironmentReader.of(survey.tree());
        EntryPoint entryPoint = new EntryPointReader(survey, environment).entryPoint();
        LibcReader libcReader = new LibcReader(survey, packages, entryPoint);
        Machine machine = libcReader.machine(label(image, kind));
        Libc libc = libcReader.libc();
        BinariesReader binaries = new BinariesReader(survey, machine, libc, environment);
        UserlandReader userland = new UserlandReader(survey);
        return new Contents(
                new Source(image.toString(), kind.name().toLowerCase(Locale.ROOT), survey.files()),
                machine,
                userland.distribution(),
                libc,
                binaries.binaries(),
                entryPoint,
                environment,
                new MpiReader(survey).mpi(),
                new FabricReader(survey, packages).fabric(),
                new CudaReader(survey, environment, binaries.libraryPath()).cuda(),
                new OtherGpuReader(survey).otherGpu(),
                userland.userland(),
                survey.unknown());
    }

    private static Optional<String> label(Path image, ImageKind kind) {
        if (kind != ImageKind.SIF) {
            return Optional.empty();
        }
        Architecture architecture = SifFile.open(image).header().architecture();
        return architecture == Architecture.UNKNOWN
                ? Optional.empty()
                : Optional.of(architecture.ociName());
    }

    /// Where the facts come from.
    ///
    /// @param path of the image on this machine
    /// @param kind `sif`, `squashfs` or `directory`
    /// @param files how many names it has
    public record Source(String path, String kind, long files) {}

    /// A fact that could not be found out.
    ///
    /// @param subject a path in the image or the name of a fact
    /// @param why a clause without end, `the symbol table should be 48 bytes …`
    public record Unknown(String subject, String why) {}
}
