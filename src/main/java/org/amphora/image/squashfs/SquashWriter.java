// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import org.amphora.image.Attributes;
import org.amphora.image.Node;

/// Writes a tree whose contents are {@link PackedFile}s as a SquashFS 4.0 file system: blocks as
/// they are in their packs, then inodes, directories, fragments, ids, xattrs; no export table.
/// Everything belongs to root. The same tree and packs give the same bytes.
public final class SquashWriter {

    /// What mksquashfs pads to, so that the file system can be a loop device.
    private static final int PADDING = 4096;

    private static final int ROOT_PARENT_EXTRA = 1;

    private final SquashOutput out;
    private final Compression compression;
    private final MetadataWriter inodes;
    private final MetadataWriter directories;
    private final Xattrs xattrs;
    private final Map<Pack, LiveBlocks> packs = new LinkedHashMap<>();
    private final IdentityHashMap<Pack, int[]> fragmentNumbers = new IdentityHashMap<>();

    /// Every node but directories; after counting, only those with several names.
    private final IdentityHashMap<Node, Shared> shared = new IdentityHashMap<>();

    private int inodeCount;

    /// A node that has several names.
    private static final class Shared {
        private static final Shared ONCE = new Shared();
        private int links = 1;
        private int number;
        private long reference = -1;
    }

    private SquashWriter(SquashOutput out, Compression compression) {
        this.out = out;
        this.compression = compression;
        inodes = new MetadataWriter(compression);
        directories = new MetadataWriter(compression);
        xattrs = new Xattrs(compression);
    }

    /// Writes the file system at `offset` of a file.
    ///
    /// @param root each regular file in it has a {@link PackedFile} as its content
    /// @param modificationTime of the file system, seconds since 1970
    /// @return its length with padding
    public static long write(
            FileChannel file,
            long offset,
            Node.Directory root,
            long modificationTime,
            Compression compression)
            throws IOException {
        var writer = new SquashWriter(new SquashOutput(file, offset), compression);
        return writer.write(root, modificationTime);
    }

    private long write(Node.Directory root, long modificationTime) throws IOException {
        count(root);
        shared.values().removeIf(s -> s == Shared.ONCE);
        out.position(Superblock.SIZE);
        int fragments = 0;
        for (LiveBlocks live : packs.values()) {
            live.copy(out, fragments);
            fragments += live.fragmentCount();
        }
        packs.forEach((pack, live) -> fragmentNumbers.put(pack, live.fragmentNumbers()));

        inodeCount = 1;
        long rootInode = writeDirectory(root, 1, 0);
        inodes.finish();
        directories.finish();
        long inodeTable = out.position();
        out.write(inodes);
        long directoryTable = out.position();
        out.write(directories);
        long fragmentTable = writeFragments();
        long idTable = writeIds();
        long xattrTable = xattrs.isEmpty() ? Superblock.NO_TABLE : xattrs.write(out, compression);
        long bytesUsed = out.position();
        out.pad(PADDING);
        long length = out.position();

        int flags =
                Superblock.FLAG_ALWAYS_FRAGMENTS
                        | (xattrs.isEmpty() ? Superblock.FLAG_NO_XATTRS : 0);
        var superblock =
                new Superblock(
                        inodeCount,
                        modificationTime,
                        PackedFile.BLOCK,
                        fragments,
                        Superblock.ZSTD,
                        flags,
                        1,
                        rootInode,
                        bytesUsed,
                        idTable,
                        xattrTable,
                        inodeTable,
                        directoryTable,
                        fragmentTable,
                        Superblock.NO_TABLE);
        out.position(0);
        out.write(superblock.toBytes());
        return length;
    }

    /// Counts names and notes which blocks are in use.
    private void count(Node.Directory directory) {
        for (Node node : directory.children().values()) {
            if (node instanceof Node.Directory below) {
                count(below);
                continue;
            }
            Shared before = shared.putIfAbsent(node, Shared.ONCE);
            if (before == Shared.ONCE) {
                before = new Shared();
                shared.put(node, before);
            }
            if (before != null) {
                before.links++;
            } else if (node instanceof Node.Regular regular) {
                PackedFile file = content(regular);
                packs.computeIfAbsent(file.pack, LiveBlocks::new).add(file);
            }
        }
    }

    /// Writes what is in the directory, then its listing, then its inode; the children get
    /// successive numbers first, because a listing says them as small differences.
    private long writeDirectory(Node.Directory directory, int number, int parent) {
        NavigableMap<String, Node> children = directory.children();
        int[] numbers = new int[children.size()];
        long[] references = new long[children.size()];
        int at = 0;
        int subdirectories = 0;
        for (Node node : children.values()) {
            Shared several = shared.get(node);
            if (several != null && several.number != 0) {
                numbers[at++] = several.number;
                continue;
            }
            numbers[at++] = ++inodeCount;
            if (several != null) {
                several.number = inodeCount;
            }
            subdirectories += node instanceof Node.Directory ? 1 : 0;
        }
        at = 0;
        for (Node node : children.values()) {
            references[at] =
                    node instanceof Node.Directory below
                            ? writeDirectory(below, numbers[at], number)
                            : writeOnce(node, numbers[at]);
            at++;
        }
        var listing = new ListingWriter(directories);
        at = 0;
        for (Map.Entry<String, Node> child : children.entrySet()) {
            listing.add(child.getKey(), type(child.getValue()), numbers[at], references[at]);
            at++;
        }
        listing.finish();
        // mksquashfs gives the root a parent one beyond the last inode; it is never looked at.
        int parentNumber = parent == 0 ? inodeCount + ROOT_PARENT_EXTRA : parent;
        return directoryInode(
                listing, directory.attributes(), number, parentNumber, subdirectories + 2);
    }

