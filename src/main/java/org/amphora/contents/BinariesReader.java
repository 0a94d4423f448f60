// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.amphora.contents.Binaries.Cxx;
import org.amphora.contents.Binaries.Directory;
import org.amphora.contents.Survey.Binary;
import org.amphora.elf.ElfFile;
import org.amphora.elf.Version;
import org.amphora.image.tree.ImageTree;

/// Picks what stands out among the programs and libraries.
final class BinariesReader {
    private static final int MAXIMUM_INCLUDES = 200;
    private static final String CONFIGURATION = "/etc/ld.so.conf";

    private final Survey survey;
    private final String architecture;
    private final Libc libc;
    private final List<Directory> libraryPath;
    private final Map<String, List<Binary>> neededBy;

    BinariesReader(Survey survey, Machine machine, Libc libc, Environment environment) {
        this.survey = survey;
        this.architecture = machine.architecture().orElse("");
        this.libc = libc;
        this.libraryPath = libraryPath(environment);
        this.neededBy = neededBy(survey);
    }

    List<Directory> libraryPath() {
        return libraryPath;
    }

    Binaries binaries() {
        List<Binaries.Floor> floors = new ArrayList<>();
        List<Binaries.Level> levels = new ArrayList<>();
        List<Binaries.Stranger> strangers = new ArrayList<>();
        List<String> stacks = new ArrayList<>();
        Optional<Binaries.Alignment> smallest = Optional.empty();
        Version libcKernel = libc.kernel().orElse(Version.parse("0"));
        for (Binary binary : survey.binaries()) {
            ElfFile elf = binary.elf();
            stranger(binary).ifPresent(strangers::add);
            if (!elf.architecture().equals(architecture) || isVariant(binary.path())) {
                continue;
            }
            boolean isLibc =
                    binary.path().equals(libc.path()) || binary.path().equals(libc.linker());
            elf.abiNote()
                    .filter(note -> note.isLinux() && !isLibc)
                    .filter(note -> note.kernel().compareTo(libcKernel) > 0)
                    .ifPresent(
                            note ->
                                    floors.add(
                                            new Binaries.Floor(
                                                    binary.path(),
                                                    note.kernel(),
                                                    neededBy(binary))));
            if (elf.isaNeeded() > 1) {
                levels.add(new Binaries.Level(binary.path(), elf.isaNeeded()));
            }
            if (elf.executableStack() && !elf.isProgram()) {
                stacks.add(binary.path());
            }
            long alignment = elf.maximumAlignment();
            if (alignment > 0 && (smallest.isEmpty() || alignment < smallest.get().bytes())) {
                smallest = Optional.of(new Binaries.Alignment(binary.path(), alignment));
            }
        }
        return new Binaries(
                survey.binaries().size(),
                floors,
                levels,
                strangers,
                stacks,
                smallest,
                sonames(),
                cxx(),
                libraryPath);
    }

    /// Variants for better processors are used only where they fit (ld.so(8)).
    private static boolean isVariant(String path) {
        return path.contains("/glibc-hwcaps/") || path.contains("/haswell/");
    }

    /// Programs that nothing in the image or of its machine starts.
    private Optional<Binaries.Stranger> stranger(Binary binary) {
        ElfFile elf = binary.elf();
        if (!elf.isProgram()) {
            return Optional.empty();
        }
        Optional<String> missing =
                elf.interpreter().filter(loader -> survey.tree().find(loader).isEmpty());
        return missing.isEmpty() && elf.architecture().equals(architecture)
                ? Optional.empty()
                : Optional.of(new Binaries.Stranger(binary.path(), elf.architecture(), missing));
    }

