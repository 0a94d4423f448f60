// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A file of an image's tree. Names, symlink targets and xattr names are byte strings: each `char`
/// of the Java string is one byte (ISO-8859-1), because Linux names need not be UTF-8; the natural
/// order of such strings is the byte order that SquashFS wants.
public sealed interface Node {

    /// Where the bytes of a regular file are; what it is, is known to the writer that made it.
    interface Content {
        /// In bytes.
        long size();
    }

    Attributes attributes();

    /// A directory. Mutable, because a tree is built entry by entry; not thread-safe.
    final class Directory implements Node {
        private final NavigableMap<String, Node> children = new TreeMap<>();
        private Attributes attributes;

        public Directory(Attributes attributes) {
            this.attributes = attributes;
        }

        @Override
        public Attributes attributes() {
            return attributes;
        }

        /// Replaces the attributes, e.g. when a layer lists a directory that was implied before.
        public void attributes(Attributes changed) {
            attributes = changed;
        }

        public @Nullable Node child(String name) {
            return children.get(name);
        }

        /// Adds or replaces a child.
        public void put(String name, Node node) {
            children.put(name, node);
        }

        /// Removes a child if it is there.
        public void remove(String name) {
            children.remove(name);
        }

        /// Removes all children.
        public void clear() {
            children.clear();
        }

        /// A read-only view in byte order of the names.
        public NavigableMap<String, Node> children() {
            return Collections.unmodifiableNavigableMap(children);
        }
    }

    /// A regular file. Identity is the inode: two names that hold the same object are hard links.
    final class Regular implements Node {
        private final Attributes attributes;
        private final Content content;

        public Regular(Attributes attributes, Content content) {
            this.attributes = attributes;
            this.content = content;
        }

        @Override
        public Attributes attributes() {
            return attributes;
        }

        public Content content() {
            return content;
        }
    }

    /// A symbolic link; its mode is 0777.
    final class Symlink implements Node {
        private final Attributes attributes;
        private final String target;

        public Symlink(Attributes attributes, String target) {
            this.attributes = attributes;
            this.target = target;
        }

        @Override
        public Attributes attributes() {
            return attributes;
        }

        public String target() {
            return target;
        }
    }

    /// A named pipe.
    final class Fifo implements Node {
        private final Attributes attributes;

        public Fifo(Attributes attributes) {
            this.attributes = attributes;
        }

        @Override
        public Attributes attributes() {
            return attributes;
        }
    }
}
