// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.image.tree.ImageKind;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// The fixture and what is expected of it come from Apptainer 1.4.5; see its README.
class InspectionTest {
    private static final Set<Inspection.Section> ALL = EnumSet.allOf(Inspection.Section.class);

    @TempDir Path directory;

    @Test
    void printsWhatApptainerPrints() throws IOException {
        Inspection inspection = Inspection.of(fixture("apptainer.sif"));
        assertThat(inspection.text(ALL)).isEqualTo(golden("inspect.txt"));
        assertThat(inspection.allJson()).isEqualTo(golden("inspect-all.json"));
        assertThat(inspection.json(Set.of())).isEqualTo(golden("inspect-labels.json"));
        assertThat(inspection.text(Set.of())).startsWith("Author: Amphora tests\n");
    }

    @Test
    void saysTheSameOfTheSquashFsAndOfTheDirectory() throws IOException {
        Path sif = fixture("apptainer.sif");
        SifFile file = SifFile.open(sif);
        Path squash = directory.resolve("image.sqfs");
        try (var out = Files.newOutputStream(squash)) {
            file.copy(file.primaryPartition().orElseThrow(), out);
        }
        Path unpacked = directory.resolve("unpacked");
        Unpacking.unpack(sif, unpacked, Progress.NONE, new ArrayList<String>()::add);

        assertThat(Inspection.of(squash).allJson()).isEqualTo(golden("inspect-all.json"));
        assertThat(Inspection.of(unpacked).allJson()).isEqualTo(golden("inspect-all.json"));
        assertThat(RuntimeMetadata.inspectMetadata(unpacked))
                .isEqualTo(
                        new String(
                                file.read(
                                        file.object(
                                                        SifObject.Type.GENERIC_JSON,
                                                        "inspect-metadata.json")
                                                .orElseThrow()),
                                StandardCharsets.UTF_8));
    }

    @Test
    void emptyDirectoryHasNoAttributes() {
        assertThat(Inspection.of(directory).text(ALL)).isEmpty();
        assertThat(Inspection.of(directory).allJson())
                .isEqualTo(
                        """
                        {
                        	"data": {
                        		"attributes": {}
                        	},
                        	"type": "container"
                        }
                        """);
    }

    @Test
    void readsNothingOutsideOfADirectory() throws IOException {
        Path outside = Files.writeString(directory.resolve("secret"), "secret");
        Path image = Files.createDirectories(directory.resolve("image/.singularity.d"));
        Files.createSymbolicLink(image.resolve("runscript"), outside);
        Files.createSymbolicLink(image.resolve("test"), Path.of("../../../secret"));
        assertThat(Inspection.of(directory.resolve("image")).text(ALL)).doesNotContain("secret");
    }

    @Test
    void listsWhatApptainerLists() throws IOException {
        SifListing listing = SifListing.of(fixture("apptainer.sif"));
        assertThat(listing.text()).isEqualTo(golden("list.txt"));
        var json = new JsonMapper().readTree(listing.json());
        assertThat(json.size()).isEqualTo(4);
        assertThat(json.get(2).get("type").stringValue()).isEqualTo("FS (Squashfs/*System/amd64)");
        assertThat(json.get(2).get("offset").longValue()).isEqualTo(36_864);
        assertThat(json.get(3).get("linkedGroup").intValue()).isEqualTo(1);
    }

    @Test
    void showsTheHeaderAsApptainerDoes() throws IOException {
        assertThat(SifListing.headerText(fixture("apptainer.sif")))
                .isEqualTo(golden("apptainer.header"));
        assertThat(SifListing.headerJson(fixture("apptainer.sif")))
                .contains("\"architecture\": \"amd64\"");
    }

    @Test
    void dumpsAnObject() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SifListing.dump(fixture("apptainer.sif"), 1, out);
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("Bootstrap: scratch\n");
        assertThatThrownBy(() -> SifListing.dump(fixture("apptainer.sif"), 9, out))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no object of that id");
    }

    @Test
    void tellsImagesByTheirContent() throws IOException {
        assertThat(ImageKind.of(fixture("apptainer.sif"))).isEqualTo(ImageKind.SIF);
        assertThat(ImageKind.of(directory)).isEqualTo(ImageKind.DIRECTORY);
        Path squash = Files.writeString(directory.resolve("a.sif"), "hsqs and so on");
        assertThat(ImageKind.of(squash)).isEqualTo(ImageKind.SQUASHFS);
        for (String text : new String[] {"", "x", "some text that is no image"}) {
            Path file = Files.writeString(directory.resolve("text"), text);
            assertThatThrownBy(() -> ImageKind.of(file))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("not an image");
        }
        assertThatThrownBy(() -> ImageKind.of(directory.resolve("none")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no such file");
    }

    private static Path fixture(String name) {
        try {
            return Path.of(Objects.requireNonNull(SifFile.class.getResource(name), name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(name, e);
        }
    }

    private static String golden(String name) throws IOException {
        return Files.readString(fixture(name));
    }
}
