// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A program or library in the Executable and Linkable Format, of 32 or 64 bits and either byte
/// order. What the linker itself looks at is read from the segments, so a file without section
/// headers does as well; no offset of the file is trusted, and what is kept is bounded.
///
/// Immutable. Sections and symbols are read anew from the source at each call.
public final class ElfFile {
    private static final int X86 = 3;
    private static final int X86_64 = 62;
    private static final int MAXIMUM_INTERPRETER = 4096;
    private static final int MAXIMUM_SECTIONS = 65_536;
    private static final int MAXIMUM_SECTION_NAMES = 16 << 20;
    private static final int MAXIMUM_NAME = 256;
    private static final int DYNAMIC_SYMBOLS = 11;
    private static final int NOTE_SECTION = 7;
    private static final int EMPTY_SECTION = 8;
    private static final String GLIBC = "GNU C Library";
    private static final String RELEASE = "release version ";

    private final ByteSource source;
    private final Header header;
    private final DynamicSection dynamic;
    private final List<Note> notes;
    private final Optional<String> interpreter;

    /// What a file is for (`e_type`).
    public enum Kind {
        RELOCATABLE,
        EXECUTABLE,
        SHARED,
        CORE,
        UNKNOWN
    }

    /// The system, 0 for Linux, and the oldest kernel that a file runs on, as its ABI note says.
    public record AbiNote(int system, Version kernel) {
        public boolean isLinux() {
            return system == 0;
        }
    }

    /// A note.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Note(String name, int type, byte[] content) {}

    /// A section of the file.
    public record Section(String name, int type, long offset, long size) {}

    private ElfFile(ByteSource source) throws IOException {
        this.source = source;
        ByteSource window = new Window(source);
        this.header = Header.read(window);
        DynamicSection found = DynamicSection.NONE;
        String program = null;
        List<Note> all = new ArrayList<>();
        for (Header.Segment segment :
                kind() == Kind.CORE ? List.<Header.Segment>of() : header.segments()) {
            switch (segment.type()) {
                case Header.DYNAMIC -> found = DynamicSection.read(window, header, segment);
                case Header.INTERPRETER -> program = interpreter(window, header, segment);
                case Header.NOTE, Header.PROPERTY ->
                        all.addAll(
                                Notes.read(
                                        window,
                                        header.layout(),
                                        segment.offset(),
                                        segment.size(),
                                        segment.alignment()));
                default -> {}
            }
        }
        this.dynamic = found;
        this.notes = List.copyOf(all);
        this.interpreter = Optional.ofNullable(program);
    }

    /// Whether a file that begins so claims to be one; four bytes are enough.
    public static boolean isElf(byte[] begin) {
        return begin.length >= 4
                && begin[0] == 0x7f
                && begin[1] == 'E'
                && begin[2] == 'L'
                && begin[3] == 'F';
    }

    /// A file from any source.
    ///
    /// @throws ElfException when it is none, or damaged
    /// @throws IOException when it cannot be read
    public static ElfFile read(ByteSource source) throws IOException {
        return new ElfFile(source);
    }

    /// A file of this machine.
    ///
    /// @throws ElfException when it is none, or damaged
    /// @throws IOException when it cannot be read
    public static ElfFile read(File file) throws IOException {
        return new ElfFile(ByteSource.of(file));
    }

    /// The number of the machine (`e_machine`).
    public int machine() {
        return header.machine();
    }

    /// The machine as OCI names architectures, `amd64`, `arm64`; `elf-NUMBER` for one without name.
    public String architecture() {
        boolean wide = header.layout().wide();
        boolean big = header.layout().big();
        return switch (header.machine()) {
            case X86 -> "386";
            case X86_64 -> wide ? "amd64" : "amd64p32";
            case 183 -> big ? "arm64be" : "arm64";
            case 40 -> big ? "armbe" : "arm";
            case 20 -> "ppc";
            case 21 -> big ? "ppc64" : "ppc64le";
            case 22 -> wide ? "s390x" : "s390";
            case 8 -> (wide ? "mips64" : "mips") + (big ? "" : "le");
            case 243 -> wide ? "riscv64" : "riscv";
            case 258 -> wide ? "loong64" : "loong32";
            default -> "elf-" + header.machine();
        };
    }

    /// 32 or 64.
    public int bits() {
        return header.layout().wide() ? 64 : 32;
    }

    public boolean isBigEndian() {
        return header.layout().big();
    }