    private List<String> neededBy(Binary library) {
        Set<String> programs = new TreeSet<>();
        Set<String> seen = new LinkedHashSet<>(Set.of(library.soname()));
        Deque<String> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            for (Binary user : neededBy.getOrDefault(open.removeFirst(), List.of())) {
                if (user.elf().isProgram()) {
                    programs.add(user.path());
                }
                if (seen.add(user.soname())) {
                    open.add(user.soname());
                }
            }
        }
        return List.copyOf(programs);
    }

    private static Map<String, List<Binary>> neededBy(Survey survey) {
        Map<String, List<Binary>> users = new HashMap<>();
        for (Binary binary : survey.binaries()) {
            for (String name : binary.elf().needed()) {
                users.computeIfAbsent(name, _ -> new ArrayList<>()).add(binary);
            }
        }
        return users;
    }

    private Map<String, String> sonames() {
        Map<String, String> sonames = new TreeMap<>();
        for (Directory directory : libraryPath) {
            for (Binary binary : survey.binaries()) {
                if (binary.directory().equals(directory.path())
                        && binary.elf().architecture().equals(architecture)
                        && !binary.elf().soname().orElse("").isEmpty()) {
                    sonames.putIfAbsent(binary.soname(), binary.path());
                }
            }
            for (Survey.Link link : survey.links()) {
                String name = Survey.nameOf(link.path());
                if (Survey.directoryOf(link.path()).equals(directory.path())
                        && !sonames.containsKey(name)) {
                    survey.binary(link.path())
                            .filter(binary -> binary.soname().equals(name))
                            .ifPresent(binary -> sonames.put(name, binary.path()));
                }
            }
        }
        return sonames;
    }

    private Optional<Cxx> cxx() {
        return survey.named("libstdc++.so.6").stream()
                .filter(binary -> binary.elf().architecture().equals(architecture))
                .map(
                        binary ->
                                new Cxx(
                                        binary.path(),
                                        binary.elf().greatestDefined("GLIBCXX_"),
                                        binary.elf().greatestDefined("CXXABI_")))
                .max(
                        (a, b) ->
                                a.glibcxx()
                                        .orElse(Version.parse("0"))
                                        .compareTo(b.glibcxx().orElse(Version.parse("0"))));
    }

    private List<Directory> libraryPath(Environment environment) {
        Set<String> seen = new LinkedHashSet<>();
        List<Directory> path = new ArrayList<>();
        String variable = environment.value("LD_LIBRARY_PATH").orElse("");
        for (String entry : variable.split(":", -1)) {
            add(entry, "LD_LIBRARY_PATH", seen, path);
        }
        configuration(CONFIGURATION, new LinkedHashSet<>(), seen, path);
        defaultDirectories(architecture).forEach(entry -> add(entry, "default", seen, path));
        return path;
    }

    /// Where the linker looks without being told.
    static List<String> defaultDirectories(String architecture) {
        List<String> directories = new ArrayList<>();
        for (String triplet : triplets(architecture)) {
            directories.addAll(List.of("/lib/" + triplet, "/usr/lib/" + triplet));
        }
        directories.addAll(List.of("/lib64", "/usr/lib64", "/lib", "/usr/lib"));
        return directories;
    }

    private static List<String> triplets(String architecture) {
        return switch (architecture) {
            case "amd64" -> List.of("x86_64-linux-gnu");
            case "arm64" -> List.of("aarch64-linux-gnu");
            case "ppc64le" -> List.of("powerpc64le-linux-gnu");
            case "riscv64" -> List.of("riscv64-linux-gnu");
            case "s390x" -> List.of("s390x-linux-gnu");
            default -> List.of();
        };
    }

    /// ld.so.conf, ldconfig(8): directories, comments, and `include` with a pattern.
    private void configuration(
            String file, Set<String> read, Set<String> seen, List<Directory> path) {
        if (!read.add(file) || read.size() > MAXIMUM_INCLUDES) {
            return;
        }
        for (String raw : survey.text(file).orElse("").split("\n", -1)) {
            int comment = raw.indexOf('#');
            String line = (comment < 0 ? raw : raw.substring(0, comment)).trim();
            if (line.startsWith("include")) {
                String pattern = line.substring("include".length()).trim();
                String absolute = pattern.startsWith("/") ? pattern : "/etc/" + pattern;
                String directory = Survey.directoryOf(absolute);
                for (String name : survey.tree().names(directory)) {
                    if (matches(name, Survey.nameOf(absolute))) {
                        configuration(directory + "/" + name, read, seen, path);
                    }
                }
            } else {
                add(line, file, seen, path);
            }
        }
    }

    private static boolean matches(String name, String pattern) {
        int star = pattern.indexOf('*');
        return star < 0
                ? name.equals(pattern)
                : name.startsWith(pattern.substring(0, star))
                        && name.endsWith(pattern.substring(star + 1));
    }

    private void add(String entry, String from, Set<String> seen, List<Directory> path) {
        if (!entry.startsWith("/")) {
            return;
        }
        survey.tree()
                .find(entry)
                .filter(file -> file.kind() == ImageTree.Kind.DIRECTORY)
                .filter(file -> seen.add(file.path()))
                .ifPresent(file -> path.add(new Directory(file.path(), from)));
    }
}
