// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.amphora.elf.ElfFile;
import org.amphora.elf.LibraryCache;
import org.amphora.image.tree.ImageTree;

/// Which files of an image its programs read when they start: the programs, the interpreters of
/// scripts, the libraries that the linker loads (ld.so(8)), and the plug-ins in directories that
/// those name. What a program opens beyond is not foreseen.
public final class StartFiles {

    /// More is not worth a second copy on disk.
    static final long BYTES_AT_MOST = 128L << 20;

    /// A directory with more libraries is a collection of which a start takes few, as gconv.
    private static final int PLUGINS_AT_MOST = 48;

    private static final int FIRST_LINE = 256;
    private static final int SHORTEST_PATH = 8;
    private static final int LONGEST_PATH = 256;
    private static final String CACHE = "/etc/ld.so.cache";
    private static final String ENV = "/env";

    private final ImageTree tree;
    private final List<String> searchPath;
    private final List<String> libraryPath;
    private final Map<String, ImageTree.File> chosen = new LinkedHashMap<>();
    private final Deque<ImageTree.File> unread = new ArrayDeque<>();
    private final Map<String, String> cached = new HashMap<>();
    private final Set<String> named = new TreeSet<>();
    private boolean cacheRead;
    private long bytes;

    private StartFiles(ImageTree tree) {
        Environment environment = EnvironmentReader.of(tree);
        this.tree = tree;
        this.searchPath = split(environment.value("PATH").orElse(EntryPointReader.SEARCH_PATH));
        this.libraryPath = split(environment.value("LD_LIBRARY_PATH").orElse(""));
    }

    private static List<String> split(String path) {
        return Stream.of(path.split(":", -1)).filter(entry -> entry.startsWith("/")).toList();
    }

    /// Finds them, those that are needed first before others.
    ///
    /// @param programs as a command line names them; those that the image lacks are passed over
    /// @return regular files that everyone may read, and links to them
    public static List<ImageTree.File> of(ImageTree tree, List<String> programs) {
        StartFiles files = new StartFiles(tree);
        programs.forEach(files::addProgram);
        files.readAll();
        // Plug-ins come after all libraries, so that these have the room.
        Set<String> done = new TreeSet<>();
        while (done.size() < files.named.size()) {
            files.named.stream().filter(done::add).forEach(files::addPlugins);
            files.readAll();
        }
        return List.copyOf(files.chosen.values());
    }

    private void addProgram(String program) {
        if (program.contains("/")) {
            addPath(program);
            return;
        }
        for (String directory : searchPath) {
            if (addPath(directory + "/" + program)) {
                return;
            }
        }
    }

    /// Adds a file and the links that lead to it; links of directories are not among them.
    ///
    /// @return whether there is a regular file of that path
    private boolean addPath(String path) {
        String next = path;
        for (int links = 0; links < ImageTree.MAXIMUM_LINKS; links++) {
            Optional<ImageTree.File> directory = tree.find(Survey.directoryOf(next));
            if (directory.isEmpty()) {
                return false;
            }
            String above = directory.get().path().equals("/") ? "" : directory.get().path();
            ImageTree.File file = tree.at(above + "/" + Survey.nameOf(next)).orElse(null);
            if (file == null || file.kind() != ImageTree.Kind.LINK) {
                return file != null && add(file);
            }
            chosen.putIfAbsent(file.path(), file);
            String target = file.target();
            next = target.startsWith("/") ? target : above + "/" + target;
        }
        return false;
    }

    private boolean add(ImageTree.File file) {
        if (file.kind() != ImageTree.Kind.REGULAR) {
            return false;
        }
        if (file.isReadable()
                && file.size() <= BYTES_AT_MOST - bytes
                && chosen.putIfAbsent(file.path(), file) == null) {
            bytes += file.size();
            unread.add(file);
        }
        return true;
    }

    private void readAll() {
        while (!unread.isEmpty()) {
            ImageTree.File file = unread.removeFirst();
            byte[] begin = tree.read(file.path(), FIRST_LINE).orElse(new byte[0]);
            if (ElfFile.isElf(begin)) {
                readElf(file);
            } else if (begin.length > 2 && begin[0] == '#' && begin[1] == '!') {
                readScript(new String(begin, StandardCharsets.ISO_8859_1));
            }
        }
    }

    private void readScript(String begin) {
        String[] words = begin.substring(2).split("\n", 2)[0].strip().split("\\s+");
        addProgram(words[0]);
        if (words[0].endsWith(ENV)) {
            for (int i = 1; i < words.length; i++) {
                if (!words[i].startsWith("-") && !words[i].contains("=")) {
                    addProgram(words[i]);
                    return;
                }
            }
        }
    }

    private void readElf(ImageTree.File file) {
        try {
            ElfFile elf = ElfFile.read(Survey.source(file));
            elf.interpreter().ifPresent(this::addProgram);
            if (elf.needed().isEmpty()) {
                // Nothing is loaded by what the linker does not see.
                return;
            }
            readCache(elf.architecture());
            List<String> directories = directories(file, elf);
            for (String name : elf.needed()) {
                addLibrary(name, directories, elf.architecture());
            }
            elf.texts(SHORTEST_PATH, this::note);
        } catch (IOException e) {
            // Whoever starts it will see; the file itself is a file like others.
            return;
        }
    }

    private void readCache(String architecture) {
        if (cacheRead) {
            return;
        }
        cacheRead = true;
        var _ = addPath(CACHE);
        try {
            byte[] content = tree.read(CACHE, LibraryCache.MAXIMUM_SIZE).orElse(new byte[0]);
            for (LibraryCache.Library library : LibraryCache.parse(content, architecture)) {
                cached.putIfAbsent(library.name(), library.path());
            }
        } catch (IOException e) {
            // Without a cache the linker looks into its directories, too.
            return;
        }
    }

    /// Where the linker looks for what a program or library needs, but for its cache.
    private static List<String> directories(ImageTree.File file, ElfFile elf) {
        List<String> directories = new ArrayList<>();
        String origin = Survey.directoryOf(file.path());
        for (List<String> own : List.of(elf.rpath(), elf.runpath())) {
            for (String directory : own) {
                directories.add(directory.replace("${ORIGIN}", origin).replace("$ORIGIN", origin));
            }
        }
        return directories;
    }

    private void addLibrary(String name, List<String> own, String architecture) {
        if (name.contains("/")) {
            addProgram(name);
            return;
        }
        List<String> places = new ArrayList<>();
        own.forEach(directory -> places.add(directory + "/" + name));
        libraryPath.forEach(directory -> places.add(directory + "/" + name));
        Optional.ofNullable(cached.get(name)).ifPresent(places::add);
        for (String directory : BinariesReader.defaultDirectories(architecture)) {
            places.add(directory + "/" + name);
        }
        for (String place : places) {
            if (addPath(place)) {
                return;
            }
        }
    }

    /// Keeps what may be the path of a directory with plug-ins.
    private void note(String text) {
        if (text.startsWith("/") && text.length() <= LONGEST_PATH && text.contains("/lib")) {
            for (String path : text.split(":", -1)) {
                if (path.startsWith("/") && path.chars().noneMatch(c -> c <= ' ' || c == '%')) {
                    named.add(path);
                }
            }
        }
    }

    private void addPlugins(String directory) {
        List<String> libraries =
                tree.names(directory).stream()
                        .filter(name -> name.endsWith(".so") || name.contains(".so."))
                        .toList();
        if (libraries.size() <= PLUGINS_AT_MOST) {
            libraries.forEach(name -> addPath(directory + "/" + name));
        }
    }
}
