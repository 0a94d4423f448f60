// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.amphora.image.Node;

/// The content of a regular file as compressed blocks in a {@link Pack}: whole blocks one after
/// the other, then perhaps a tail inside a fragment block.
public final class PackedFile implements Node.Content {

    static final int BLOCK = 1 << 17;

    private static final int[] NO_BLOCKS = {};

    final Pack pack;
    private final long size;

    /// Position of the first block that is no hole; -1 when there is none.
    long start = -1;

    /// One word a block as SquashFS has it: 0 for a hole, else the length with `DATA_STORED`.
    final int[] blocks;

    /// Number of the fragment block within the pack, or `NO_FRAGMENT`.
    int fragment = Superblock.NO_FRAGMENT;

    int fragmentOffset;

    PackedFile(Pack pack, long size) {
        this.pack = pack;
        this.size = size;
        int whole = Math.toIntExact(size / BLOCK);
        blocks = whole == 0 ? NO_BLOCKS : new int[whole];
    }

    @Override
    public long size() {
        return size;
    }

    /// What the blocks take in the pack.
    long packedLength() {
        long sum = 0;
        for (int block : blocks) {
            sum += block & ~Superblock.DATA_STORED;
        }
        return sum;
    }

    /// How many bytes of the file are holes.
    long holes() {
        long sum = 0;
        for (int block : blocks) {
            sum += block == 0 ? BLOCK : 0;
        }
        return sum;
    }

    /// Writes the handle without its pack.
    public void write(DataOutput out) throws IOException {
        out.writeLong(size);
        if (blocks.length > 0) {
            out.writeLong(start);
            for (int block : blocks) {
                out.writeInt(block);
            }
        }
        if (size % BLOCK != 0) {
            out.writeInt(fragment);
            out.writeInt(fragmentOffset);
        }
    }

    /// The reverse of `write`, for a handle in that pack.
    ///
    /// @throws IOException for bytes that `write` cannot have made
    public static PackedFile read(DataInput in, Pack pack) throws IOException {
        long size = in.readLong();
        if (size < 0 || size / BLOCK > Integer.MAX_VALUE / 8) {
            throw new IOException("file size out of range: " + size);
        }
        var file = new PackedFile(pack, size);
        if (file.blocks.length > 0) {
            file.start = in.readLong();
            for (int i = 0; i < file.blocks.length; i++) {
                file.blocks[i] = in.readInt();
            }
        }
        if (size % BLOCK != 0) {
            file.fragment = in.readInt();
            file.fragmentOffset = in.readInt();
            if (file.fragment < 0 || file.fragment >= pack.fragments()) {
                throw new IOException("fragment out of range: " + file.fragment);
            }
        }
        return file;
    }
}
