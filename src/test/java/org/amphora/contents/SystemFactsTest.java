// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.amphora.Needs;
import org.amphora.elf.ElfBuilder;
import org.amphora.elf.Version;
import org.amphora.process.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is neither MPI nor GPU: libc, programs, entry point, environment, users and locales.
class SystemFactsTest {
    private static final String LIB = "/usr/lib/x86_64-linux-gnu/";

    @TempDir private Path temporary;

    @Test
    void trustsTheTextOfGlibcMoreThanItsVersions() throws IOException {
        Path root = temporary;
        Tree tree = Tree.debian(root);
        tree.elf(
                LIB + "libc.so.6",
                ElfBuilder.library("libc.so.6")
                        .definesVersions("GLIBC_2.30")
                        .section(
                                ".rodata",
                                "\0GNU C Library (Debian GLIBC 2.31-13) stable release version 2.31.\n"
                                        .getBytes(StandardCharsets.UTF_8)));
        assertThat(tree.contents().libc().version()).contains(Version.parse("2.31"));
    }

    @Test
    void knowsMuslByItsLinker() throws IOException {
        Libc libc =
                new Tree(temporary)
                        .elf(
                                "/bin/busybox",
                                ElfBuilder.program("/lib/ld-musl-x86_64.so.1")
                                        .needs("libc.musl-x86_64.so.1"))
                        .link("/bin/sh", "/bin/busybox")
                        .elf(
                                "/lib/ld-musl-x86_64.so.1",
                                ElfBuilder.library("libc.musl-x86_64.so.1")
                                        .section(
                                                ".rodata",
                                                "\0002.0\0001.2.5\0001.9x\0"
                                                        .getBytes(StandardCharsets.UTF_8)))
                        .contents()
                        .libc();
        assertThat(libc.kind()).isEqualTo(Libc.Kind.MUSL);
        assertThat(libc.version()).contains(Version.parse("1.2.5"));
    }

    @Test
    void picksFilesThatStandOut() throws IOException {
        Binaries binaries =
                Tree.debian(temporary)
                        .elf(
                                LIB + "libQt5Core.so.5.15",
                                ElfBuilder.library("libQt5Core.so.5").abiNote(3, 17, 0))
                        .elf(
                                "/usr/bin/viewer",
                                ElfBuilder.program("/lib64/ld-linux-x86-64.so.2")
                                        .abiNote(3, 2, 0)
                                        .stack(7)
                                        .needs("libQt5Core.so.5"))
                        .elf(LIB + "libfast.so.1", ElfBuilder.library("libfast.so.1").isaNeeded(4))
                        .elf(
                                LIB + "glibc-hwcaps/x86-64-v4/libfast.so.1",
                                ElfBuilder.library("libfast.so.1").isaNeeded(8))
                        .elf(LIB + "libold.so", ElfBuilder.library("libold.so").stack(7))
                        .elf(LIB + "libsmall.so", ElfBuilder.library("libsmall.so").alignment(16))
                        .elf(
                                LIB + "libstdc++.so.6.0.30",
                                ElfBuilder.library("libstdc++.so.6")
                                        .definesVersions("GLIBCXX_3.4.9", "GLIBCXX_3.4.30"))
                        .contents()
                        .binaries();
        assertThat(binaries.kernelFloors())
                .containsExactly(
                        new Binaries.Floor(
                                LIB + "libQt5Core.so.5.15",
                                Version.parse("3.17.0"),
                                List.of("/usr/bin/viewer")));
        assertThat(binaries.levels()).containsExactly(new Binaries.Level(LIB + "libfast.so.1", 3));
        assertThat(binaries.executableStacks()).containsExactly(LIB + "libold.so");
        assertThat(binaries.smallestAlignment())
                .contains(new Binaries.Alignment(LIB + "libsmall.so", 16));
        assertThat(binaries.cxx().orElseThrow().glibcxx()).contains(Version.parse("3.4.30"));
    }

    @Test
    void searchesWhereTheLinkerOfTheImageDoes() throws IOException {
        Binaries binaries =
                Tree.debian(temporary)
                        .text("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n/opt/b/lib\n")
                        .text("/etc/ld.so.conf.d/a.conf", "/opt/a/lib # mine\n")
                        .text("/etc/ld.so.conf.d/no", "/opt/no/lib\n")
                        .text(
                                "/.singularity.d/env/90-environment.sh",
                                "export LD_LIBRARY_PATH=/opt/v/lib:\n")
                        .elf("/opt/a/lib/libx.so.1", ElfBuilder.library("libx.so.1"))
                        .elf("/opt/b/lib/libx.so.1", ElfBuilder.library("libx.so.1"))
                        .elf("/opt/v/lib/libv.so.1.2", ElfBuilder.library("libv.so.1"))
                        .elf("/opt/no/lib/libno.so.1", ElfBuilder.library("libno.so.1"))
                        .contents()
                        .binaries();
        assertThat(binaries.libraryPath())
                .extracting(Binaries.Directory::path)
                .containsExactly(
                        "/opt/v/lib",
                        "/opt/a/lib",
                        "/opt/b/lib",
                        "/usr/lib/x86_64-linux-gnu",
                        "/usr/lib64",
                        "/usr/lib");
        assertThat(binaries.sonames())
                .containsEntry("libx.so.1", "/opt/a/lib/libx.so.1")
                .containsEntry("libv.so.1", "/opt/v/lib/libv.so.1.2")
                .doesNotContainKey("libno.so.1");
    }

