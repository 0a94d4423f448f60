// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Makes ELF files that no compiler of this machine would: other machines, old kernels, GPU code.
/// One segment loads the whole file at address 0, so addresses are offsets.
public final class ElfBuilder {
    public static final int X86_64 = 62;
    public static final int AARCH64 = 183;

    private final boolean wide;
    private final boolean big;
    private final int machine;
    private int type = 3;
    private String interpreter = "";
    private String soname = "";
    private int stackFlags = 6;
    private long alignment = 4096;
    private boolean sectionHeaders = true;
    private final List<String> needed = new ArrayList<>();
    private final List<String> defined = new ArrayList<>();
    private final List<String> undefined = new ArrayList<>();
    private final List<String> versionsDefined = new ArrayList<>();
    private final Map<String, List<String>> versionsNeeded = new LinkedHashMap<>();
    private final Map<String, byte[]> sections = new LinkedHashMap<>();
    private final ByteArrayOutputStream notes = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    public ElfBuilder(boolean wide, boolean big, int machine) {
        this.wide = wide;
        this.big = big;
        this.machine = machine;
        strings.write(0);
    }

    /// A library for amd64.
    public static ElfBuilder library(String soname) {
        ElfBuilder builder = new ElfBuilder(true, false, X86_64);
        builder.soname = soname;
        return builder;
    }

    /// A program for amd64.
    public static ElfBuilder program(String interpreter) {
        ElfBuilder builder = new ElfBuilder(true, false, X86_64);
        builder.interpreter = interpreter;
        builder.type = 2;
        return builder;
    }

    public ElfBuilder soname(String name) {
        soname = name;
        return this;
    }

    public ElfBuilder interpreter(String name) {
        interpreter = name;
        return this;
    }

    public ElfBuilder executable() {
        type = 2;
        return this;
    }

    public ElfBuilder needs(String library, String... versions) {
        needed.add(library);
        if (versions.length > 0) {
            versionsNeeded.put(library, List.of(versions));
        }
        return this;
    }

    public ElfBuilder defines(String... symbols) {
        defined.addAll(List.of(symbols));
        return this;
    }

    public ElfBuilder wants(String... symbols) {
        undefined.addAll(List.of(symbols));
        return this;
    }

    public ElfBuilder definesVersions(String... versions) {
        versionsDefined.addAll(List.of(versions));
        return this;
    }

    public ElfBuilder abiNote(int major, int minor, int patch) {
        return note("GNU", 1, ints(0, major, minor, patch));
    }

    /// One bit for each x86-64 level from the baseline.
    public ElfBuilder isaNeeded(int bits) {
        return note("GNU", 5, wide ? ints(0xc0008002, 4, bits, 0) : ints(0xc0008002, 4, bits));
    }

    public ElfBuilder note(String name, int kind, byte[] content) {
        byte[] text = (name + "\0").getBytes(StandardCharsets.ISO_8859_1);
        notes.writeBytes(ints(text.length, content.length, kind));
        padded(notes, text);
        padded(notes, content);
        return this;
    }

    public ElfBuilder stack(int flags) {
        stackFlags = flags;
        return this;
    }

    public ElfBuilder alignment(long bytes) {
        alignment = bytes;
        return this;
    }

    /// A section that no segment has.
    public ElfBuilder section(String name, byte[] content) {
        sections.put(name, content);
        return this;
    }

    public ElfBuilder withoutSectionHeaders() {
        sectionHeaders = false;
        return this;
    }

