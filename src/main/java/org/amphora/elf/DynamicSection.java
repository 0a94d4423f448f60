// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What `PT_DYNAMIC` tells the linker: names, and the tables of symbol versions (System V ABI
/// chapter 5; LSB 5.0 core, symbol versioning).
final class DynamicSection {
    private static final int NEEDED = 1;
    private static final int HASH = 4;
    private static final int STRINGS = 5;
    private static final int SYMBOLS = 6;
    private static final int STRINGS_SIZE = 10;
    private static final int SONAME = 14;
    private static final int RPATH = 15;
    private static final int RUNPATH = 29;
    private static final int GNU_HASH = 0x6ffffef5;
    private static final int FLAGS_1 = 0x6ffffffb;
    private static final int DEFINED = 0x6ffffffc;
    private static final int DEFINED_COUNT = 0x6ffffffd;
    private static final int NEEDED_VERSIONS = 0x6ffffffe;
    private static final int NEEDED_VERSIONS_COUNT = 0x6fffffff;
    private static final int PIE_FLAG = 0x08000000;
    private static final int BASE_FLAG = 1;
    private static final int WEAK_FLAG = 2;

    private static final int MAXIMUM_SIZE = 1 << 20;
    private static final int MAXIMUM_VERSIONS = 65_536;

    static final DynamicSection NONE = new DynamicSection();

    final List<String> needed;
    final List<String> rpath;
    final List<String> runpath;
    final Optional<String> soname;
    final Map<String, Set<String>> versionsNeeded;
    final Set<String> versionsDefined;
    final boolean positionIndependentProgram;

    /// Where the tables of symbols are, as addresses; 0 when there are none.
    final long symbols;

    final long hash;
    final long gnuHash;
    final long strings;
    final long stringsSize;

    private DynamicSection() {
        needed = List.of();
        rpath = List.of();
        runpath = List.of();
        soname = Optional.empty();
        versionsNeeded = Map.of();
        versionsDefined = Set.of();
        positionIndependentProgram = false;
        symbols = 0;
        hash = 0;
        gnuHash = 0;
        strings = 0;
        stringsSize = 0;
    }

    private DynamicSection(ByteSource source, Header header, Map<Integer, List<Long>> tags)
            throws IOException {
        strings = first(tags, STRINGS);
        stringsSize = first(tags, STRINGS_SIZE);
        symbols = first(tags, SYMBOLS);
        hash = first(tags, HASH);
        gnuHash = first(tags, GNU_HASH);
        positionIndependentProgram = (first(tags, FLAGS_1) & PIE_FLAG) != 0;
        Texts texts = texts(source, header);
        needed = names(tags, NEEDED, texts);
        rpath = paths(names(tags, RPATH, texts));
        runpath = paths(names(tags, RUNPATH, texts));
        List<String> sonames = names(tags, SONAME, texts);
        soname = sonames.isEmpty() ? Optional.empty() : Optional.of(sonames.getFirst());
        versionsNeeded =
                needs(
                        source,
                        header,
                        texts,
                        first(tags, NEEDED_VERSIONS),
                        first(tags, NEEDED_VERSIONS_COUNT));
        versionsDefined =
                definitions(
                        source, header, texts, first(tags, DEFINED), first(tags, DEFINED_COUNT));
    }

    static DynamicSection read(ByteSource source, Header header, Header.Segment segment)
            throws IOException {
        if (segment.size() < 0 || segment.size() > MAXIMUM_SIZE) {
            throw new ElfException(
                    "its dynamic section has " + Long.toUnsignedString(segment.size()) + " bytes");
        }
        Fields.Layout layout = header.layout();
        Fields table =
                layout.over(source.read(segment.offset(), segment.size(), "the dynamic section"));
        int entry = layout.pick(16, 8);
        Map<Integer, List<Long>> tags = new LinkedHashMap<>();
        for (int at = 0; at + entry <= table.length(); at += entry) {
            int tag = (int) table.word(at);
            if (tag == 0) {
                break;
            }
            tags.computeIfAbsent(tag, _ -> new ArrayList<>(1)).add(table.word(at + entry / 2));
        }
        return new DynamicSection(source, header, tags);
    }

