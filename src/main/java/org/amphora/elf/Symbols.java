// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The names that a program or library offers to others and wants from them.
///
/// @param defined what others may use
/// @param undefined what others must have; weak wishes are left out
public record Symbols(Set<String> defined, Set<String> undefined) {
    private static final int MAXIMUM_SYMBOLS = 1 << 20;
    private static final int MAXIMUM_BUCKETS = 1 << 20;
    private static final int CHUNK = 4096;
    private static final int GLOBAL = 1;
    private static final int WEAK = 2;
    private static final int UNIQUE = 10;
    private static final int S390 = 22;
    private static final int ALPHA = 0x9026;

    static final Symbols NONE = new Symbols(Set.of(), Set.of());

    public Symbols {
        defined = Collections.unmodifiableSet(defined);
        undefined = Collections.unmodifiableSet(undefined);
    }

    public boolean defines(String name) {
        return defined.contains(name);
    }

    static Symbols read(
            ByteSource source,
            Header header,
            DynamicSection dynamic,
            ElfFile.@Nullable Section table)
            throws IOException {
        Texts texts = dynamic.texts(source, header);
        if (dynamic.symbols == 0 || texts == null) {
            return NONE;
        }
        Fields.Layout layout = header.layout();
        int entry = layout.pick(24, 16);
        long count = count(source, header, dynamic, table, entry);
        if (count > MAXIMUM_SYMBOLS) {
            throw new ElfException("it has " + count + " dynamic symbols");
        }
        Fields symbols =
                layout.over(
                        source.read(
                                header.offset(dynamic.symbols, "the symbol table"),
                                count * entry,
                                "the symbol table"));
        Set<String> defined = new HashSet<>();
        Set<String> undefined = new HashSet<>();
        for (int i = 1; i < count; i++) {
            int at = i * entry;
            int binding = symbols.unsignedByte(at + layout.pick(4, 12)) >> 4;
            int section = symbols.unsignedShort(at + layout.pick(6, 14));
            if (section == 0 && binding == GLOBAL) {
                undefined.add(texts.at(symbols.unsignedInteger(at)));
            } else if (section != 0
                    && (binding == GLOBAL || binding == WEAK || binding == UNIQUE)) {
                defined.add(texts.at(symbols.unsignedInteger(at)));
            }
        }
        return new Symbols(defined, undefined);
    }

    /// The number of symbols stands in no place of its own: a hash table or the section tells.
    private static long count(
            ByteSource source,
            Header header,
            DynamicSection dynamic,
            ElfFile.@Nullable Section table,
            int entry)
            throws IOException {
        // Two architectures have words of 8 bytes in this table.
        boolean plain = header.machine() != S390 && header.machine() != ALPHA;
        if (dynamic.hash != 0 && plain) {
            long at = header.offset(dynamic.hash, "the hash table");
            return header.layout().over(source.read(at, 8, "the hash table")).unsignedInteger(4);
        }
        if (table != null) {
            return table.size() / entry;
        }
        return dynamic.gnuHash == 0 ? 0 : gnuCount(source, header, dynamic.gnuHash);
    }

    /// The last symbol is the end of the chain of the highest bucket (binutils `elflink.c`).
    private static long gnuCount(ByteSource source, Header header, long address)
            throws IOException {
        String what = "the GNU hash table";
        Fields.Layout layout = header.layout();
        long at = header.offset(address, what);
        Fields head = layout.over(source.read(at, 16, what));
        long buckets = head.unsignedInteger(0);
        long first = head.unsignedInteger(4);
        long bloom = head.unsignedInteger(8);
        if (buckets > MAXIMUM_BUCKETS) {
            throw new ElfException("its hash table has " + buckets + " buckets");
        }
        long bucketsAt = at + 16 + bloom * layout.pick(8, 4);
        Fields table = layout.over(source.read(bucketsAt, buckets * 4, what));
        long last = 0;
        for (int i = 0; i < buckets; i++) {
            last = Math.max(last, table.unsignedInteger(i * 4));
        }
        if (last < first) {
            return first;
        }
        long chain = bucketsAt + (buckets - first) * 4;
        while (last <= MAXIMUM_SYMBOLS) {
            long from = chain + last * 4;
            long length = Math.min(CHUNK, source.size() - from) & ~3L;
            if (length <= 0) {
                throw new ElfException("a chain of its hash table has no end");
            }
            Fields links = layout.over(source.read(from, length, what));
            for (int i = 0; i < links.length(); i += 4) {
                if ((links.unsignedByte(layout.big() ? i + 3 : i) & 1) != 0) {
                    return last + 1;
                }
                last++;
            }
        }
        throw new ElfException("a chain of its hash table does not end");
    }
}
