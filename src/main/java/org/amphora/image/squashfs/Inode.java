// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

/// A file of a SquashFS file system, without its name and content. Names and symlink targets are
/// byte strings as in {@link org.amphora.image.Node}.
public sealed interface Inode {

    /// What every inode has.
    ///
    /// @param reference where the inode is in the inode table; two directory entries with equal
    ///     references are hard links
    /// @param mode permission bits with set-uid, set-gid and sticky
    /// @param mtime seconds since 1970
    /// @param xattrIndex in the table of xattrs; -1 when there are none
    record Common(
            long reference,
            int number,
            int mode,
            long uid,
            long gid,
            long mtime,
            long links,
            int xattrIndex) {}

    Common common();

    /// A directory; its entries are in the directory table.
    ///
    /// @param listing where the entries begin in the directory table, an inode-like reference
    /// @param listingSize of the entries in bytes
    /// @param indexCount how many index entries follow the inode at `index`
    record Directory(
            Common common, long listing, long listingSize, int indexCount, MetadataPosition index)
            implements Inode {}

    /// A regular file.
    ///
    /// @param size in bytes
    /// @param start position of the first data block in the file system
    /// @param fragment number of the fragment that holds the tail; -1 when there is none
    /// @param blockSizes where the list of block sizes begins
    record Regular(
            Common common,
            long size,
            long start,
            int fragment,
            int fragmentOffset,
            MetadataPosition blockSizes)
            implements Inode {}

    record Symlink(Common common, String target) implements Inode {}

    /// A device node.
    ///
    /// @param character a character device, else a block device
    /// @param rdev as the kernel encodes major and minor numbers in 32 bits
    record Device(Common common, boolean character, int rdev) implements Inode {}

    record Fifo(Common common) implements Inode {}

    record Socket(Common common) implements Inode {}

    /// A place in a table of metadata blocks.
    ///
    /// @param block position of the block's header in the file system
    /// @param offset in the block's content
    record MetadataPosition(long block, int offset) {}
}