    @Test
    void looksForTheInterpreterOfTheEntryPoint() throws IOException {
        EntryPoint entryPoint =
                Tree.debian(temporary)
                        .text(
                                "/.singularity.d/runscript",
                                "#!/bin/sh\nOCI_ENTRYPOINT='\"start\" \"--in dir\"'\nOCI_CMD=''\n")
                        .text("/usr/bin/start", "#!/usr/bin/python3 -u\r\nprint()\r\n")
                        .contents()
                        .entryPoint();
        assertThat(entryPoint.path()).isEqualTo("/usr/bin/start");
        assertThat(entryPoint.words()).containsExactly("start", "--in dir");
        assertThat(entryPoint.scripts())
                .containsExactly(
                        new EntryPoint.Script(
                                "/.singularity.d/runscript", Optional.of("/bin/sh"), true, false),
                        new EntryPoint.Script(
                                "/usr/bin/start", Optional.of("/usr/bin/python3"), false, true));
    }

    @Test
    void readsPlainVariablesAndNoOthers() throws IOException {
        Environment environment =
                Tree.debian(temporary)
                        .text(
                                "/.singularity.d/env/10-docker2singularity.sh",
                                """
                                #!/bin/sh
                                export PATH='/a:/b'
                                [ -n "${ONE:-}" ] || ONE='it'"'"'s'
                                export ONE
                                export TWO="${TWO:-"with space"}"
                                """)
                        .text(
                                "/.singularity.d/env/90-environment.sh",
                                "export THREE=3 # three\nFOUR=$(date)\nexport FIVE=\"$ONE\"\n")
                        .contents()
                        .environment();
        assertThat(environment.variables())
                .containsOnly(
                        java.util.Map.entry("PATH", "/a:/b"),
                        java.util.Map.entry("ONE", "it's"),
                        java.util.Map.entry("TWO", "with space"),
                        java.util.Map.entry("THREE", "3"));
        assertThat(environment.scripts()).hasSize(2);
    }

    @Test
    void readsUsersLanguagesAndMountPoints() throws IOException {
        Userland userland =
                Tree.debian(temporary)
                        .text("/etc/passwd", "root:x:0:0::/root:/bin/sh\nbad\nme:x:1000:1::/:/x\n")
                        .text("/etc/nsswitch.conf", "# c\npasswd:   files ldap\n")
                        .text("/usr/bin/python3.11", "")
                        .link("/usr/bin/python3", "python3.11")
                        .text("/usr/bin/perl5.36.0", "")
                        .text(
                                "/usr/lib/R/library/base/DESCRIPTION",
                                "Package: base\nVersion: 4.2.2\n")
                        .text("/usr/lib/locale/C.utf8/LC_CTYPE", "")
                        .text("/scratch/x", "")
                        .contents()
                        .userland();
        assertThat(userland.users()).containsExactly(0L, 1000L);
        assertThat(userland.nameServices()).contains("files ldap");
        assertThat(userland.languages())
                .extracting(Userland.Language::homeDirectory)
                .containsExactly(".local/lib/python3.11", "R/*-library/4.2", "perl5");
        assertThat(userland.locales()).containsExactly("C.utf8");
        assertThat(userland.mountPoints()).contains("/scratch").doesNotContain("/proc");
    }

    @Test
    void listsTheLocalesOfAnArchive() throws IOException {
        Needs.program("localedef");
        Needs.that(
                Files.isDirectory(Path.of("/usr/share/i18n/locales")),
                "locales",
                "no sources of locales");
        Files.createDirectories(temporary.resolve("usr/lib/locale"));
        for (String name : List.of("xx_XX.UTF-8", "yy_YY.UTF-8")) {
            // It fails with warnings, of which this source has some, but makes the locale.
            Command.of(
                            "localedef",
                            "--force",
                            "--prefix=" + temporary,
                            "--inputfile=POSIX",
                            "--charmap=UTF-8",
                            name)
                    .run();
        }
        assertThat(new Tree(temporary).contents().userland().locales())
                .containsExactly("xx_XX.utf8", "yy_YY.utf8");
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void damagedArchiveOfLocalesIsUnknown(@ForAll Random random) throws IOException {
        Path root = Files.createTempDirectory("locales");
        Path file = root.resolve("usr/lib/locale/locale-archive");
        try {
            byte[] archive = new byte[200];
            random.nextBytes(archive);
            java.nio.ByteBuffer.wrap(archive)
                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                    .putInt(0xde020109)
                    .putInt(8, random.nextInt(220))
                    .putInt(16, random.nextInt(20))
                    .putInt(20, random.nextInt(220))
                    .putInt(24, random.nextInt(220));
            Files.createDirectories(file.getParent());
            Files.write(file, archive);
            Contents contents = new Tree(root).contents();
            assertThat(
                            contents.isUnknown("/usr/lib/locale/locale-archive")
                                    || contents.userland().locales().size() <= 20)
                    .isTrue();
        } finally {
            Files.delete(file);
            for (Path path = file.getParent(); !path.equals(root); path = path.getParent()) {
                Files.delete(path);
            }
            Files.delete(root);
        }
    }
}
