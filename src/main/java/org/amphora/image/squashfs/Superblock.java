// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.amphora.problem.Problem;

/// The first 96 bytes of a SquashFS 4.0 file system and the constants of the format (Linux
/// `fs/squashfs/squashfs_fs.h`). All numbers are little-endian; positions count from the start of
/// the file system, which is not the start of the file when it lies in a SIF.
///
/// @param modificationTime seconds since 1970, unsigned 32 bits
/// @param compression number of the compressor, one of `GZIP` to `ZSTD`
/// @param rootInode inode reference: position of the metadata block in the inode table,
///     shifted left by 16, plus the position in the block
/// @param bytesUsed length of the file system without padding
/// @param exportTable and the other tables that may be missing: `NO_TABLE`
record Superblock(
        int inodeCount,
        long modificationTime,
        int blockSize,
        int fragmentCount,
        int compression,
        int flags,
        int idCount,
        long rootInode,
        long bytesUsed,
        long idTable,
        long xattrTable,
        long inodeTable,
        long directoryTable,
        long fragmentTable,
        long exportTable) {

    static final int SIZE = 96;
    static final int MAGIC = 0x7371_7368;
    static final long NO_TABLE = -1;

    static final int GZIP = 1;
    static final int LZMA = 2;
    static final int LZO = 3;
    static final int XZ = 4;
    static final int LZ4 = 5;
    static final int ZSTD = 6;

    static final int FLAG_UNCOMPRESSED_INODES = 0x0001;
    static final int FLAG_UNCOMPRESSED_DATA = 0x0002;
    static final int FLAG_UNCOMPRESSED_FRAGMENTS = 0x0008;
    static final int FLAG_NO_FRAGMENTS = 0x0010;
    static final int FLAG_ALWAYS_FRAGMENTS = 0x0020;
    static final int FLAG_DUPLICATES = 0x0040;
    static final int FLAG_EXPORTABLE = 0x0080;
    static final int FLAG_UNCOMPRESSED_XATTRS = 0x0100;
    static final int FLAG_NO_XATTRS = 0x0200;
    static final int FLAG_COMPRESSOR_OPTIONS = 0x0400;
    static final int FLAG_UNCOMPRESSED_IDS = 0x0800;

    /// Inodes, directories, ids, fragment entries and xattrs lie in metadata blocks of this length
    /// before compression, each behind a 16-bit header.
    static final int METADATA_SIZE = 8192;

    /// In a metadata header: the block is stored as it is. The other 15 bits are its length.
    static final int METADATA_STORED = 0x8000;

    /// In the size of a data block or fragment: the block is stored as it is. The other bits are
    /// its length; 0 is a hole.
    static final int DATA_STORED = 1 << 24;

    static final int DIRECTORY = 1;
    static final int REGULAR = 2;
    static final int SYMLINK = 3;
    static final int BLOCK_DEVICE = 4;
    static final int CHARACTER_DEVICE = 5;
    static final int FIFO = 6;
    static final int SOCKET = 7;

    /// Added to an inode type: its extended form. Directory entries carry the basic type only.
    static final int EXTENDED = 7;

    /// In an inode: the file ends on a block boundary or in a block of its own, not in a fragment.
    static final int NO_FRAGMENT = -1;

    /// In an extended inode: no xattrs.
    static final int NO_XATTR = -1;

    /// A directory header covers at most this many entries.
    static final int DIRECTORY_RUN = 256;

    static final int MAX_NAME = 256;

    static final String[] XATTR_PREFIXES = {"user.", "trusted.", "security."};

    /// In the type of an xattr: its value is the position of the value, which another entry shares.
    static final int XATTR_OUT_OF_LINE = 0x100;

    private static final int MIN_BLOCK_LOG = 12;
    private static final int MAX_BLOCK_LOG = 20;

    /// Reads a superblock at the buffer's position and advances it by `SIZE`.
    ///
    /// @param name how messages call the file
    /// @throws Problem when it is none, or of another version
    static Superblock parse(ByteBuffer from, String name) {
        if (from.remaining() < SIZE) {
            throw unreadable(name, "it ends within the superblock");
        }
        ByteBuffer in = from.slice(from.position(), SIZE).order(ByteOrder.LITTLE_ENDIAN);
        from.position(from.position() + SIZE);
        int magic = in.getInt();
        if (magic != MAGIC) {
            throw unreadable(name, "it begins with " + Integer.toHexString(magic));
        }
        int inodeCount = in.getInt();
        long modificationTime = Integer.toUnsignedLong(in.getInt());
        int blockSize = in.getInt();
        int fragmentCount = in.getInt();
        int compression = Short.toUnsignedInt(in.getShort());
        int blockLog = Short.toUnsignedInt(in.getShort());
        int flags = Short.toUnsignedInt(in.getShort());
        int idCount = Short.toUnsignedInt(in.getShort());
        int major = Short.toUnsignedInt(in.getShort());
        int minor = Short.toUnsignedInt(in.getShort());
        if (major != 4 || minor != 0) {
            throw unreadable(name, "its version is " + major + "." + minor + ", not 4.0");
        }
        if (blockLog < MIN_BLOCK_LOG || blockLog > MAX_BLOCK_LOG || blockSize != 1 << blockLog) {
            throw unreadable(name, "its block size is " + blockSize + ", 2^" + blockLog);
        }
        return new Superblock(
                inodeCount,
                modificationTime,
                blockSize,
                fragmentCount,
                compression,
                flags,
                idCount,
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong());
    }

    /// The 96 bytes, ready to be read.
    ByteBuffer toBytes() {
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(inodeCount).putInt((int) modificationTime).putInt(blockSize);
        out.putInt(fragmentCount).putShort((short) compression);
        out.putShort((short) Integer.numberOfTrailingZeros(blockSize));
        out.putShort((short) flags).putShort((short) idCount).putShort((short) 4);
        out.putShort((short) 0).putLong(rootInode).putLong(bytesUsed).putLong(idTable);
        out.putLong(xattrTable).putLong(inodeTable).putLong(directoryTable);
        out.putLong(fragmentTable).putLong(exportTable);
        return out.flip();
    }

    private static Problem unreadable(String name, String why) {
        return new Problem(
                "cannot read the SquashFS file system in " + name,
                why,
                "check that the file is complete, or build it again");
    }
}
