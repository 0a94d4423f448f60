// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackagedCommandsTest {

    @TempDir Path tree;

    @Test
    void proposesWhatAptWasAskedFor() throws IOException {
        program("usr/bin/samtools");
        program("usr/bin/perl");
        program("usr/bin/tabix");
        program("usr/bin/nobody");
        file("usr/bin/data", "");
        file(
                "var/lib/dpkg/status",
                """
                Package: samtools
                Status: install ok installed
                Priority: optional
                Architecture: amd64
                Description: tools
                 continued: line
                Version: 1.16.1-1

                Package: tabix
                Status: install ok installed
                Priority: optional
                Version: 1.16

                Package: perl-base
                Status: install ok installed
                Essential: yes
                Priority: required

                Package: gone
                Status: deinstall ok config-files
                """);
        file("var/lib/apt/extended_states", "Package: tabix\nAuto-Installed: 1\n");
        file(
                "var/lib/dpkg/info/samtools:amd64.list",
                "/usr\n/usr/bin\n/usr/bin/samtools\n/usr/bin/data\n");
        file("var/lib/dpkg/info/tabix.list", "/usr/bin/tabix\n");
        file("var/lib/dpkg/info/perl-base.list", "/usr/bin/perl\n");
        file("var/lib/dpkg/info/gone.list", "/usr/bin/nobody\n");

        assertThat(PackagedCommands.of(tree))
                .containsExactly(
                        new PackagedCommand(
                                "samtools",
                                "/usr/bin/samtools",
                                "samtools",
                                "1.16.1-1",
                                "dpkg",
                                true),
                        new PackagedCommand(
                                "perl", "/usr/bin/perl", "perl-base", "", "dpkg", false),
                        new PackagedCommand(
                                "tabix", "/usr/bin/tabix", "tabix", "1.16", "dpkg", false));
    }

    @Test
    void proposesWhatApkWasAskedFor() throws IOException {
        program("usr/bin/bwa");
        program("bin/busybox");
        file("etc/apk/world", "alpine-baselayout\nbusybox\nbwa=0.7\n");
        file(
                "lib/apk/db/installed",
                "C:Q1x\nP:busybox\nV:1.36\nF:bin\nR:busybox\n\nP:bwa\nV:0.7.18\nF:usr\nF:usr/bin\nR:bwa\nR:missing\n");

        assertThat(PackagedCommands.of(tree))
                .containsExactly(
                        new PackagedCommand("bwa", "/usr/bin/bwa", "bwa", "0.7.18", "apk", true),
                        new PackagedCommand(
                                "busybox", "/bin/busybox", "busybox", "1.36", "apk", false));
    }

    @Test
    void proposesWhatCondaWasAskedFor() throws IOException {
        program("usr/local/bin/samtools");
        program("usr/local/bin/openssl");
        program("opt/conda/envs/x/bin/tool");
        file(
                "usr/local/conda-meta/samtools-1.21-h1.json",
                "{\"name\":\"samtools\",\"version\":\"1.21\",\"files\":[\"bin/samtools\",\"share/x\"]}");
        file(
                "usr/local/conda-meta/openssl-3-h1.json",
                "{\"name\":\"openssl\",\"version\":\"3\",\"requested_spec\":\"\",\"files\":[\"bin/openssl\"]}");
        file(
                "usr/local/conda-meta/history",
                "==> 2024 <==\n# update specs: ['bioconda::samtools=1.21']\n");
        file("usr/local/conda-meta/broken.json", "{\"name\":");
        file(
                "opt/conda/envs/x/conda-meta/tool.json",
                "{\"name\":\"tool\",\"version\":\"2\",\"requested_spec\":\"tool\",\"files\":[\"bin/tool\"]}");

        assertThat(PackagedCommands.of(tree))
                .containsExactly(
                        new PackagedCommand(
                                "samtools",
                                "/usr/local/bin/samtools",
                                "samtools",
                                "1.21",
                                "conda",
                                true),
                        new PackagedCommand(
                                "tool", "/opt/conda/envs/x/bin/tool", "tool", "2", "conda", true),
                        new PackagedCommand(
                                "openssl",
                                "/usr/local/bin/openssl",
                                "openssl",
                                "3",
                                "conda",
                                false));
    }

    @Test
    void proposesEntryPointsOfPython() throws IOException {
        program("usr/local/bin/multiqc");
        String record = "usr/local/lib/python3.11/site-packages/multiqc-1.2.dist-info/";
        file(
                record + "METADATA",
                "Metadata-Version: 2.1\nName: multiqc\nVersion: 1.2\n\nName: no\n");
        file(
                record + "entry_points.txt",
                "[gui_scripts]\nno = a:b\n[console_scripts]\nmultiqc = multiqc:run\nmissing = a:b\n");
        file(record + "REQUESTED", "");

        assertThat(PackagedCommands.of(tree))
                .containsExactly(
                        new PackagedCommand(
                                "multiqc",
                                "/usr/local/bin/multiqc",
                                "multiqc",
                                "1.2",
                                "python",
                                true));
    }

    @Test
    void saysNothingWithoutRecords() throws IOException {
        program("usr/bin/tool");
        assertThat(PackagedCommands.of(tree)).isEqualTo(List.of());
    }

    private void program(String path) throws IOException {
        file(path, "");
        Files.setPosixFilePermissions(
                tree.resolve(path), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void file(String path, String text) throws IOException {
        Path file = tree.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
