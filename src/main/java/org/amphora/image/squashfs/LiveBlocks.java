// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;

/// What of one pack an image uses, and where it lies in the image after `copy`. Blocks keep their
/// order; what no file uses any more is left behind.
final class LiveBlocks {

    private final Pack pack;
    private final BitSet fragments = new BitSet();
    private long[] starts = new long[64];
    private long[] lengths = new long[64];
    private int ranges;
    private long[] copiedTo = {};
    private int firstFragment;

    LiveBlocks(Pack pack) {
        this.pack = pack;
    }

    void add(PackedFile file) {
        long length = file.packedLength();
        if (length > 0) {
            add(file.start, length);
        }
        if (file.fragment != Superblock.NO_FRAGMENT) {
            fragments.set(file.fragment);
        }
    }

    int fragmentCount() {
        return fragments.cardinality();
    }

    /// @param fragmentsBefore how many fragment blocks other packs brought before
    void copy(SquashOutput out, int fragmentsBefore) throws IOException {
        firstFragment = fragmentsBefore;
        for (int f = fragments.nextSetBit(0); f >= 0; f = fragments.nextSetBit(f + 1)) {
            add(pack.fragmentStart(f), pack.fragmentSize(f) & ~Superblock.DATA_STORED);
        }
        merge();
        copiedTo = new long[ranges];
        for (int i = 0; i < ranges; i++) {
            copiedTo[i] = out.position();
            out.copy(pack.channel(), starts[i], lengths[i]);
        }
    }

    /// Where a position of the pack is in the image.
    long moved(long position) {
        int at = Arrays.binarySearch(starts, 0, ranges, position);
        int range = at >= 0 ? at : -at - 2;
        return copiedTo[range] + (position - starts[range]);
    }

    /// Writes the entries of the fragment table.
    void writeFragments(MetadataWriter table) {
        for (int f = fragments.nextSetBit(0); f >= 0; f = fragments.nextSetBit(f + 1)) {
            table.u64(moved(pack.fragmentStart(f))).u32(pack.fragmentSize(f)).u32(0);
        }
    }

    /// The number in the image of a fragment of the pack. Call once all are numbered.
    int[] fragmentNumbers() {
        int[] numbers = new int[fragments.length()];
        int next = firstFragment;
        for (int f = fragments.nextSetBit(0); f >= 0; f = fragments.nextSetBit(f + 1)) {
            numbers[f] = next++;
        }
        return numbers;
    }

    private void add(long start, long length) {
        if (ranges == starts.length) {
            starts = Arrays.copyOf(starts, 2 * ranges);
            lengths = Arrays.copyOf(lengths, 2 * ranges);
        }
        starts[ranges] = start;
        lengths[ranges++] = length;
    }

    private void merge() {
        Integer[] order = new Integer[ranges];
        Arrays.setAll(order, i -> i);
        long[] keys = starts;
        Arrays.sort(order, (a, b) -> Long.compare(keys[a], keys[b]));
        long[] mergedStarts = new long[ranges];
        long[] mergedLengths = new long[ranges];
        int merged = 0;
        for (Integer i : order) {
            if (merged > 0 && mergedStarts[merged - 1] + mergedLengths[merged - 1] == starts[i]) {
                mergedLengths[merged - 1] += lengths[i];
            } else {
                mergedStarts[merged] = starts[i];
                mergedLengths[merged++] = lengths[i];
            }
        }
        starts = mergedStarts;
        lengths = mergedLengths;
        ranges = merged;
    }
}
