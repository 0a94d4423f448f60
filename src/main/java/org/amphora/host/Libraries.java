// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.amphora.elf.ElfFile;
import org.amphora.elf.LibraryCache;

/// The shared libraries of a node, found as its dynamic linker finds them (ld.so(8)): run path,
/// cache, default directories.
final class Libraries {

    /// What belongs to the C library and is never carried from one system into another.
    private static final List<String> LIBC_FAMILY =
            List.of(
                    "ld-linux",
                    "ld64.so",
                    "libc.so",
                    "libm.so",
                    "libpthread.so",
                    "libdl.so",
                    "librt.so",
                    "libutil.so",
                    "libresolv.so",
                    "libnsl.so",
                    "libnss_",
                    "libmvec.so",
                    "libcrypt.so",
                    "libanl.so",
                    "libBrokenLocale.so",
                    "libthread_db.so");

    /// NVIDIA's driver and MPI together stay far below.
    private static final int CLOSURE_LIMIT = 2_000;

    private final Tree tree;
    private final Map<String, List<String>> cache = new LinkedHashMap<>();
    private final List<String> directories;
    private final Map<String, Optional<Library>> read = new HashMap<>();
    private final Map<String, Set<String>> symbols = new HashMap<>();
    private final LibraryNotes notes;

    Libraries(Tree tree, String machine) {
        this.tree = tree;
        this.notes = tree.isLive() ? LibraryNotes.ofThisNode() : LibraryNotes.none();
        String triplet = machine + "-linux-gnu";
        this.directories =
                List.of(
                        "/lib/" + triplet,
                        "/usr/lib/" + triplet,
                        "/lib64",
                        "/usr/lib64",
                        "/lib",
                        "/usr/lib",
                        "/usr/local/lib");
        tree.file("/etc/ld.so.cache").ifPresent(file -> addCache(file));
    }

    private void addCache(File file) {
        try {
            for (LibraryCache.Library entry : LibraryCache.read(file)) {
                cache.computeIfAbsent(entry.name(), _ -> new ArrayList<>()).add(entry.path());
            }
        } catch (IOException e) {
            // Without its cache the linker looks into the default directories, and so do we.
            cache.clear();
        }
    }

    static boolean isLibcFamily(String name) {
        return LIBC_FAMILY.stream().anyMatch(name::startsWith);
    }

    /// All names that the linker's cache has, and where.
    Map<String, List<String>> cached() {
        return Collections.unmodifiableMap(cache);
    }

    /// The library that a program gets for that name.
    Optional<Library> find(String name) {
        return find(name, List.of());
    }

    private Optional<Library> find(String name, List<String> searched) {
        for (String directory : searched) {
            Optional<Library> found = at(directory + "/" + name);
            if (found.isPresent()) {
                return found;
            }
        }
        for (String path : cache.getOrDefault(name, List.of())) {
            Optional<Library> found = at(path);
            if (found.isPresent()) {
                return found;
            }
        }
        for (String directory : directories) {
            Optional<Library> found = at(directory + "/" + name);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /// The library at a path; empty when there is none that can be understood.
    Optional<Library> at(String path) {
        return read.computeIfAbsent(path, _ -> notes.library(path, () -> read(path)));
    }

    /// Keeps what was read, so that the next look at this node need not.
    void keep() {
        notes.keep();
    }

    private Optional<Library> read(String path) {
        Optional<ElfFile> elf = elf(path);
        if (elf.isEmpty()) {
            return Optional.empty();
        }
        ElfFile file = elf.get();
        String real = tree.real(path).orElse(path);
        String directory = real.substring(0, Math.max(0, real.lastIndexOf('/')));
        List<String> searched =
                (file.runpath().isEmpty() ? file.rpath() : file.runpath())
                        .stream()
                                .map(
                                        entry ->
                                                entry.replace("${ORIGIN}", directory)
                                                        .replace("$ORIGIN", directory))
                                .toList();
        Map<String, List<String>> needs = new LinkedHashMap<>();
        file.versionsNeeded().forEach((name, versions) -> needs.put(name, List.copyOf(versions)));
        return Optional.of(
                new Library(
                        path,
                        real,
                        file.soname().orElse(""),
                        file.needed(),
                        searched,
                        needs,
                        List.copyOf(file.versionsDefined()),
                        Fact.known(file.architecture(), path),
                        file.abiNote()
                                .filter(ElfFile.AbiNote::isLinux)
                                .map(note -> Fact.known(note.kernel().toString(), path))
                                .orElse(Fact.absent(path)),
                        file.executableStack()));
    }

    /// The program or library at a path.
    Optional<ElfFile> elf(String path) {
        Optional<File> file = tree.file(path);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ElfFile.read(file.get()));
        } catch (IOException e) {
            // Linker scripts and text files bear the names of libraries too.
            return Optional.empty();
        }
    }

    /// Whether the library at a path offers that symbol; no when it cannot be understood.
    boolean defines(String path, String symbol) {
        return notes.answer(path, symbol, () -> symbols(path).contains(symbol) ? "yes" : "no")
                .equals("yes");
    }

    /// The symbols that the library at a path offers; none when it cannot be understood.
    Set<String> symbols(String path) {
        return symbols.computeIfAbsent(
                path,
                _ -> {
                    try {
                        Optional<ElfFile> elf = elf(path);
                        return elf.isPresent() ? elf.get().symbols().defined() : Set.of();
                    } catch (IOException e) {
                        return Set.of();
                    }
                });
    }

    /// A text that is looked for in a library once and remembered with it.
    ///
    /// @param what names it
    String text(String path, String what, Supplier<String> search) {
        return notes.answer(path, what, search);
    }

    /// Libraries with all that they need, the C library's family left out.
    ///
    /// @param missing hears the names that are needed and not there
    List<Library> closure(List<Library> from, Set<String> missing) {
        Map<String, Library> found = new LinkedHashMap<>();
        ArrayDeque<Library> todo = new ArrayDeque<>(from);
        while (!todo.isEmpty() && found.size() < CLOSURE_LIMIT) {
            Library library = todo.removeFirst();
            if (isLibcFamily(library.name())
                    || found.putIfAbsent(library.file(), library) != null) {
                continue;
            }
            for (String name : library.needed()) {
                if (isLibcFamily(name)) {
                    continue;
                }
                Optional<Library> next = find(name, library.searched());
                next.ifPresentOrElse(todo::add, () -> missing.add(name));
            }
        }
        return List.copyOf(found.values());
    }

    /// The libraries in a directory whose names begin so.
    List<Library> in(String directory, String prefix) {
        Set<String> files = new LinkedHashSet<>();
        List<Library> found = new ArrayList<>();
        for (String name : tree.list(directory)) {
            if (name.startsWith(prefix) && name.contains(".so")) {
                at(directory + "/" + name)
                        .filter(library -> files.add(library.file()))
                        .ifPresent(found::add);
            }
        }
        return found;
    }
}
