// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.amphora.image.sif.SifFile;
import org.amphora.image.sif.SifObject;
import org.amphora.image.tree.ImageKind;
import org.amphora.image.tree.ImageTree;
import org.amphora.problem.Problem;

/// What an image says of itself: the work behind `inspect`. It reads the files of the image, be it
/// SIF, SquashFS or a directory, without mounting or running it.
public final class Inspection {
    private final InspectData data;

    /// What can be asked for; the command line's `-l -r -e -d -t -H -s`.
    public enum Section {
        LABELS,
        RUNSCRIPT,
        ENVIRONMENT,
        DEFINITION,
        TEST,
        HELP,
        STARTSCRIPT
    }

    private Inspection(InspectData data) {
        this.data = data;
    }

    /// Reads the metadata of an image.
    ///
    /// @throws Problem when it cannot be read or is no image
    public static Inspection of(Path image) {
        return new Inspection(
                switch (ImageKind.of(image)) {
                    case DIRECTORY ->
                            InspectData.of(new TextTree.InImage(ImageTree.directory(image)));
                    case SQUASHFS -> ofSquash(image, 0);
                    case SIF -> ofSif(image);
                });
    }

    /// What the command prints without `--json`.
    ///
    /// @param sections the labels when there are none
    public String text(Set<Section> sections) {
        return data.text(orDefault(sections));
    }

    /// What the command prints with `--json`, in Apptainer's shape.
    ///
    /// @param sections the labels when there are none
    public String json(Set<Section> sections) {
        return data.indentedJson(orDefault(sections));
    }

    /// What the command prints with `--all`, which implies `--json`.
    public String allJson() {
        return data.indentedJson(EnumSet.allOf(Section.class));
    }

    private static Set<Section> orDefault(Set<Section> sections) {
        return sections.isEmpty() ? EnumSet.of(Section.LABELS) : sections;
    }

    private static InspectData ofSquash(Path image, long offset) {
        try (ImageTree tree = ImageTree.squash(image, offset)) {
            return InspectData.of(new TextTree.InImage(tree));
        }
    }

    /// The files in the partition tell; when it is no SquashFS, what the builder noted beside it.
    private static InspectData ofSif(Path image) {
        SifFile sif = SifFile.open(image);
        SifObject partition =
                sif.primaryPartition()
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot inspect " + image,
                                                "the SIF file has no primary partition",
                                                "amphora sif list " + image));
        SifObject.FileSystemType type = partition.partition().orElseThrow().fileSystem();
        if (type == SifObject.FileSystemType.SQUASHFS) {
            return ofSquash(image, partition.offset());
        }
        return sif.object(SifObject.Type.GENERIC_JSON, "inspect-metadata.json")
                .map(object -> new String(sif.read(object), StandardCharsets.UTF_8))
                .map(InspectData::parse)
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot inspect " + image,
                                        "its file system is "
                                                + type.label()
                                                + ", which is not read here, and it has no"
                                                + " inspect-metadata.json",
                                        "build it again with a SquashFS file system"));
    }
}
