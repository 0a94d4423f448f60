// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
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
