// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElfFileTest {
    private static final int COMPARED_FILES = 60;

    @TempDir private Path temporary;

    @ParameterizedTest
    @CsvSource({
        "true, false, 62, amd64",
        "true, false, 183, arm64",
        "true, true, 21, ppc64",
        "true, false, 21, ppc64le",
        "false, false, 3, 386",
        "false, true, 20, ppc",
        "false, false, 40, arm",
        "true, false, 243, riscv64",
        "true, false, 999, elf-999"
    })
    void readsAllClassesAndByteOrders(boolean wide, boolean big, int machine, String name)
            throws IOException {
        ElfFile elf = elf(everything(new ElfBuilder(wide, big, machine)).build());

        assertThat(elf.architecture()).isEqualTo(name);
        assertThat(elf.bits()).isEqualTo(wide ? 64 : 32);
        assertThat(elf.isBigEndian()).isEqualTo(big);
        assertThat(elf.kind()).isEqualTo(ElfFile.Kind.SHARED);
        assertThat(elf.soname()).contains("libx.so.1");
        assertThat(elf.needed()).containsExactly("libc.so.6", "libm.so.6");
        assertThat(elf.interpreter()).contains("/lib/ld.so");
        assertThat(elf.versionsNeeded().get("libc.so.6"))
                .containsExactlyInAnyOrder("GLIBC_2.4", "GLIBC_2.34");
        assertThat(elf.greatestNeeded("GLIBC_")).contains(Version.parse("2.34"));
        assertThat(elf.versionsDefined()).containsExactly("X_1.0", "X_1.10", "X_1.9");
        assertThat(elf.greatestDefined("X_")).contains(Version.parse("1.10"));
        assertThat(elf.abiNote()).contains(new ElfFile.AbiNote(0, Version.parse("3.17.0")));
        assertThat(elf.executableStack()).isTrue();
        assertThat(elf.maximumAlignment()).isEqualTo(65_536);
        assertThat(elf.symbols().defined()).containsExactlyInAnyOrder("one", "two");
        assertThat(elf.symbols().undefined()).containsExactly("three");
        assertThat(elf.notes(".note.extra")).isEmpty();
    }

    @Test
    void doesWithoutSectionHeaders() throws IOException {
        ElfFile elf =
                elf(
                        everything(new ElfBuilder(true, false, ElfBuilder.X86_64))
                                .withoutSectionHeaders()
                                .build());
        assertThat(elf.sections()).isEmpty();
        assertThat(elf.symbols().defines("two")).isTrue();
        assertThat(elf.abiNote()).isPresent();
        assertThat(FatBinary.read(elf)).isEqualTo(FatBinary.NONE);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "2, 2", "3, 2", "4, 3", "8, 4", "15, 4"})
    void tellsTheLevelOfTheProcessor(int bits, int level) throws IOException {
        assertThat(elf(ElfBuilder.library("l").isaNeeded(bits).build()).isaNeeded())
                .isEqualTo(level);
        byte[] other = new ElfBuilder(true, false, ElfBuilder.AARCH64).isaNeeded(bits).build();
        assertThat(elf(other).isaNeeded()).isZero();
    }

    @Test
    void seesWhatReadelfSees() throws IOException {
        Needs.program("readelf");
        List<Path> files = files();
        List<String> command =
                new ArrayList<>(List.of("readelf", "-W", "-h", "-l", "-d", "-n", "-V"));
        files.forEach(file -> command.add(file.toString()));
        String output = Command.of(command.toArray(String[]::new)).run().output();
        String[] parts = output.split("\nFile: ");
        assertThat(parts).hasSize(files.size() + 1);
        for (int i = 0; i < files.size(); i++) {
            String text = parts[i + 1];
            ElfFile elf = ElfFile.read(files.get(i).toFile());
            String name = files.get(i).toString();
            assertThat(elf.needed()).as(name).isEqualTo(all(text, "Shared library: \\[(.*?)\\]"));
            assertThat(elf.soname().stream().toList())
                    .as(name)
                    .isEqualTo(all(text, "Library soname: \\[(.*?)\\]"));
            assertThat(String.join(":", elf.runpath()))
                    .as(name)
                    .isEqualTo(String.join(":", all(text, "Library runpath: \\[(.*?)\\]")));
            assertThat(elf.interpreter().stream().toList())
                    .as(name)
                    .isEqualTo(all(text, "program interpreter: (.*?)\\]"));
            assertThat(elf.versionsNeeded().keySet())
                    .as(name)
                    .containsExactlyElementsOf(all(text, "Version: 1  File: (\\S+)"));
            TreeSet<String> needed = new TreeSet<>();
            elf.versionsNeeded().values().forEach(needed::addAll);
            assertThat(needed)
                    .as(name)
                    .isEqualTo(
                            new TreeSet<>(all(text, "Name: (\\S+)  Flags: none  Version: \\d+\n")));
            assertThat(elf.abiNote().map(note -> note.kernel().toString()).stream().toList())
                    .as(name)
                    .isEqualTo(all(text, "OS: Linux, ABI: (\\S+)"));
            assertThat(elf.executableStack())
                    .as(name)
                    .isEqualTo(!all(text, "GNU_STACK .* (RWE) +0x").isEmpty());
            assertThat(elf.versionsDefined())
                    .as(name)
                    .containsExactlyInAnyOrderElementsOf(
                            all(text, "Flags: (?!BASE)\\S+ +Index: .*Name: (\\S+)"));
            int isa = 0;
            for (String line : all(text, "x86 ISA needed: (.*)")) {
                isa =
                        line.contains("v4")
                                ? 4
                                : line.contains("v3") ? 3 : line.contains("v2") ? 2 : 1;
            }
            assertThat(elf.isaNeeded()).as(name).isEqualTo(isa);
        }
    }

    @Test
    void seesTheSymbolsThatObjdumpSees() throws IOException {
        Needs.program("objdump");
        for (Path file : files().subList(0, 8)) {
            String output = Command.of("objdump", "-T", file.toString()).run().output();
            TreeSet<String> defined = new TreeSet<>();
            TreeSet<String> undefined = new TreeSet<>();
            for (String line : output.split("\n")) {
                Matcher symbol =
                        Pattern.compile("^[0-9a-f]{8,16} (.).{6} (\\S+)\t[0-9a-f]+ .{12,} (\\S+)$")
                                .matcher(line);
                if (symbol.find() && !symbol.group(1).equals("l")) {
                    boolean isUndefined = symbol.group(2).equals("*UND*");
                    if (!isUndefined) {
                        defined.add(symbol.group(3));
                    } else if (line.charAt(line.indexOf(' ') + 2) != 'w') {
                        undefined.add(symbol.group(3));
                    }
                }
            }
            Symbols symbols = ElfFile.read(file.toFile()).symbols();
            assertThat(new TreeSet<>(symbols.defined())).as(file.toString()).isEqualTo(defined);
            assertThat(new TreeSet<>(symbols.undefined())).as(file.toString()).isEqualTo(undefined);
        }
    }

    @Test
    void foreignToolReadsWhatTheBuilderMakes() throws IOException {
        Needs.program("readelf");
        Path file = temporary.resolve("libx.so");
        Files.write(file, everything(new ElfBuilder(false, true, 20)).build());
        String text = Command.of("readelf", "-W", "-d", "-n", "-l", file.toString()).run().output();
        assertThat(text).contains("[libx.so.1]", "ABI: 3.17.0", "/lib/ld.so", "RWE");
    }

    @Test
    void countsSymbolsByTheGnuTableAsWell() throws IOException {
        Path library = files().getFirst();
        byte[] bytes = Files.readAllBytes(library);
        ElfFile whole = elf(bytes);
        Arrays.fill(bytes, 40, 48, (byte) 0);
        Arrays.fill(bytes, 60, 62, (byte) 0);
        ElfFile stripped = elf(bytes);
        assertThat(stripped.sections()).isEmpty();
        assertThat(stripped.symbols()).isEqualTo(whole.symbols());
    }

    @Test
    void saysWhatIsWrong() {
        assertWrong(new byte[0], "the file header should be 16 bytes");
        assertWrong(
                "#!/bin/sh\necho hello\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                "no ELF");
        byte[] elf = ElfBuilder.library("libx.so").build();
        elf[4] = 7;
        assertWrong(elf, "unknown class 7");
        assertThatThrownBy(() -> ElfFile.read(new File("/no/such/file")))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no such file");
        assertThatThrownBy(() -> ElfFile.read(new File("/")))
                .isInstanceOf(IOException.class)
                .hasMessage("it is no regular file");
    }

    @Test
    void takesNoTruncationForTheWhole() throws IOException {
        byte[] bytes = everything(new ElfBuilder(true, false, ElfBuilder.X86_64)).build();
        int understood = 0;
        for (int length = 0; length < bytes.length; length++) {
            understood += survives(Arrays.copyOf(bytes, length)) ? 1 : 0;
        }
        assertThat(survives(bytes)).isTrue();
        assertThat(understood).as("whole without its section headers").isZero();
    }

    @Property(tries = 5000, shrinking = ShrinkingMode.OFF)
    void damageIsNoSurprise(@ForAll Random random) throws IOException {
        byte[] bytes =
                everything(
                                new ElfBuilder(
                                        random.nextInt(3) > 0,
                                        random.nextBoolean(),
                                        ElfBuilder.X86_64))
                        .build();
        for (int i = random.nextInt(6); i >= 0; i--) {
            int at = random.nextInt(3) == 0 ? random.nextInt(400) : random.nextInt(bytes.length);
            bytes[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt());
        }
        survives(bytes);
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void damagedHeadOfARealLibraryIsNoSurprise(@ForAll Random random) throws IOException {
        byte[] bytes = Library.BYTES.clone();
        for (int i = 0; i < 8; i++) {
            bytes[random.nextInt(random.nextBoolean() ? 1024 : bytes.length)] =
                    (byte) random.nextInt();
        }
        survives(bytes);
    }

    /// Read once for all tries.
    private static final class Library {
        static final byte[] BYTES = bytes();

        private static byte[] bytes() {
            try {
                return Files.readAllBytes(files().getFirst());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Whether all of it could be read; if not, the failure must be the one that is promised.
    private static boolean survives(byte[] bytes) throws IOException {
        try {
            ElfFile elf = elf(bytes);
            elf.symbols();
            elf.section(".nv_fatbin");
            elf.notes(".note.extra");
            FatBinary.read(elf);
            return elf.isaNeeded() >= 0 && elf.abiNote().isPresent();
        } catch (ElfException e) {
            assertThat(e.getMessage()).isNotBlank();
            return false;
        }
    }

    private static void assertWrong(byte[] bytes, String why) {
        assertThatThrownBy(() -> elf(bytes))
                .isInstanceOf(ElfException.class)
                .hasMessageContaining(why);
    }

    private static ElfBuilder everything(ElfBuilder builder) {
        return builder.soname("libx.so.1")
                .interpreter("/lib/ld.so")
                .needs("libc.so.6", "GLIBC_2.4", "GLIBC_2.34")
                .needs("libm.so.6", "GLIBC_2.29")
                .defines("one", "two")
                .wants("three")
                .definesVersions("X_1.0", "X_1.10", "X_1.9")
                .abiNote(3, 17, 0)
                .isaNeeded(1)
                .stack(7)
                .alignment(65_536)
                .section(".nv_fatbin", ElfBuilder.fatBinary(2, 70, 1, 90));
    }

    private static ElfFile elf(byte[] bytes) throws IOException {
        return ElfFile.read(ByteSource.of(bytes));
    }

    /// Some libraries and programs of this machine, libc among them.
    private static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String directory :
                List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/bin")) {
            if (!Files.isDirectory(Path.of(directory))) {
                continue;
            }
            try (Stream<Path> entries = Files.list(Path.of(directory))) {
                entries.filter(ElfFileTest::isElf)
                        .sorted()
                        .limit(COMPARED_FILES / 2)
                        .forEach(files::add);
            }
        }
        Needs.that(files.size() > 10, "libraries", "no libraries in /usr/lib");
        return files;
    }

    private static boolean isElf(Path file) {
        if (!Files.isRegularFile(file) || Files.isSymbolicLink(file)) {
            return false;
        }
        try {
            return ElfFile.read(file.toFile()).kind() != ElfFile.Kind.RELOCATABLE;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> all(String text, String pattern) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }
}
