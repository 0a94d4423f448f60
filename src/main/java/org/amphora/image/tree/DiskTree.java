// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.tree;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The files of a directory.
record DiskTree(Path root) implements ImageTree {
    private static final int EXECUTE_BITS = 0111;
    private static final int OTHERS_READ = 04;
    private static final int TYPE_BITS = 0170000;
    private static final int REGULAR = 0100000;
    private static final int DIRECTORY = 0040000;
    private static final int LINK = 0120000;

    @Override
    public Optional<File> at(String path) {
        try {
            return Optional.of(file(path));
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> list(String directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(host(directory))) {
            entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
        }
        names.sort(null);
        return names;
    }

    @Override
    public void walk(Visitor visitor) {
        walk("", visitor);
    }

    @Override
    public void close() {}

    private void walk(String directory, Visitor visitor) {
        List<String> names;
        try {
            names = list(directory.isEmpty() ? "/" : directory);
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            visitor.unreadable(directory, reason(e));
            return;
        }
        for (String name : names) {
            File file = at(directory + "/" + name).orElse(null);
            if (file != null) {
                visitor.visit(file);
                if (file.kind() == Kind.DIRECTORY) {
                    walk(file.path(), visitor);
                }
            }
        }
    }

    private File file(String path) throws IOException {
        Path host = host(path);
        Map<String, Object> attributes =
                Files.readAttributes(
                        host, "unix:mode,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        int mode = (int) number(attributes, "mode");
        long size = number(attributes, "size");
        Kind kind =
                switch (mode & TYPE_BITS) {
                    case REGULAR -> Kind.REGULAR;
                    case DIRECTORY -> Kind.DIRECTORY;
                    case LINK -> Kind.LINK;
                    default -> Kind.OTHER;
                };
        String target = kind == Kind.LINK ? Files.readSymbolicLink(host).toString() : "";
        long modified =
                attributes.get("lastModifiedTime") instanceof FileTime time
                        ? time.to(TimeUnit.SECONDS)
                        : 0;
        return new DiskFile(path, host, kind, mode, size, target, modified);
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private Path host(String path) {
        return root.resolve(path.substring(1));
    }

    private static String reason(Exception e) {
        return e instanceof AccessDeniedException || e.getCause() instanceof AccessDeniedException
                ? "you may not read it"
                : "reading failed: " + e.getMessage();
    }

    private record DiskFile(
            String path, Path host, Kind kind, int mode, long size, String target, long modified)
            implements File {

        @Override
        public boolean isExecutable() {
            return (mode & EXECUTE_BITS) != 0;
        }

        @Override
        public boolean isReadable() {
            return (mode & OTHERS_READ) != 0;
        }

        @Override
        public void fill(long at, byte[] into) throws IOException {
            if (into.length == 0) {
                return;
            }
            if (kind != Kind.REGULAR) {
                throw new IOException("it is no regular file");
            }
            ByteBuffer buffer = ByteBuffer.wrap(into);
            try (FileChannel channel =
                    FileChannel.open(host, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                while (buffer.hasRemaining()) {
                    if (channel.read(buffer, at + buffer.position()) < 0) {
                        throw new IOException("it ends before byte " + (at + into.length));
                    }
                }
            } catch (AccessDeniedException e) {
                throw new IOException("you may not read it", e);
            }
        }
    }
}
