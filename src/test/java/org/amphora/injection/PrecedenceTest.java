// SPDX-License-Identifier: Apache-2.0
package org.amphora.injection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.amphora.contents.Contents;
import org.amphora.elf.ElfBuilder;
import org.amphora.host.Fact;
import org.amphora.host.Host;
import org.amphora.host.Library;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// An image with one library, and one of the node.
class PrecedenceTest {
    @TempDir Path image;
    @TempDir Path node;

    @ParameterizedTest
    @CsvSource({
        "libz.so.1, 1.3.1, 1.2.13, true",
        "libz.so.1, 1.2.13, 1.2.13, true",
        "libz.so.1, 1.2.11, 1.2.13, false",
        "libz.so.1, x, 1.2.13, false",
        "libucp.so.0, 0.0.9, 0.0.0, false",
        "libmunge.so.2, 2.0.1, 2.0.0, false"
    })
    void keepsWhatIsAsNew(String soname, String own, String nodes, boolean kept)
            throws IOException {
        Path library = image.resolve("usr/lib/" + soname.replaceFirst("\\d+$", "") + own);
        Files.createDirectories(library.getParent());
        Files.write(library, ElfBuilder.library(soname).build());
        Files.createSymbolicLink(library.resolveSibling(soname), library.getFileName());
        Precedence precedence = new Precedence(Host.probe(node), Contents.of(image));
        assertThat(precedence.keepsImages(library(soname, nodes))).isEqualTo(kept);
        assertThat(precedence.keepsImages(library("libother.so.1", nodes))).isFalse();
    }

    private static Library library(String soname, String version) {
        String path = "/usr/lib/" + soname;
        return new Library(
                path,
                path.replaceFirst("\\d+$", "") + version,
                soname,
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                Fact.absent(path),
                Fact.absent(path),
                false);
    }
}
