// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.amphora.image.squashfs.Inode;
import org.amphora.image.squashfs.SquashReader;

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

    /// A SquashFS file system.
    record InSquash(SquashReader reader) implements TextTree {
        @Override
        public Optional<String> text(String path, int limit) {
            return reader.find(path)
                    .filter(inode -> inode instanceof Inode.Regular)
                    .map(inode -> reader.read((Inode.Regular) inode, limit))
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        }

        @Override
        public List<String> names(String directory) {
            List<String> names = new ArrayList<>();
            if (reader.find(directory).orElse(null) instanceof Inode.Directory found) {
                Iterator<SquashReader.Entry> entries = reader.entries(found);
                while (entries.hasNext()) {
                    names.add(entries.next().name());
                }
            }
            return names;
        }
    }

    /// A directory on disk. Absolute links count from its root, and none leads out of it.
    record OnDisk(Path root) implements TextTree {
        private static final int MAXIMUM_SYMLINKS = 40;

        @Override
        public Optional<String> text(String path, int limit) {
            Optional<Path> file = find(path).filter(Files::isRegularFile);
            if (file.isEmpty()) {
                return Optional.empty();
            }
            try (InputStream in = Files.newInputStream(file.get(), LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of(new String(in.readNBytes(limit), StandardCharsets.UTF_8));
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        @Override
        public List<String> names(String directory) {
            Optional<Path> found = find(directory).filter(Files::isDirectory);
            if (found.isEmpty()) {
                return List.of();
            }
            try (Stream<Path> entries = Files.list(found.get())) {
                return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
            } catch (IOException e) {
                return List.of();
            }
        }

        private Optional<Path> find(String path) {
            Deque<String> names = new ArrayDeque<>(List.of(path.split("/", -1)));
            Path current = root;
            int links = 0;
            while (!names.isEmpty()) {
                String name = names.pop();
                if (name.isEmpty() || name.equals(".")) {
                    continue;
                }
                if (name.equals("..")) {
                    Path parent = current.getParent();
                    current = current.equals(root) || parent == null ? root : parent;
                    continue;
                }
                Path next = current.resolve(name);
                if (!Files.isSymbolicLink(next)) {
                    current = next;
                    continue;
                }
                if (++links > MAXIMUM_SYMLINKS) {
                    return Optional.empty();
                }
                try {
                    String target = Files.readSymbolicLink(next).toString();
                    if (target.startsWith("/")) {
                        current = root;
                    }
                    List.of(target.split("/", -1)).reversed().forEach(names::push);
                } catch (IOException e) {
                    return Optional.empty();
                }
            }
            return Optional.of(current);
        }
    }
}