    /// The string table; of its own budget, for a reader of many names.
    @Nullable Texts texts(ByteSource source, Header header) throws IOException {
        return strings == 0
                ? null
                : new Texts(
                        source,
                        header.layout(),
                        header.offset(strings, "the string table"),
                        stringsSize);
    }

    private static long first(Map<Integer, List<Long>> tags, int tag) {
        List<Long> values = tags.get(tag);
        return values == null ? 0 : values.getFirst();
    }

    private static List<String> names(Map<Integer, List<Long>> tags, int tag, @Nullable Texts texts)
            throws ElfException {
        List<String> names = new ArrayList<>();
        for (long at : tags.getOrDefault(tag, List.of())) {
            names.add(name(texts, at));
        }
        return List.copyOf(names);
    }

    private static String name(@Nullable Texts texts, long at) throws ElfException {
        if (texts == null) {
            throw new ElfException("its dynamic section has names but no string table");
        }
        return texts.at(at);
    }

    private static List<String> paths(List<String> texts) {
        List<String> paths = new ArrayList<>();
        for (String text : texts) {
            int from = 0;
            for (int i = 0; i <= text.length(); i++) {
                if (i == text.length() || text.charAt(i) == ':') {
                    if (i > from) {
                        paths.add(text.substring(from, i));
                    }
                    from = i + 1;
                }
            }
        }
        return List.copyOf(paths);
    }

    /// File to versions. Weak needs are left out: the linker does without them.
    private static Map<String, Set<String>> needs(
            ByteSource source, Header header, @Nullable Texts texts, long address, long count)
            throws IOException {
        Map<String, Set<String>> needs = new LinkedHashMap<>();
        String what = "the table of needed versions";
        long at = address == 0 ? 0 : header.offset(address, what);
        int left = MAXIMUM_VERSIONS;
        for (long i = 0; i < count && address != 0; i++) {
            Fields file = header.layout().over(source.read(at, 16, what));
            Set<String> versions =
                    needs.computeIfAbsent(
                            name(texts, file.unsignedInteger(4)), _ -> new LinkedHashSet<>());
            long aux = at + file.unsignedInteger(8);
            for (int j = file.unsignedShort(2); j > 0; j--) {
                if (--left < 0) {
                    throw new ElfException("it needs too many versions");
                }
                Fields version = header.layout().over(source.read(aux, 16, what));
                if ((version.unsignedShort(4) & WEAK_FLAG) == 0) {
                    versions.add(name(texts, version.unsignedInteger(8)));
                }
                long next = version.unsignedInteger(12);
                if (next == 0) {
                    break;
                }
                aux += next;
            }
            long next = file.unsignedInteger(12);
            if (next == 0 || --left < 0) {
                break;
            }
            at += next;
        }
        needs.replaceAll((_, versions) -> Collections.unmodifiableSet(versions));
        return Collections.unmodifiableMap(needs);
    }

    /// Without the file's own name, which the table begins with.
    private static Set<String> definitions(
            ByteSource source, Header header, @Nullable Texts texts, long address, long count)
            throws IOException {
        Set<String> definitions = new LinkedHashSet<>();
        String what = "the table of defined versions";
        long at = address == 0 ? 0 : header.offset(address, what);
        for (long i = 0; i < count && address != 0; i++) {
            if (i >= MAXIMUM_VERSIONS) {
                throw new ElfException("it defines too many versions");
            }
            Fields version = header.layout().over(source.read(at, 20, what));
            if ((version.unsignedShort(2) & BASE_FLAG) == 0) {
                Fields name =
                        header.layout()
                                .over(source.read(at + version.unsignedInteger(12), 8, what));
                definitions.add(name(texts, name.unsignedInteger(0)));
            }
            long next = version.unsignedInteger(16);
            if (next == 0) {
                break;
            }
            at += next;
        }
        return Collections.unmodifiableSet(definitions);
    }
}
