// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import org.amphora.image.Attributes;
import org.amphora.image.Node;

/// One entry of a layer, in the order of the archive. Names are as the archive has them, not
/// cleaned: byte strings like those of {@link Node}. Whiteouts are entries like others here; only
/// {@link Flattener} gives them their meaning.
public sealed interface LayerEntry {

    String name();

    /// A directory.
    record Directory(String name, Attributes attributes) implements LayerEntry {}

    /// A regular file.
    record Regular(String name, Attributes attributes, Node.Content content)
            implements LayerEntry {}

    /// A symbolic link.
    record Symlink(String name, Attributes attributes, String target) implements LayerEntry {}

    /// Another name of the file that stands at `target`, a path from the root of the image.
    record HardLink(String name, String target) implements LayerEntry {}

    /// A named pipe.
    record Fifo(String name, Attributes attributes) implements LayerEntry {}

    /// A block or character device, which no image keeps: it removes what was there before.
    record Device(String name) implements LayerEntry {}
}
