// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.amphora.elf.ElfBuilder;

/// Makes the files of a small image.
record Tree(Path root) {

    /// With a shell and glibc 2.36 for amd64.
    static Tree debian(Path root) throws IOException {
        Tree tree = new Tree(root);
        tree.elf(
                "/usr/bin/dash",
                ElfBuilder.program("/lib64/ld-linux-x86-64.so.2")
                        .abiNote(3, 2, 0)
                        .needs("libc.so.6", "GLIBC_2.34"));
        tree.link("/bin", "usr/bin");
        tree.link("/lib", "usr/lib");
        tree.link("/lib64", "usr/lib64");
        tree.link("/usr/bin/sh", "dash");
        tree.link("/usr/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-2.so");
        tree.elf("/usr/lib/x86_64-linux-gnu/ld-2.so", ElfBuilder.library("ld-linux-x86-64.so.2"));
        tree.elf(
                "/usr/lib/x86_64-linux-gnu/libc.so.6",
                ElfBuilder.library("libc.so.6")
                        .definesVersions("GLIBC_2.2.5", "GLIBC_2.36", "GLIBC_PRIVATE")
                        .abiNote(3, 2, 0));
        tree.text(
                "/usr/lib/os-release",
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n");
        tree.link("/etc/os-release", "../usr/lib/os-release");
        return tree;
    }

    Tree elf(String path, ElfBuilder builder) throws IOException {
        return bytes(path, builder.build());
    }

    Tree bytes(String path, byte[] content) throws IOException {
        Path file = place(path);
        Files.write(file, content);
        file.toFile().setExecutable(true);
        return this;
    }

    Tree text(String path, String content) throws IOException {
        Files.write(place(path), content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    Tree link(String path, String target) throws IOException {
        Files.createSymbolicLink(place(path), Path.of(target));
        return this;
    }

    Contents contents() {
        return Contents.of(root);
    }

    private Path place(String path) throws IOException {
        Path file = root.resolve(path.substring(1));
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        return file;
    }
}
