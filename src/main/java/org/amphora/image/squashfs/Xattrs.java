// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// Collects the xattrs of all inodes; equal sets are stored once.
final class Xattrs {

    /// A stored set: where it is, how many, how many bytes.
    private record Stored(long reference, int count, int size) {}

    private final MetadataWriter values;
    private final Map<String, Integer> known = new HashMap<>();
    private final List<Stored> sets = new ArrayList<>();

    Xattrs(Compression compression) {
        values = new MetadataWriter(compression);
    }

    boolean isEmpty() {
        return sets.isEmpty();
    }

    /// The number that an inode with these xattrs carries.
    int number(SortedMap<String, byte[]> xattrs) {
        if (xattrs.isEmpty()) {
            return Superblock.NO_XATTR;
        }
        return known.computeIfAbsent(key(xattrs), k -> add(xattrs));
    }

    private static String key(SortedMap<String, byte[]> xattrs) {
        var key = new StringBuilder();
        xattrs.forEach(
                (name, value) ->
                        key.append(name)
                                .append('\0')
                                .append(value.length)
                                .append('\0')
                                .append(new String(value, StandardCharsets.ISO_8859_1)));
        return key.toString();
    }

    private int add(SortedMap<String, byte[]> xattrs) {
        long reference = values.reference();
        int size = 0;
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            int prefix = prefix(xattr.getKey());
            String name = xattr.getKey().substring(Superblock.XATTR_PREFIXES[prefix].length());
            values.u16(prefix).u16(name.length()).text(name);
            values.u32(xattr.getValue().length).bytes(xattr.getValue());
            size += 8 + name.length() + xattr.getValue().length;
        }
        sets.add(new Stored(reference, xattrs.size(), size));
        return sets.size() - 1;
    }

    private static int prefix(String name) {
        for (int i = 0; i < Superblock.XATTR_PREFIXES.length; i++) {
            if (name.startsWith(Superblock.XATTR_PREFIXES[i])) {
                return i;
            }
        }
        throw new IllegalArgumentException("xattr that SquashFS cannot say: " + name);
    }

    /// Writes names and values, then the table of sets, then its header.
    ///
    /// @return where the header is
    long write(SquashOutput out, Compression compression) throws java.io.IOException {
        values.finish();
        long start = out.position();
        out.write(values);
        var table = new MetadataWriter(compression);
        for (Stored set : sets) {
            table.u64(set.reference()).u32(set.count()).u32(set.size());
        }
        table.finish();
        long tableStart = out.position();
        out.write(table);
        long header = out.position();
        out.u64(start);
        out.u64(sets.size());
        out.index(table, tableStart);
        return header;
    }
}