    private long directoryInode(
            ListingWriter listing, Attributes attributes, int number, int parent, int links) {
        long reference = inodes.reference();
        int xattr = xattrs.number(attributes.xattrs());
        if (listing.isSmall() && xattr == Superblock.NO_XATTR) {
            inode(Superblock.DIRECTORY, attributes, number);
            inodes.u32(listing.startBlock()).u32(links).u16(listing.size());
            inodes.u16(listing.startOffset()).u32(parent);
            return reference;
        }
        inode(Superblock.DIRECTORY + Superblock.EXTENDED, attributes, number);
        inodes.u32(links).u32(listing.size()).u32(listing.startBlock()).u32(parent);
        inodes.u16(listing.indexCount()).u16(listing.startOffset()).u32(xattr);
        listing.writeIndex(inodes);
        return reference;
    }

    private long writeOnce(Node node, int number) {
        Shared several = shared.get(node);
        if (several == null) {
            return writeInode(node, number, 1);
        }
        if (several.reference < 0) {
            several.reference = writeInode(node, number, several.links);
        }
        return several.reference;
    }

    private long writeInode(Node node, int number, int links) {
        long reference = inodes.reference();
        Attributes attributes = node.attributes();
        int xattr = xattrs.number(attributes.xattrs());
        boolean extended = xattr != Superblock.NO_XATTR;
        switch (node) {
            case Node.Regular regular -> regularInode(regular, number, links, xattr);
            case Node.Symlink link -> {
                inode(Superblock.SYMLINK, extended, attributes, number);
                inodes.u32(links).u32(link.target().length()).text(link.target());
                if (extended) {
                    inodes.u32(xattr);
                }
            }
            case Node.Fifo _ -> {
                inode(Superblock.FIFO, extended, attributes, number);
                inodes.u32(links);
                if (extended) {
                    inodes.u32(xattr);
                }
            }
            case Node.Directory _ -> throw new IllegalStateException("a directory is no leaf");
        }
        return reference;
    }

    private void regularInode(Node.Regular regular, int number, int links, int xattr) {
        PackedFile file = content(regular);
        LiveBlocks live = java.util.Objects.requireNonNull(packs.get(file.pack));
        long start = file.packedLength() == 0 ? 0 : live.moved(file.start);
        int fragment = Superblock.NO_FRAGMENT;
        if (file.fragment != Superblock.NO_FRAGMENT) {
            fragment =
                    java.util.Objects.requireNonNull(fragmentNumbers.get(file.pack))[file.fragment];
        }
        long holes = file.holes();
        if (links > 1
                || xattr != Superblock.NO_XATTR
                || holes > 0
                || start >>> 32 != 0
                || file.size() >>> 32 != 0) {
            inode(Superblock.REGULAR + Superblock.EXTENDED, regular.attributes(), number);
            inodes.u64(start).u64(file.size()).u64(sparse(file, holes)).u32(links);
            inodes.u32(fragment).u32(file.fragmentOffset).u32(xattr);
        } else {
            inode(Superblock.REGULAR, regular.attributes(), number);
            inodes.u32(start).u32(fragment).u32(file.fragmentOffset).u32(file.size());
        }
        for (int block : file.blocks) {
            inodes.u32(block);
        }
    }

    /// The kernel takes the difference to the size for the blocks in use; a file of nothing but
    /// holes keeps one byte, as mksquashfs has it.
    private static long sparse(PackedFile file, long holes) {
        return holes > 0 && holes == file.size() ? holes - 1 : holes;
    }

    private void inode(int type, boolean extended, Attributes attributes, int number) {
        inode(extended ? type + Superblock.EXTENDED : type, attributes, number);
    }

    private void inode(int type, Attributes attributes, int number) {
        inodes.u16(type).u16(attributes.mode()).u16(0).u16(0);
        inodes.u32(attributes.mtime()).u32(number);
    }

    private static int type(Node node) {
        return switch (node) {
            case Node.Directory _ -> Superblock.DIRECTORY;
            case Node.Regular _ -> Superblock.REGULAR;
            case Node.Symlink _ -> Superblock.SYMLINK;
            case Node.Fifo _ -> Superblock.FIFO;
        };
    }

    private static PackedFile content(Node.Regular regular) {
        if (regular.content() instanceof PackedFile file) {
            return file;
        }
        throw new IllegalArgumentException("content is not packed: " + regular.content());
    }

    private long writeFragments() throws IOException {
        var table = new MetadataWriter(compression);
        for (LiveBlocks live : packs.values()) {
            live.writeFragments(table);
        }
        return writeTable(table);
    }

    private long writeIds() throws IOException {
        return writeTable(new MetadataWriter(compression).u32(0));
    }

    /// Returns where the index of the table's blocks is.
    private long writeTable(MetadataWriter table) throws IOException {
        table.finish();
        long start = out.position();
        out.write(table);
        long index = out.position();
        out.index(table, start);
        return index;
    }
}
