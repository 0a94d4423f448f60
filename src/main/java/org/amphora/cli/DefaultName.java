// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.amphora.image.Reference;

/// The file that `pull` writes when none is named: `NAME_TAG.sif`, as Apptainer does.
final class DefaultName {

    private DefaultName() {}

    static String of(Reference reference) {
        return switch (reference) {
            case Reference.Registry registry ->
                    name(Path.of(registry.repository()), registry.tag());
            case Reference.OciLayout layout -> name(layout.directory(), layout.tag());
            case Reference.OciArchive archive -> name(archive.file(), archive.tag());
            case Reference.DockerArchive archive -> name(archive.file(), Optional.empty());
            case Reference.Local local -> name(local.path(), Optional.empty());
        };
    }

    private static String name(Path path, Optional<String> tag) {
        return path.toAbsolutePath().getFileName() + "_" + tag.orElse("latest") + ".sif";
    }
}
