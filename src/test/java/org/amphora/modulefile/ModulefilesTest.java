// SPDX-License-Identifier: Apache-2.0
package org.amphora.modulefile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Channels;
import org.amphora.catalog.ExposedCommand;
import org.amphora.catalog.VersionId;
import org.amphora.image.Digest;
import org.junit.jupiter.api.Test;

/// Whole files are compared with those of `src/test/resources/org/amphora/modulefile`; the system
/// property `golden` set to `write` makes them anew.
class ModulefilesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/org/amphora/modulefile");

    @Test
    void writesBothToolsFromOneSource() throws IOException {
        List<AppVersion> versions =
                List.of(app("1.10"), app("1.16"), app("1.19"), app("1.20"), app("1.21"));
        Channels channels =
                new Channels(
                        Optional.of("1.20"),
                        Optional.of("1.21"),
                        List.of("1.19"),
                        Map.of(
                                "1.16",
                                new Channels.Deprecation(
                                        Optional.of(LocalDate.of(2027, 1, 1)),
                                        "slow \"sort\" [x] $y {z")),
                        Map.of("1.10", "wrong results ]==] on CRAM"));
        SortedMap<String, String> files =
                Modulefiles.of(versions, channels, app -> "/site/commands/" + app.id() + "/bin");
        if ("write".equals(System.getProperty("golden"))) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(GOLDEN.resolve(name(file.getKey())), file.getValue());
            }
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            assertThat(file.getValue())
                    .as(file.getKey())
                    .isEqualTo(Files.readString(GOLDEN.resolve(name(file.getKey()))));
        }
        assertThat(files).hasSize(2 * versions.size() + 2);
    }

    private static String name(String file) {
        String name = file.substring(file.indexOf('/') + 1);
        return name.startsWith(".") ? "dot" + name : name;
    }

    private static AppVersion app(String version) {
        return new AppVersion(
                new VersionId("samtools", version),
                new AppVersion.About(
                        "Tools for \"SAM\" [and $BAM] {x",
                        Optional.of("https://www.htslib.org/"),
                        Optional.of("MIT"),
                        List.of("bam", "cram"),
                        Optional.of("doi:10.1093/gigascience/giab008")),
                List.of("ann@example.org"),
                Optional.of(Digest.of(version)),
                Optional.empty(),
                Optional.empty(),
                List.of(
                        new ExposedCommand("samtools", List.of("samtools")),
                        new ExposedCommand("bgzip", List.of("bgzip"))),
                Map.of("REF_CACHE", "/ref/%2s/%s"),
                new AppVersion.Needs(false, false, Map.of()),
                List.of(),
                version.equals("1.19") ? List.of("licensed", "others") : List.of(),
                List.of(),
                List.of("samtools-native"));
    }
}
