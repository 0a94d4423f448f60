// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.amphora.image.Node;
import org.amphora.image.sif.SifObject;

/// What a SIF file gets beside the files of its source.
///
/// @param objects in the order of their ids, before the partition
/// @param tree what is added to the files
public record SifContent(List<Part> objects, TreeEdit tree) {

    /// Nothing but the files.
    public static final SifContent NONE = new SifContent(List.of(), (root, contents) -> {});

    public SifContent {
        objects = List.copyOf(objects);
    }

    /// What an image that was built from a recipe tells of itself (apptainer
    /// `internal/pkg/build/assemblers/sif.go`).
    ///
    /// @param definition the whole text of the recipe
    /// @param inspectMetadata as {@link RuntimeMetadata#inspectMetadata(java.nio.file.Path)} gives
    // it
    public static SifContent described(String definition, String inspectMetadata) {
        return new SifContent(
                List.of(
                        part(SifObject.Type.DEFINITION, "", definition),
                        part(
                                SifObject.Type.GENERIC_JSON,
                                "inspect-metadata.json",
                                inspectMetadata)),
                NONE.tree());
    }

    private static Part part(SifObject.Type type, String name, String text) {
        return new Part(type, name, text.getBytes(StandardCharsets.UTF_8));
    }

    /// A plain object.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Part(SifObject.Type type, String name, byte[] content) {}

    /// Changes the tree before it is written.
    @FunctionalInterface
    public interface TreeEdit {
        /// Changes the flattened tree in place.
        ///
        /// @param root of it
        void apply(Node.Directory root, Contents contents) throws IOException;
    }

    /// Makes contents for regular files.
    @FunctionalInterface
    public interface Contents {
        Node.Content of(byte[] bytes) throws IOException;
    }
}