    public Kind kind() {
        return switch (header.type()) {
            case 1 -> Kind.RELOCATABLE;
            case 2 -> Kind.EXECUTABLE;
            case 3 -> Kind.SHARED;
            case 4 -> Kind.CORE;
            default -> Kind.UNKNOWN;
        };
    }

    /// Whether it can be started, position-independent or not; libraries that are meant to be run
    /// as well, such as libc, count.
    public boolean isProgram() {
        return kind() == Kind.EXECUTABLE
                || interpreter.isPresent()
                || dynamic.positionIndependentProgram;
    }

    /// Whether it is a program that needs no dynamic linker.
    public boolean isStatic() {
        return isProgram() && interpreter.isEmpty();
    }

    /// The dynamic linker it asks for.
    public Optional<String> interpreter() {
        return interpreter;
    }

    public Optional<String> soname() {
        return dynamic.soname;
    }

    /// The libraries it asks for, in order.
    public List<String> needed() {
        return dynamic.needed;
    }

    /// Directories to search before `LD_LIBRARY_PATH`, as they stand there.
    public List<String> rpath() {
        return dynamic.rpath;
    }

    /// Directories to search after `LD_LIBRARY_PATH`, as they stand there.
    public List<String> runpath() {
        return dynamic.runpath;
    }

    /// Symbol versions that must be there: library to versions, `libc.so.6` to `GLIBC_2.34`.
    public Map<String, Set<String>> versionsNeeded() {
        return dynamic.versionsNeeded;
    }

    /// Symbol versions that it has for others.
    public Set<String> versionsDefined() {
        return dynamic.versionsDefined;
    }

    /// The greatest of the defined versions with that prefix: 2.36 for `GLIBC_`.
    public Optional<Version> greatestDefined(String prefix) {
        return greatest(dynamic.versionsDefined, prefix);
    }

    /// The greatest of the needed versions with that prefix, whatever library should have it.
    public Optional<Version> greatestNeeded(String prefix) {
        Optional<Version> greatest = Optional.empty();
        for (Set<String> versions : dynamic.versionsNeeded.values()) {
            Optional<Version> other = greatest(versions, prefix);
            if (greatest.isEmpty() || other.isPresent() && other.get().isAtLeast(greatest.get())) {
                greatest = other;
            }
        }
        return greatest;
    }

    public Optional<AbiNote> abiNote() {
        return Notes.abi(notes, header.layout());
    }

    /// The x86-64 level that it needs, 1 for the baseline up to 4; 0 when it does not tell.
    public int isaNeeded() {
        boolean x86 = header.machine() == X86 || header.machine() == X86_64;
        return x86 ? Notes.isa(notes, header.layout()) : 0;
    }

    /// Whether it wants a stack that can be executed. On x86 a file that says nothing wants one
    /// (glibc `sysdeps/x86_64/stackinfo.h`).
    public boolean executableStack() {
        for (Header.Segment segment : header.segments()) {
            if (segment.type() == Header.STACK) {
                return (segment.flags() & Header.EXECUTABLE_FLAG) != 0;
            }
        }
        boolean x86 = header.machine() == X86 || header.machine() == X86_64;
        return x86 && (kind() == Kind.EXECUTABLE || kind() == Kind.SHARED);
    }

    /// The greatest alignment of what is loaded, which the page size must not exceed; 0 when
    /// nothing is loaded.
    public long maximumAlignment() {
        long alignment = 0;
        for (Header.Segment segment : header.segments()) {
            if (segment.type() == Header.LOAD) {
                alignment = Math.max(alignment, segment.alignment());
            }
        }
        return alignment;
    }

    /// The notes of the segments.
    public List<Note> notes() {
        return notes;
    }

    /// The notes of a section, which need not be in a segment.
    ///
    /// @return nothing when there is no such section
    /// @throws ElfException when section headers or notes are damaged
    public List<Note> notes(String section) throws IOException {
        Section found = section(section).orElse(null);
        return found == null || found.type() != NOTE_SECTION
                ? List.of()
                : Notes.read(source, header.layout(), found.offset(), found.size(), 4);
    }

    /// The names that it offers and wants.
    ///
    /// @throws ElfException when its tables are damaged
    public Symbols symbols() throws IOException {
        Section table = null;
        if (header.sectionCount() > 0) {
            for (Section section : sections()) {
                if (section.type() == DYNAMIC_SYMBOLS) {
                    table = section;
                }
            }
        }
        return Symbols.read(source, header, dynamic, table);
    }

