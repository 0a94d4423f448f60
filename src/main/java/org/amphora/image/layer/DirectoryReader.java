// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.amphora.image.Attributes;
import org.amphora.image.Node;
import org.amphora.problem.Problem;

/// Reads a directory on disk as if it were a layer: in byte order of the names, symbolic links not
/// followed, sockets left out. Contents go to a {@link ContentSink} on the way. Not thread-safe.
///
/// What cannot be read is a `Problem` that names the path.
public final class DirectoryReader {

    private static final int TYPE = 0170000;
    private static final int FIFO = 0010000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int DIRECTORY = 0040000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int REGULAR = 0100000;
    private static final int SYMLINK = 0120000;

    private final ContentSink sink;
    private final Consumer consumer;
    private final FileXattrs xattrs = new FileXattrs();

    /// The first name of each file that has several, by device and inode.
    private final Map<String, String> linked = new HashMap<>();

    /// Takes entries as they are read.
    @FunctionalInterface
    public interface Consumer {
        void accept(LayerEntry entry) throws IOException;
    }

    public DirectoryReader(ContentSink sink, Consumer consumer) {
        this.sink = sink;
        this.consumer = consumer;
    }

    /// Reads a whole tree.
    public void read(Path root) throws IOException {
        read(root.toAbsolutePath(), "./");
    }

    private void read(Path path, String name) throws IOException {
        try {
            Facts facts = Facts.of(path);
            int mode = facts.mode();
            boolean isDirectory = (mode & TYPE) == DIRECTORY;
            if (!isDirectory && facts.links() > 1) {
                String first = linked.putIfAbsent(facts.file(), name);
                if (first != null) {
                    consumer.accept(new LayerEntry.HardLink(name, first));
                    return;
                }
            }
            Attributes attributes = attributes(path, facts);
            switch (mode & TYPE) {
                case DIRECTORY -> {
                    consumer.accept(new LayerEntry.Directory(name, attributes));
                    readChildren(path, name);
                }
                case REGULAR ->
                        consumer.accept(
                                new LayerEntry.Regular(
                                        name, attributes, content(path, facts.size())));
                case SYMLINK ->
                        consumer.accept(
                                new LayerEntry.Symlink(
                                        name,
                                        attributes,
                                        byteString(Files.readSymbolicLink(path))));
                case FIFO -> consumer.accept(new LayerEntry.Fifo(name, attributes));
                case CHARACTER_DEVICE, BLOCK_DEVICE -> consumer.accept(new LayerEntry.Device(name));
                default -> {
                    // A socket is of use to a running process only.
                }
            }
        } catch (AccessDeniedException e) {
            throw new Problem(
                    "cannot read " + path,
                    "permission denied",
                    "make it readable: chmod -R u+rX " + path,
                    e);
        } catch (NoSuchFileException | EOFException e) {
            throw new Problem(
                    "cannot read " + path,
                    "it changed while it was read",
                    "run it again when nothing writes there",
                    e);
        }
    }

    private void readChildren(Path directory, String name) throws IOException {
        var children = new TreeMap<String, Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path child : stream) {
                children.put(byteString(child.getFileName()), child);
            }
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        for (Map.Entry<String, Path> child : children.entrySet()) {
            read(child.getValue(), name + child.getKey() + suffix(child.getValue()));
        }
    }

    private static String suffix(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? "/" : "";
    }

    private Attributes attributes(Path path, Facts facts) {
        SortedMap<String, byte[]> kept = xattrs.of(pathBytes(path));
        return new Attributes(
                facts.mode() & 07777, Math.clamp(facts.mtime(), 0, 0xFFFF_FFFFL), kept);
    }

    private Node.Content content(Path path, long size) throws IOException {
        if (size > TarReader.MAX_FILE_SIZE) {
            throw new Problem(
                    "cannot take " + path,
                    "it has "
                            + size
                            + " bytes; files of up to "
                            + TarReader.MAX_FILE_SIZE
                            + " are"
                            + " taken",
                    "keep it outside of the image and bind it");
        }
        sink.begin(size);
        try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
            sink.data(in, size);
        }
        return sink.end();
    }

    /// The bytes of a name or link target. Java keeps them in a path but shows them through the
    /// character set of the locale; only `toUri` gives them all.
    static String byteString(Path path) {
        String text = path.toString();
        if (isAscii(text)) {
            return text;
        }
        String absolute = uriBytes(path);
        // It adds a slash where the path leads to a directory.
        if (!text.endsWith("/") && absolute.endsWith("/")) {
            absolute = absolute.substring(0, absolute.length() - 1);
        }
        if (path.isAbsolute()) {
            return absolute;
        }
        String here = uriBytes(Path.of("").toAbsolutePath());
        return absolute.substring(here.endsWith("/") ? here.length() : here.length() + 1);
    }

    private static byte[] pathBytes(Path path) {
        return byteString(path).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String uriBytes(Path path) {
        String raw = path.toUri().getRawPath();
        var bytes = new StringBuilder();
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes.append((char) Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.append(c);
            }
        }
        return bytes.toString();
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /// What stat(2) tells of a file.
    ///
    /// @param file device and inode
    private record Facts(int mode, int links, String file, long size, long mtime) {
        static Facts of(Path path) throws IOException {
            Map<String, Object> all =
                    Files.readAttributes(
                            path,
                            "unix:mode,nlink,dev,ino,size,lastModifiedTime",
                            LinkOption.NOFOLLOW_LINKS);
            var mtime = (FileTime) Objects.requireNonNull(all.get("lastModifiedTime"));
            return new Facts(
                    (Integer) Objects.requireNonNull(all.get("mode")),
                    (Integer) Objects.requireNonNull(all.get("nlink")),
                    all.get("dev") + ":" + all.get("ino"),
                    (Long) Objects.requireNonNull(all.get("size")),
                    mtime.to(TimeUnit.SECONDS));
        }
    }
}
