// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.util.ArrayList;
import java.util.List;

/// Where a sparse file has data (GNU tar manual, "Storing Sparse Files"): pieces in ascending
/// order; what lies between them is zero.
///
/// @param pieces offset and length in turn
/// @param size of the whole file
record SparseMap(List<Long> pieces, long size) {

    SparseMap {
        pieces = List.copyOf(pieces);
        long end = 0;
        for (int i = 0; i < pieces.size(); i += 2) {
            long offset = pieces.get(i);
            long length = pieces.get(i + 1);
            if (offset < end || length < 0 || length > size - offset) {
                throw new IllegalArgumentException(
                        "bad sparse map: piece at " + offset + " of " + length + " bytes");
            }
            end = offset + length;
        }
    }

    /// How many bytes the archive holds for it.
    long storedSize() {
        long sum = 0;
        for (int i = 1; i < pieces.size(); i += 2) {
            sum += pieces.get(i);
        }
        return sum;
    }

    /// Reads `offset,length,offset,length` (PAX formats 0.0 and 0.1).
    static SparseMap parse(String text, long size) {
        var numbers = new ArrayList<Long>();
        if (!text.isEmpty()) {
            for (String number : text.split(",", -1)) {
                numbers.add(Long.parseLong(number));
            }
        }
        if (numbers.size() % 2 != 0) {
            throw new IllegalArgumentException("bad sparse map: odd count of numbers");
        }
        return new SparseMap(numbers, size);
    }
}
