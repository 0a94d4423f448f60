// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.amphora.image.squashfs.Inode.Common;
import org.amphora.image.squashfs.Inode.MetadataPosition;
import org.amphora.problem.Problem;

/// Reads a SquashFS 4.0 file system from a file, without mounting it: gzip, zstd, xz and lz4
/// blocks, all kinds of inodes. Names and paths are byte strings as in {@link
/// org.amphora.image.Node}.
///
/// What is damaged gives a `Problem`, wherever it is met. Thread-safe; streams that it opens are
/// for one thread each.
public final class SquashReader implements AutoCloseable {
    /// As many as Linux follows (`MAXSYMLINKS`).
    private static final int MAXIMUM_SYMLINKS = 40;

    private static final int MAXIMUM_TARGET = 65_536;
    private static final int MAXIMUM_PATH = 65_536;
    private static final int MAXIMUM_XATTR_VALUE = 65_536;
    private static final int MAXIMUM_XATTR_BYTES = 16 << 20;
    private static final int EMPTY_DIRECTORY = 3;
    private static final int FRAGMENT_ENTRY = 16;
    private static final int XATTR_ENTRY = 16;

    private final Path path;
    private final FileChannel channel;
    private final Superblock superblock;
    private final Storage storage;

    /// A name in a directory.
    public record Entry(String name, Inode inode) {}

    /// Sees the files of a tree.
    public interface Visitor {
        /// A directory is seen before what is in it.
        ///
        /// @param path from the root without a leading slash; empty for the root
        void visit(String path, Inode inode);
    }

    /// Takes the bytes of a file piece by piece.
    public interface Sink {
        /// Takes `length` bytes from `offset` in the array, which belong at byte `at` of the file.
        void write(byte[] bytes, int offset, int length, long at) throws IOException;
    }

    private SquashReader(Path path, FileChannel channel, Superblock superblock, Storage storage) {
        this.path = path;
        this.channel = channel;
        this.superblock = superblock;
        this.storage = storage;
    }

    /// Opens a file system that begins at byte `offset` of a file.
    ///
    /// @throws Problem when it cannot be read, is none, is truncated, or its compressor is not
    ///     known here
    public static SquashReader open(Path path, long offset) {
        FileChannel channel;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
        try {
            Superblock superblock = superblock(path, channel, offset);
            SquashReader reader =
                    new SquashReader(
                            path,
                            channel,
                            superblock,
                            new Storage(path, channel, offset, superblock));
            if (!(reader.inode(superblock.rootInode()) instanceof Inode.Directory)) {
                throw Storage.damaged(path, "its root is no directory", null);
            }
            return reader;
        } catch (IOException e) {
            closeQuietly(channel);
            throw unreadable(path, e);
        } catch (RuntimeException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    /// How many inodes it has, as the superblock says; for progress, not to be trusted.
    public long inodeCount() {
        return Integer.toUnsignedLong(superblock.inodeCount());
    }

    public Inode.Directory root() {
        return (Inode.Directory) inode(superblock.rootInode());
    }

    /// The file of that path, symbolic links followed inside of this tree.
    ///
    /// @param filePath from the root; a leading slash makes no difference
    /// @return empty when there is none, or a link leads nowhere or in a circle
    public Optional<Inode> find(String filePath) {
        return find(filePath, true);
    }

    /// The same, a symbolic link at the end of the path itself instead of what it points to.
    public Optional<Inode> findLink(String filePath) {
        return find(filePath, false);
    }

    /// The entries of a directory in byte order of their names, read one by one.
    public Iterator<Entry> entries(Inode.Directory directory) {
        if (directory.listingSize() == 0) {
            return Collections.emptyIterator();
        }
        DirectoryCursor listing = DirectoryCursor.all(storage, directory);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return listing.hasNext();
            }

            @Override
            public Entry next() {
                DirectoryCursor.Entry entry = listing.next();
                return new Entry(entry.name(), inode(entry.reference()));
            }
        };
    }

    /// Visits every name of the tree; entries of a directory come in byte order. A directory that
    /// has two names, which would make the tree endless, is damage.
    public void walk(Visitor visitor) {
        record Open(String prefix, Iterator<Entry> entries) {}
        Inode.Directory root = root();
        Set<Long> directories = new HashSet<>();
        directories.add(root.common().reference());
        visitor.visit("", root);
        Deque<Open> stack = new ArrayDeque<>();
        stack.push(new Open("", entries(root)));
        while (!stack.isEmpty()) {
            Open open = stack.peek();
            if (!open.entries().hasNext()) {
                stack.pop();
                continue;
            }
            Entry entry = open.entries().next();
            String entryPath = open.prefix() + entry.name();
            if (entryPath.length() > MAXIMUM_PATH) {
                throw storage.damaged("a path is longer than " + MAXIMUM_PATH + " bytes");
            }
            visitor.visit(entryPath, entry.inode());
            if (entry.inode() instanceof Inode.Directory directory) {
                if (!directories.add(directory.common().reference())) {
                    throw storage.damaged("the directory " + entryPath + " has two names");
                }
                stack.push(new Open(entryPath + "/", entries(directory)));
            }
        }
    }