    public byte[] build() {
        int headerSize = wide ? 64 : 52;
        int segmentSize = wide ? 56 : 32;
        int segmentCount = 1 + (interpreter.isEmpty() ? 0 : 1) + (notes.size() > 0 ? 1 : 0) + 2;
        file.writeBytes(new byte[headerSize + segmentSize * segmentCount]);
        int interpreterAt = put((interpreter + "\0").getBytes(StandardCharsets.ISO_8859_1));
        int notesAt = put(notes.toByteArray());
        int symbolsAt = put(symbols());
        int hashAt = put(ints(1, 1 + defined.size() + undefined.size(), 0));
        List<Long> dynamic = new ArrayList<>();
        needed.forEach(name -> tag(dynamic, 1, string(name)));
        if (!soname.isEmpty()) {
            tag(dynamic, 14, string(soname));
        }
        if (!versionsNeeded.isEmpty()) {
            tag(dynamic, 0x6ffffffeL, put(versionNeeds()));
            tag(dynamic, 0x6fffffffL, versionsNeeded.size());
        }
        if (!versionsDefined.isEmpty()) {
            tag(dynamic, 0x6ffffffcL, put(versionDefinitions()));
            tag(dynamic, 0x6ffffffdL, versionsDefined.size() + 1L);
        }
        int stringsAt = put(strings.toByteArray());
        tag(dynamic, 4, hashAt);
        tag(dynamic, 5, stringsAt);
        tag(dynamic, 10, strings.size());
        tag(dynamic, 6, symbolsAt);
        tag(dynamic, 11, wide ? 24 : 16);
        tag(dynamic, 0, 0);
        ByteBuffer words = buffer(dynamic.size() * (wide ? 8 : 4));
        dynamic.forEach(word -> word(words, word));
        int dynamicAt = put(words.array());
        int dynamicSize = words.capacity();
        int loaded = file.size();
        int sectionsAt = sectionHeaders ? putSections() : 0;

        ByteBuffer whole = ByteBuffer.wrap(file.toByteArray()).order(order());
        whole.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (wide ? 2 : 1), (byte) (big ? 2 : 1), 1});
        whole.position(16).putShort((short) type).putShort((short) machine).putInt(1);
        word(whole, 0);
        word(whole, headerSize);
        word(whole, sectionsAt);
        whole.putInt(0).putShort((short) headerSize);
        whole.putShort((short) segmentSize).putShort((short) segmentCount);
        whole.putShort((short) (wide ? 64 : 40));
        whole.putShort((short) (sectionHeaders ? sections.size() + 2 : 0));
        whole.putShort((short) (sectionHeaders ? sections.size() + 1 : 0));
        if (!interpreter.isEmpty()) {
            segment(whole, 3, 4, interpreterAt, interpreter.length() + 1, 1);
        }
        segment(whole, 1, 5, 0, loaded, alignment);
        segment(whole, 2, 6, dynamicAt, dynamicSize, 8);
        if (notes.size() > 0) {
            segment(whole, 4, 4, notesAt, notes.size(), 4);
        }
        segment(whole, 0x6474e551, stackFlags, 0, 0, 16);
        return whole.array();
    }

    private byte[] symbols() {
        int size = wide ? 24 : 16;
        ByteBuffer table = buffer(size * (1 + defined.size() + undefined.size()));
        table.position(size);
        defined.forEach(name -> symbol(table, name, 1));
        undefined.forEach(name -> symbol(table, name, 0));
        return table.array();
    }

    private void symbol(ByteBuffer table, String name, int section) {
        table.putInt(string(name));
        if (wide) {
            table.put((byte) 0x12).put((byte) 0).putShort((short) section).putLong(0).putLong(0);
        } else {
            table.putInt(0).putInt(0).put((byte) 0x12).put((byte) 0).putShort((short) section);
        }
    }

    private byte[] versionNeeds() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int left = versionsNeeded.size();
        for (Map.Entry<String, List<String>> file : versionsNeeded.entrySet()) {
            int count = file.getValue().size();
            ByteBuffer table = buffer(16 + 16 * count);
            table.putShort((short) 1).putShort((short) count).putInt(string(file.getKey()));
            table.putInt(16).putInt(--left == 0 ? 0 : table.capacity());
            int after = count;
            for (String version : file.getValue()) {
                table.putInt(0).putShort((short) 0).putShort((short) 2).putInt(string(version));
                table.putInt(--after == 0 ? 0 : 16);
            }
            out.writeBytes(table.array());
        }
        return out.toByteArray();
    }

    private byte[] versionDefinitions() {
        List<String> names = new ArrayList<>(versionsDefined);
        names.addFirst(soname);
        ByteBuffer table = buffer(28 * names.size());
        for (int i = 0; i < names.size(); i++) {
            table.putShort((short) 1).putShort((short) (i == 0 ? 1 : 0));
            table.putShort((short) (i + 1)).putShort((short) 1).putInt(0).putInt(20);
            table.putInt(i == names.size() - 1 ? 0 : 28).putInt(string(names.get(i))).putInt(0);
        }
        return table.array();
    }

    private int putSections() {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        names.write(0);
        List<long[]> rows = new ArrayList<>();
        for (Map.Entry<String, byte[]> section : sections.entrySet()) {
            int kind = section.getKey().startsWith(".note") ? 7 : 1;
            rows.add(
                    new long[] {
                        names.size(), kind, put(section.getValue()), section.getValue().length
                    });
            names.writeBytes((section.getKey() + "\0").getBytes(StandardCharsets.ISO_8859_1));
        }
        int own = names.size();
        names.writeBytes(".shstrtab\0".getBytes(StandardCharsets.ISO_8859_1));
        rows.add(new long[] {own, 3, put(names.toByteArray()), names.size()});
        ByteBuffer table = buffer((wide ? 64 : 40) * (rows.size() + 1));
        for (int i = 0; i < rows.size(); i++) {
            long[] row = rows.get(i);
            table.position((wide ? 64 : 40) * (i + 1));
            table.putInt((int) row[0]).putInt((int) row[1]);
            word(table, 0);
            word(table, 0);
            word(table, row[2]);
            word(table, row[3]);
            table.putInt(0).putInt(0);
            word(table, 1);
        }
        return put(table.array());
    }

    private void segment(ByteBuffer to, int kind, int flags, long at, long size, long align) {
        to.putInt(kind);
        if (wide) {
            to.putInt(flags).putLong(at).putLong(at).putLong(at).putLong(size).putLong(size);
        } else {
            to.putInt((int) at).putInt((int) at).putInt((int) at).putInt((int) size);
            to.putInt((int) size).putInt(flags);
        }
        word(to, align);
    }

    private static void tag(List<Long> dynamic, long tag, long value) {
        dynamic.add(tag);
        dynamic.add(value);
    }

    private int put(byte[] bytes) {
        while (file.size() % 8 != 0) {
            file.write(0);
        }
        int at = file.size();
        file.writeBytes(bytes);
        return at;
    }

    private int string(String text) {
        int at = strings.size();
        strings.writeBytes((text + "\0").getBytes(StandardCharsets.ISO_8859_1));
        return at;
    }

    private byte[] ints(int... values) {
        ByteBuffer buffer = buffer(values.length * 4);
        for (int value : values) {
            buffer.putInt(value);
        }
        return buffer.array();
    }

    private void word(ByteBuffer to, long value) {
        if (wide) {
            to.putLong(value);
        } else {
            to.putInt((int) value);
        }
    }

    private ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(order());
    }

    private ByteOrder order() {
        return big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    private static void padded(ByteArrayOutputStream out, byte[] bytes) {
        out.writeBytes(bytes);
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }

    /// GPU code as `nvcc` packs it: pairs of kind (1 for PTX, 2 for SASS) and capability.
    public static byte[] fatBinary(int... kindsAndCapabilities) {
        int payload = 64;
        int entries = kindsAndCapabilities.length / 2;
        ByteBuffer out =
                ByteBuffer.allocate(16 + entries * (64 + payload)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0xBA55ED50).putShort((short) 1).putShort((short) 16);
        out.putLong(out.capacity() - 16L);
        for (int i = 0; i < entries; i++) {
            int at = out.position();
            out.putShort((short) kindsAndCapabilities[2 * i]).putShort((short) 0x101);
            out.putInt(64).putLong(payload).position(at + 28);
            out.putInt(kindsAndCapabilities[2 * i + 1]).position(at + 64 + payload);
        }
        return out.array();
    }
}
