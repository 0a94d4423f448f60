// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.amphora.image.squashfs.FileBlocks;
import org.amphora.image.squashfs.Inode;
import org.amphora.image.squashfs.SquashReader;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// The files of a SquashFS file system.
record SquashTree(SquashReader reader) implements ImageTree {
    private static final int EXECUTE_BITS = 0111;
    private static final int OTHERS_READ = 04;

    static SquashTree open(Path image, long offset) {
        return new SquashTree(SquashReader.open(image, offset));
    }

    @Override
    public Optional<File> at(String path) {
        return reader.findLink(path).map(inode -> new SquashFile(reader, path, inode));
    }

    @Override
    public List<String> list(String directory) {
        List<String> names = new ArrayList<>();
        if (reader.findLink(directory).orElse(null) instanceof Inode.Directory found) {
            Iterator<SquashReader.Entry> entries = reader.entries(found);
            while (entries.hasNext()) {
                names.add(entries.next().name());
            }
        }
        return names;
    }

    @Override
    public void walk(Visitor visitor) {
        reader.walk(
                (path, inode) -> {
                    if (!path.isEmpty()) {
                        visitor.visit(new SquashFile(reader, "/" + path, inode));
                    }
                });
    }

    @Override
    public void close() {
        reader.close();
    }

    private static final class SquashFile implements File {
        private final SquashReader reader;
        private final String path;
        private final Inode inode;
        private @Nullable FileBlocks blocks;

        SquashFile(SquashReader reader, String path, Inode inode) {
            this.reader = reader;
            this.path = path;
            this.inode = inode;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public Kind kind() {
            return switch (inode) {
                case Inode.Regular _ -> Kind.REGULAR;
                case Inode.Directory _ -> Kind.DIRECTORY;
                case Inode.Symlink _ -> Kind.LINK;
                case Inode.Device _, Inode.Fifo _, Inode.Socket _ -> Kind.OTHER;
            };
        }

        @Override
        public boolean isExecutable() {
            return (inode.common().mode() & EXECUTE_BITS) != 0;
        }

        @Override
        public boolean isReadable() {
            return (inode.common().mode() & OTHERS_READ) != 0;
        }

        @Override
        public long modified() {
            return inode.common().mtime();
        }

        @Override
        public long size() {
            return inode instanceof Inode.Regular file ? file.size() : 0;
        }

        @Override
        public String target() {
            return inode instanceof Inode.Symlink link ? link.target() : "";
        }

        @Override
        public void fill(long at, byte[] into) throws IOException {
            if (into.length == 0) {
                return;
            }
            if (!(inode instanceof Inode.Regular file)) {
                throw new IOException("it is no regular file");
            }
            try {
                blocks(file).fill(at, into);
            } catch (Problem e) {
                throw new IOException(e.why(), e);
            }
        }

        private synchronized FileBlocks blocks(Inode.Regular file) {
            FileBlocks known = blocks;
            if (known == null) {
                known = reader.blocks(file);
                blocks = known;
            }
            return known;
        }
    }
}