    /// The content of a file.
    public InputStream open(Inode.Regular file) {
        return new FileContent(storage, file, this::fragment);
    }

    /// The content of a file, for reading here and there.
    public FileBlocks blocks(Inode.Regular file) {
        return new FileBlocks(storage, file, this::fragment);
    }

    /// Copies the content of a file; holes are left out.
    ///
    /// @throws IOException what `to` throws
    public void copy(Inode.Regular file, Sink to) throws IOException {
        new FileContent(storage, file, this::fragment).copyTo(to);
    }

    /// The content of a file in one piece.
    ///
    /// @throws Problem when it has more than `limit` bytes
    public byte[] read(Inode.Regular file, int limit) {
        if (file.size() > limit) {
            throw new Problem(
                    "cannot read a file of image " + path,
                    "it has " + file.size() + " bytes, more than the " + limit + " expected",
                    "check what built the image");
        }
        byte[] content = new byte[(int) file.size()];
        try (FileContent in = new FileContent(storage, file, this::fragment)) {
            int size = in.readFully(content);
            if (size != content.length) {
                throw storage.damaged("a file ends after " + size + " bytes");
            }
        }
        return content;
    }

    /// Extended attributes by full name.
    public NavigableMap<String, byte[]> xattrs(Inode inode) {
        NavigableMap<String, byte[]> xattrs = new TreeMap<>();
        int index = inode.common().xattrIndex();
        if (index == Superblock.NO_XATTR || superblock.xattrTable() == Superblock.NO_TABLE) {
            return xattrs;
        }
        ByteBuffer table = little(storage.read(superblock.xattrTable(), 16));
        long values = table.getLong();
        long count = Integer.toUnsignedLong(table.getInt());
        if (Integer.toUnsignedLong(index) >= count) {
            throw storage.damaged("there are no xattrs of number " + Integer.toUnsignedLong(index));
        }
        MetadataCursor entry = tableEntry(superblock.xattrTable() + 16, index, XATTR_ENTRY);
        long reference = entry.longInteger();
        long entries = entry.unsignedInteger();
        MetadataCursor cursor = cursor(values, reference);
        long bytes = 0;
        for (long i = 0; i < entries; i++) {
            int type = cursor.unsignedShort();
            String name = xattrPrefix(type) + cursor.text(cursor.unsignedShort());
            byte[] value;
            if ((type & Superblock.XATTR_OUT_OF_LINE) != 0) {
                cursor.integer();
                value = xattrValue(cursor(values, cursor.longInteger()));
            } else {
                value = xattrValue(cursor);
            }
            bytes += name.length() + value.length;
            if (bytes > MAXIMUM_XATTR_BYTES) {
                throw storage.damaged("a file has too many xattrs: " + entries);
            }
            xattrs.put(name, value);
        }
        return xattrs;
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }

