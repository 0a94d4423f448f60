// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.amphora.image.tree.ImageTree;

/// The text files of an image. Paths have no leading slash; symbolic links are followed inside of
/// the image.
sealed interface TextTree {

    /// The text of a regular file; empty when there is none or it cannot be read.
    Optional<String> text(String path, int limit);

    /// The sorted names in a directory; none when there is no directory.
    List<String> names(String directory);

    /// Files that are not written yet.
    record InMemory(SortedMap<String, String> texts) implements TextTree {
        @Override
        public Optional<String> text(String path, int limit) {
            return Optional.ofNullable(texts.get(path));
        }

        @Override
        public List<String> names(String directory) {
            List<String> names = new ArrayList<>();
            for (String path : texts.keySet()) {
                if (path.startsWith(directory + "/")) {
                    String name = path.substring(directory.length() + 1);
                    if (name.indexOf('/') < 0) {
                        names.add(name);
                    }
                }
            }
            return names;
        }
    }

    /// An image, or a directory that becomes one.
    record InImage(ImageTree tree) implements TextTree {
        @Override
        public Optional<String> text(String path, int limit) {
            return tree.read("/" + path, limit)
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        }

        @Override
        public List<String> names(String directory) {
            return tree.names("/" + directory);
        }
    }
}
