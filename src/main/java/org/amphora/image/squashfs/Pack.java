// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/// A file that holds compressed blocks, and the table of its fragment blocks. The channel stays
/// the caller's to close.
public final class Pack {

    private final FileChannel channel;
    private long[] starts = new long[16];
    private int[] sizes = new int[16];
    private int fragments;

    /// A pack without fragment blocks yet.
    public Pack(FileChannel channel) {
        this.channel = channel;
    }

    FileChannel channel() {
        return channel;
    }

    int fragments() {
        return fragments;
    }

    long fragmentStart(int fragment) {
        return starts[fragment];
    }

    /// The length word as SquashFS has it.
    int fragmentSize(int fragment) {
        return sizes[fragment];
    }

    void addFragment(long start, int size) {
        if (fragments == starts.length) {
            starts = Arrays.copyOf(starts, 2 * fragments);
            sizes = Arrays.copyOf(sizes, 2 * fragments);
        }
        starts[fragments] = start;
        sizes[fragments++] = size;
    }

    /// Writes the fragment table.
    public void write(DataOutput out) throws IOException {
        out.writeInt(fragments);
        for (int i = 0; i < fragments; i++) {
            out.writeLong(starts[i]);
            out.writeInt(sizes[i]);
        }
    }

    /// The reverse of `write`.
    public static Pack read(DataInput in, FileChannel channel) throws IOException {
        var pack = new Pack(channel);
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            pack.addFragment(in.readLong(), in.readInt());
        }
        return pack;
    }
}
