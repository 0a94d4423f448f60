// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.nio.charset.StandardCharsets;
import org.amphora.image.squashfs.Inode.MetadataPosition;

/// Reads little-endian numbers and texts from a run of metadata blocks.
final class MetadataCursor {
    private final Storage storage;
    private Storage.Metadata block;
    private long blockPosition;
    private int offset;

    MetadataCursor(Storage storage, long blockPosition, int offset) {
        this.storage = storage;
        this.block = storage.metadata(blockPosition);
        this.blockPosition = blockPosition;
        this.offset = offset;
        // Behind the last byte is a valid place: the next byte is in the next block.
        if (offset > block.content().length) {
            throw storage.damaged(
                    "byte "
                            + offset
                            + " of the metadata block at "
                            + blockPosition
                            + " is missing");
        }
    }

    MetadataPosition position() {
        return new MetadataPosition(blockPosition, offset);
    }

    int unsignedByte() {
        if (offset == block.content().length) {
            blockPosition = block.next();
            block = storage.metadata(blockPosition);
            offset = 0;
        }
        // An empty block cannot be: its decompressed length is checked here.
        if (block.content().length == 0) {
            throw storage.damaged("the metadata block at " + blockPosition + " is empty");
        }
        return Byte.toUnsignedInt(block.content()[offset++]);
    }

    int unsignedShort() {
        return unsignedByte() | unsignedByte() << 8;
    }

    int integer() {
        return unsignedShort() | unsignedShort() << 16;
    }

    long unsignedInteger() {
        return Integer.toUnsignedLong(integer());
    }

    long longInteger() {
        return unsignedInteger() | unsignedInteger() << 32;
    }

    byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        int filled = 0;
        while (filled < length) {
            bytes[filled++] = (byte) unsignedByte();
            int step = Math.min(length - filled, block.content().length - offset);
            System.arraycopy(block.content(), offset, bytes, filled, step);
            filled += step;
            offset += step;
        }
        return bytes;
    }

    String text(int length) {
        return new String(bytes(length), StandardCharsets.ISO_8859_1);
    }

    void skip(long length) {
        long left = length;
        while (left > 0) {
            unsignedByte();
            int step = (int) Math.min(left - 1, block.content().length - offset);
            offset += step;
            left -= step + 1L;
        }
    }
}