    private Optional<Inode> find(String filePath, boolean followLast) {
        Deque<Inode.Directory> above = new ArrayDeque<>();
        above.push(root());
        Deque<String> names = new ArrayDeque<>(names(filePath));
        Inode current = root();
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.pop();
            if (!(current instanceof Inode.Directory directory)) {
                return Optional.empty();
            }
            if (name.equals("..")) {
                if (above.size() > 1) {
                    above.pop();
                }
                current = above.element();
                continue;
            }
            Optional<Inode> child = child(directory, name);
            if (child.isEmpty()) {
                return Optional.empty();
            }
            switch (child.get()) {
                case Inode.Symlink link when followLast || !names.isEmpty() -> {
                    if (++links > MAXIMUM_SYMLINKS) {
                        return Optional.empty();
                    }
                    if (link.target().startsWith("/")) {
                        above.clear();
                        above.push(root());
                    }
                    names(link.target()).reversed().forEach(names::push);
                    current = above.element();
                }
                case Inode.Directory below -> {
                    above.push(below);
                    current = below;
                }
                case Inode other -> current = other;
            }
        }
        return Optional.of(current);
    }

    private static List<String> names(String filePath) {
        List<String> names = new ArrayList<>();
        for (String name : filePath.split("/", -1)) {
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return names;
    }

    private Optional<Inode> child(Inode.Directory directory, String name) {
        if (directory.listingSize() == 0) {
            return Optional.empty();
        }
        DirectoryCursor listing = DirectoryCursor.near(storage, directory, name);
        while (listing.hasNext()) {
            DirectoryCursor.Entry entry = listing.next();
            int order = entry.name().compareTo(name);
            if (order == 0) {
                return Optional.of(inode(entry.reference()));
            }
            if (order > 0) {
                break;
            }
        }
        return Optional.empty();
    }

    private Inode inode(long reference) {
        MetadataCursor in = cursor(superblock.inodeTable(), reference);
        int type = in.unsignedShort();
        int mode = in.unsignedShort() & 07777;
        long uid = id(in.unsignedShort());
        long gid = id(in.unsignedShort());
        long mtime = in.unsignedInteger();
        Common common =
                new Common(reference, in.integer(), mode, uid, gid, mtime, 1, Superblock.NO_XATTR);
        return switch (type) {
            case Superblock.DIRECTORY -> directory(common, in);
            case Superblock.DIRECTORY + Superblock.EXTENDED -> extendedDirectory(common, in);
            case Superblock.REGULAR -> regular(common, in);
            case Superblock.REGULAR + Superblock.EXTENDED -> extendedRegular(common, in);
            case Superblock.SYMLINK, Superblock.SYMLINK + Superblock.EXTENDED ->
                    symlink(common, in, type > Superblock.EXTENDED);
            case Superblock.BLOCK_DEVICE, Superblock.CHARACTER_DEVICE ->
                    device(common, in, type == Superblock.CHARACTER_DEVICE, false);
            case Superblock.BLOCK_DEVICE + Superblock.EXTENDED,
                    Superblock.CHARACTER_DEVICE + Superblock.EXTENDED ->
                    device(
                            common,
                            in,
                            type == Superblock.CHARACTER_DEVICE + Superblock.EXTENDED,
                            true);
            case Superblock.FIFO -> new Inode.Fifo(ipc(common, in, false));
            case Superblock.FIFO + Superblock.EXTENDED -> new Inode.Fifo(ipc(common, in, true));
            case Superblock.SOCKET -> new Inode.Socket(ipc(common, in, false));
            case Superblock.SOCKET + Superblock.EXTENDED -> new Inode.Socket(ipc(common, in, true));
            default -> throw storage.damaged("an inode has type " + type);
        };
    }

    private static Inode.Directory directory(Common common, MetadataCursor in) {
        long block = in.unsignedInteger();
        long links = in.unsignedInteger();
        int size = in.unsignedShort();
        int offset = in.unsignedShort();
        in.integer(); // parent
        return new Inode.Directory(
                with(common, links, Superblock.NO_XATTR),
                block << 16 | offset,
                listingSize(size),
                0,
                in.position());
    }

    private static Inode.Directory extendedDirectory(Common common, MetadataCursor in) {
        long links = in.unsignedInteger();
        long size = in.unsignedInteger();
        long block = in.unsignedInteger();
        in.integer(); // parent
        int indexCount = in.unsignedShort();
        int offset = in.unsignedShort();
        int xattrs = in.integer();
        return new Inode.Directory(
                with(common, links, xattrs),
                block << 16 | offset,
                listingSize(size),
                indexCount,
                in.position());
    }

    /// Directory sizes count `.` and `..`, which are not stored.
    private static long listingSize(long size) {
        return Math.max(0, size - EMPTY_DIRECTORY);
    }

    private Inode.Regular regular(Common common, MetadataCursor in) {
        long start = in.unsignedInteger();
        int fragment = in.integer();
        int fragmentOffset = in.integer();
        long size = in.unsignedInteger();
        return regular(common, size, start, fragment, fragmentOffset, in.position());
    }

    private Inode.Regular extendedRegular(Common common, MetadataCursor in) {
        long start = in.longInteger();
        long size = in.longInteger();
        in.longInteger(); // bytes in holes
        long links = in.unsignedInteger();
        int fragment = in.integer();
        int fragmentOffset = in.integer();
        int xattrs = in.integer();
        return regular(
                with(common, links, xattrs), size, start, fragment, fragmentOffset, in.position());
    }

    private Inode.Regular regular(
            Common common,
            long size,
            long start,
            int fragment,
            int fragmentOffset,
            MetadataPosition blockSizes) {
        if (size < 0) {
            throw storage.damaged("a file has a size of " + Long.toUnsignedString(size));
        }
        return new Inode.Regular(common, size, start, fragment, fragmentOffset, blockSizes);
    }

    private Inode.Symlink symlink(Common common, MetadataCursor in, boolean extended) {
        long links = in.unsignedInteger();
        long length = in.unsignedInteger();
        if (length > MAXIMUM_TARGET) {
            throw storage.damaged("a symbolic link has a target of " + length + " bytes");
        }
        String target = in.text((int) length);
        return new Inode.Symlink(
                with(common, links, extended ? in.integer() : Superblock.NO_XATTR), target);
    }

    private static Inode.Device device(
            Common common, MetadataCursor in, boolean character, boolean extended) {
        long links = in.unsignedInteger();
        int rdev = in.integer();
        return new Inode.Device(
                with(common, links, extended ? in.integer() : Superblock.NO_XATTR),
                character,
                rdev);
    }

    private static Common ipc(Common common, MetadataCursor in, boolean extended) {
        long links = in.unsignedInteger();
        return with(common, links, extended ? in.integer() : Superblock.NO_XATTR);
    }

    private static Common with(Common common, long links, int xattrIndex) {
        return new Common(
                common.reference(),
                common.number(),
                common.mode(),
                common.uid(),
                common.gid(),
                common.mtime(),
                links,
                xattrIndex);
    }

    private long id(int index) {
        if (index >= superblock.idCount()) {
            throw storage.damaged("there is no owner of number " + index);
        }
        return tableEntry(superblock.idTable(), index, 4).unsignedInteger();
    }

    private byte[] fragment(int number) {
        if (Integer.toUnsignedLong(number) >= Integer.toUnsignedLong(superblock.fragmentCount())
                || superblock.fragmentTable() == Superblock.NO_TABLE) {
            throw storage.damaged(
                    "there is no fragment of number " + Integer.toUnsignedLong(number));
        }
        MetadataCursor entry = tableEntry(superblock.fragmentTable(), number, FRAGMENT_ENTRY);
        long position = entry.longInteger();
        return storage.fragment(position, entry.integer());
    }

    /// An entry of a table that is found through a list of positions of its metadata blocks.
    private MetadataCursor tableEntry(long list, int index, int entrySize) {
        int perBlock = Superblock.METADATA_SIZE / entrySize;
        long at = Integer.toUnsignedLong(index) / perBlock;
        long block = little(storage.read(list + at * 8, 8)).getLong();
        return new MetadataCursor(
                storage, block, (int) (Integer.toUnsignedLong(index) % perBlock) * entrySize);
    }

    private MetadataCursor cursor(long table, long reference) {
        return new MetadataCursor(storage, table + (reference >>> 16), (int) (reference & 0xFFFF));
    }

    private String xattrPrefix(int type) {
        int prefix = type & 0xFF;
        if (prefix >= Superblock.XATTR_PREFIXES.length) {
            throw storage.damaged("an xattr has type " + type);
        }
        return Superblock.XATTR_PREFIXES[prefix];
    }

    private byte[] xattrValue(MetadataCursor cursor) {
        long size = cursor.unsignedInteger();
        if (size > MAXIMUM_XATTR_VALUE) {
            throw storage.damaged("an xattr has a value of " + size + " bytes");
        }
        return cursor.bytes((int) size);
    }

    private static Superblock superblock(Path path, FileChannel channel, long offset)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Superblock.SIZE);
        while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {
            // more
        }
        Superblock superblock = Superblock.parse(bytes.flip(), path.toString());
        if (!BlockDecoder.knows(superblock.compression())) {
            throw new Problem(
                    "cannot read image " + path,
                    "its SquashFS is compressed with " + compressor(superblock.compression()),
                    "build it again with gzip, zstd, xz or lz4");
        }
        long available = channel.size() - offset;
        if (superblock.bytesUsed() < Superblock.SIZE) {
            throw Storage.damaged(path, "it has " + superblock.bytesUsed() + " bytes", null);
        }
        if (superblock.bytesUsed() > available) {
            throw new Problem(
                    "cannot read image " + path,
                    "its SquashFS file system is truncated: it has "
                            + superblock.bytesUsed()
                            + " bytes, but the file ends after "
                            + available,
                    "copy, pull or build the file again");
        }
        return superblock;
    }

    private static String compressor(int compression) {
        return switch (compression) {
            case Superblock.LZMA -> "lzma, which is not read here";
            case Superblock.LZO -> "lzo, which is not read here";
            default -> "something unknown (compressor " + compression + ")";
        };
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static Problem unreadable(Path path, IOException e) {
        String why =
                switch (e) {
                    case NoSuchFileException _ -> "there is no such file";
                    case AccessDeniedException _ -> "you may not read it";
                    default -> "reading failed: " + e.getMessage();
                };
        return new Problem(
                "cannot open image " + path, why, "check the path and its permissions", e);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written, so nothing is lost.
        }
    }
}