    /// The section of that name.
    ///
    /// @throws ElfException when section headers are damaged
    public Optional<Section> section(String name) throws IOException {
        for (Section section : sections()) {
            if (section.name().equals(name)) {
                return Optional.of(section);
            }
        }
        return Optional.empty();
    }

    /// All sections; none when the headers were cut off.
    ///
    /// @throws ElfException when section headers are damaged
    public List<Section> sections() throws IOException {
        int count = header.sectionCount();
        Fields.Layout layout = header.layout();
        int entry = header.sectionEntry();
        if (count == 0 || header.sectionOffset() == 0) {
            return List.of();
        }
        if (count > MAXIMUM_SECTIONS || entry < layout.pick(64, 40)) {
            throw new ElfException(
                    "it has " + count + " section headers of " + entry + " bytes each");
        }
        Fields table =
                layout.over(
                        source.read(
                                header.sectionOffset(),
                                (long) entry * count,
                                "the section header table"));
        Fields names = sectionNames(table, entry);
        List<Section> sections = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int at = i * entry;
            long name = table.unsignedInteger(at);
            sections.add(
                    new Section(
                            name >= names.length()
                                    ? ""
                                    : names.text(
                                            (int) name,
                                            (int) Math.min(names.length(), name + MAXIMUM_NAME)),
                            (int) table.unsignedInteger(at + 4),
                            table.word(at + layout.pick(24, 16)),
                            table.word(at + layout.pick(32, 20))));
        }
        return List.copyOf(sections);
    }

    /// A piece of a section.
    ///
    /// @param from counted from the start of the section
    /// @throws ElfException when the piece does not lie in the section or in the file
    public byte[] read(Section section, long from, int length) throws IOException {
        String what = "the section " + section.name();
        if (from < 0 || length < 0 || from > section.size() - length || !isStored(section)) {
            throw new ElfException(
                    what + " has no " + length + " bytes from byte " + Long.toUnsignedString(from));
        }
        return source.read(section.offset() + from, length, what);
    }

    /// Hands out every run of printable characters, as strings(1) shows them: of its read-only
    /// data, or of its first 64 MiB where no section tells where that is.
    ///
    /// @throws ElfException when section headers are damaged
    public void texts(int shortest, Consumer<String> to) throws IOException {
        PrintableTexts.of(this, shortest, to);
    }

    /// The release that glibc's `libc.so.6` prints when it is run. Not each release defines a new
    /// symbol version, so the greatest one may be of an older release.
    ///
    /// @throws ElfException when section headers are damaged
    public Optional<Version> glibcRelease() throws IOException {
        List<Version> found = new ArrayList<>();
        texts(
                GLIBC.length(),
                text -> {
                    int at = text.startsWith(GLIBC) ? text.indexOf(RELEASE) : -1;
                    if (at >= 0) {
                        Version.leading(text.substring(at + RELEASE.length()))
                                .ifPresent(found::add);
                    }
                });
        return found.stream().findFirst();
    }

    ByteSource source() {
        return source;
    }

    /// Whether a section has bytes in the file.
    static boolean isStored(Section section) {
        return section.type() != EMPTY_SECTION;
    }

    private Fields sectionNames(Fields table, int entry) throws IOException {
        int at = header.sectionNames() * entry;
        if (header.sectionNames() >= header.sectionCount()) {
            return header.layout().over(new byte[0]);
        }
        long size = table.word(at + header.layout().pick(32, 20));
        if (size < 0 || size > MAXIMUM_SECTION_NAMES) {
            throw new ElfException("its section names have " + size + " bytes");
        }
        long offset = table.word(at + header.layout().pick(24, 16));
        return header.layout().over(source.read(offset, size, "the section names"));
    }

    private static String interpreter(ByteSource source, Header header, Header.Segment segment)
            throws IOException {
        if (segment.size() < 0 || segment.size() > MAXIMUM_INTERPRETER) {
            throw new ElfException("the name of its linker has " + segment.size() + " bytes");
        }
        Fields name =
                header.layout()
                        .over(source.read(segment.offset(), segment.size(), "the linker's name"));
        return name.text(0, name.length());
    }

    private static Optional<Version> greatest(Set<String> names, String prefix) {
        Version greatest = null;
        for (String name : names) {
            Version version = Version.behind(prefix, name).orElse(null);
            if (version != null && (greatest == null || version.isAtLeast(greatest))) {
                greatest = version;
            }
        }
        return Optional.ofNullable(greatest);
    }
}
