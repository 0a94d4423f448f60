// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.amphora.elf.ElfBuilder;
import org.amphora.elf.Version;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.sif.SifFile;
import org.amphora.image.store.ImageStore;
import org.amphora.image.store.SourceOptions;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentsTest {
    @TempDir private Path temporary;

    @Test
    void readsWhatDecidesOfASmallImage() throws IOException {
        Contents contents = Tree.debian(temporary).contents();

        assertThat(contents.machine())
                .isEqualTo(
                        new Machine(
                                Optional.of("amd64"),
                                "/usr/bin/dash",
                                Optional.empty(),
                                List.of()));
        assertThat(contents.distribution())
                .contains(
                        new Distribution(
                                "debian", Optional.of("12"), "", "Debian GNU/Linux 12 (bookworm)"));
        Libc libc = contents.libc();
        assertThat(libc.kind()).isEqualTo(Libc.Kind.GLIBC);
        assertThat(libc.path()).isEqualTo("/usr/lib/x86_64-linux-gnu/libc.so.6");
        assertThat(libc.linker()).isEqualTo("/usr/lib/x86_64-linux-gnu/ld-2.so");
        assertThat(libc.version()).contains(Version.parse("2.36"));
        assertThat(libc.kernel()).contains(Version.parse("3.2.0"));
        assertThat(libc.defined()).contains("GLIBC_2.2.5", "GLIBC_PRIVATE");
        assertThat(contents.userland().shell()).contains("/usr/bin/dash");
        assertThat(contents.binaries().sonames())
                .containsEntry("libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6");
        assertThat(contents.unknown()).isEmpty();
    }

    @Test
    void saysTheSameOfDirectorySquashFsAndSif() throws IOException {
        Path root = temporary.resolve("tree");
        Tree.debian(root)
                .elf("/opt/libgpu.so", gpu())
                .elf("/usr/lib/libmpi.so.40.30.4", openMpi())
                .text("/etc/passwd", "root:x:0:0::/:/bin/sh\nme:x:1000:1000::/:/bin/sh\n")
                .text(
                        "/.singularity.d/env/10-docker2singularity.sh",
                        "#!/bin/sh\n[ -n \"${CUDA_VERSION:-}\" ] || CUDA_VERSION='12.4.1'\n");
        Path sif = temporary.resolve("image.sif");
        new ImageStore(
                        Map.of("AMPHORA_CACHEDIR", temporary.resolve("cache").toString()),
                        Progress.NONE,
                        note -> {})
                .write(
                        Reference.parse(root.toString()),
                        SourceOptions.of(Map.of()).withPlatform(Platform.parse("linux/arm64")),
                        sif,
                        false);
        Path squash = temporary.resolve("image.sqfs");
        SifFile file = SifFile.open(sif);
        try (var out = Files.newOutputStream(squash)) {
            file.copy(file.primaryPartition().orElseThrow(), out);
        }

        Contents ofDirectory = Contents.of(root);
        Contents ofSif = Contents.of(sif);

        assertThat(facts(ofSif)).isEqualTo(facts(ofDirectory));
        assertThat(facts(Contents.of(squash))).isEqualTo(facts(ofDirectory));
        assertThat(ofSif.machine().label()).as("a label lies").contains("arm64");
        assertThat(ofSif.summary()).contains("although its label says arm64");
        assertThat(Contents.parse(ofSif.json())).isEqualTo(ofSif);
        assertThat(Contents.parse(ofSif.json()).json()).isEqualTo(ofSif.json());
    }

    @Test
    void remembersUntilTheFileChanges() throws IOException {
        Path cache = temporary.resolve("cache");
        Path image = fixture();

        Contents first = Contents.of(image, cache);
        assertThat(Contents.of(image, cache)).isEqualTo(first);
        Path entry;
        try (var entries = Files.list(cache.resolve("facts"))) {
            entry = entries.findFirst().orElseThrow();
        }
        byte[] kept = Files.readAllBytes(entry);
        byte[] other = kept.clone();
        int name = new String(kept, StandardCharsets.ISO_8859_1).indexOf("bookworm");
        other[name] = 'B';
        Files.write(entry, other);
        assertThat(Contents.of(image, cache).distribution().orElseThrow().name())
                .as("what stands in the cache")
                .contains("Bookworm");

        for (int length = 0; length < kept.length; length += 7) {
            Files.write(entry, Arrays.copyOf(kept, length));
            assertThat(Contents.of(image, cache)).as("damaged entry").isEqualTo(first);
        }
        Files.write(entry, other);
        Files.write(image, new byte[] {0}, StandardOpenOption.APPEND);
        assertThat(Contents.of(image, cache)).as("changed image").isEqualTo(first);
    }

    @Test
    void worksWithoutACache() throws IOException {
        Path image = fixture();
        Path file = Files.writeString(temporary.resolve("file"), "no directory");
        assertThat(Contents.of(image, file)).isEqualTo(Contents.of(image));
    }

    @Test
    void saysWhatItDoesNotUnderstand() throws IOException {
        byte[] broken = ElfBuilder.library("libbroken.so").needs("libc.so.6").build();
        Contents contents =
                Tree.debian(temporary)
                        .bytes("/usr/lib/libbroken.so", Arrays.copyOf(broken, 300))
                        .text("/usr/local/cuda/version.json", "{\"cuda\": ")
                        .contents();
        assertThat(contents.isUnknown("/usr/lib/libbroken.so")).isTrue();
        assertThat(contents.isUnknown("/usr/local/cuda/version.json")).isTrue();
        assertThat(contents.summary()).contains("not known     /usr/lib/libbroken.so: ");
    }

    @Test
    void missingLinkerIsUnknownLibc() throws IOException {
        Contents contents =
                new Tree(temporary)
                        .elf("/bin/sh", ElfBuilder.program("/lib64/ld-linux-x86-64.so.2"))
                        .contents();
        assertThat(contents.libc().kind()).isEqualTo(Libc.Kind.UNKNOWN);
        assertThat(contents.unknown().getFirst().why())
                .isEqualTo(
                        "/bin/sh asks for the linker /lib64/ld-linux-x86-64.so.2, which is not in"
                                + " the image");
    }

    @Test
    void staticProgramHasNoLibcButItsNote() throws IOException {
        Contents contents =
                new Tree(temporary)
                        .elf(
                                "/app",
                                new ElfBuilder(true, false, ElfBuilder.AARCH64)
                                        .executable()
                                        .abiNote(3, 7, 0))
                        .contents();
        assertThat(contents.libc().kind()).isEqualTo(Libc.Kind.NONE);
        assertThat(contents.libc().kernel()).contains(Version.parse("3.7.0"));
        assertThat(contents.machine().architecture()).contains("arm64");
    }

    @Test
    void emptyDirectoryHasNoFacts() throws IOException {
        Contents contents = new Tree(temporary).contents();
        assertThat(contents.machine().architecture()).isEmpty();
        assertThat(contents.summary()).startsWith("architecture  unknown\n");
        assertThat(Contents.parse(contents.json())).isEqualTo(contents);
    }

    @Test
    void refusesWhatIsNoImageAndNoFacts() throws IOException {
        Path text = Files.writeString(temporary.resolve("x.sif"), "no image");
        assertThatThrownBy(() -> Contents.of(text)).isInstanceOf(Problem.class);
        for (String json : new String[] {"", "{}", "[]", "{\"source\":1}", "null"}) {
            assertThatThrownBy(() -> Contents.parse(json))
                    .as(json)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void damagedFilesAreUnknownAndNoFailure(@ForAll Random random) throws IOException {
        Path root = Files.createTempDirectory("contents");
        try {
            Tree tree = Tree.debian(root);
            for (int i = 0; i < 4; i++) {
                byte[] elf = (i % 2 == 0 ? gpu() : openMpi()).build();
                for (int j = 0; j < 6; j++) {
                    elf[random.nextInt(elf.length)] = (byte) random.nextInt();
                }
                tree.bytes("/usr/lib/lib" + (i % 2 == 0 ? "gpu" : "mpi.so.40.30.") + i, elf);
            }
            Contents contents = tree.contents();
            assertThat(contents.libc().version()).contains(Version.parse("2.36"));
            assertThat(contents.summary()).contains("glibc 2.36");
        } finally {
            try (var files = Files.walk(root)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    static ElfBuilder gpu() {
        return ElfBuilder.library("libgpu.so")
                .needs("libcuda.so.1")
                .section(".nv_fatbin", ElfBuilder.fatBinary(2, 70, 1, 90));
    }

    static ElfBuilder openMpi() {
        return ElfBuilder.library("libmpi.so.40")
                .needs("libopen-rte.so.40")
                .needs("libopen-pal.so.40")
                .defines("MPI_Init", "MPI_Send", "ompi_mpi_comm_world");
    }

    private Path fixture() throws IOException {
        Path root = temporary.resolve("tree");
        Tree.debian(root);
        Path sif = temporary.resolve("fixture.sif");
        new ImageStore(
                        Map.of("AMPHORA_CACHEDIR", temporary.resolve("images").toString()),
                        Progress.NONE,
                        note -> {})
                .write(
                        Reference.parse(root.toString()),
                        SourceOptions.of(Map.of()).withPlatform(Platform.parse("linux/amd64")),
                        sif,
                        false);
        return sif;
    }

    /// Without what differs by the kind of the image: its name, its label, and what is added to
    /// an image that is built from a directory.
    private static String facts(Contents contents) {
        return new Contents(
                        new Contents.Source("", "", 0),
                        new Machine(
                                contents.machine().architecture(),
                                contents.machine().evidence(),
                                Optional.empty(),
                                contents.machine().others()),
                        contents.distribution(),
                        contents.libc(),
                        contents.binaries(),
                        contents.entryPoint(),
                        contents.environment(),
                        contents.mpi(),
                        contents.fabric(),
                        contents.cuda(),
                        contents.otherGpu(),
                        contents.userland(),
                        contents.unknown())
                .json();
    }
}
