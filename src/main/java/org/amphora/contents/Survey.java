// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.amphora.contents.Contents.Unknown;
import org.amphora.elf.ByteSource;
import org.amphora.elf.ElfFile;
import org.amphora.image.tree.ImageTree;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// One pass over all names of an image, and the heads of all its programs and libraries. Which
/// files are opened is decided by name and mode: those that may be executed or have `.so` in their
/// name.
final class Survey {
    private static final int SMALLEST_ELF = 52;
    private static final int TEXT_LIMIT = 16 << 20;
    private static final int MAXIMUM_UNKNOWN = 200;
    private static final int WORKERS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
    private static final Set<String> NOT_OF_THE_IMAGE = Set.of("/proc/", "/sys/", "/dev/");

    /// Sections that tell something; others are forgotten.
    private static final Set<String> SECTIONS =
            Set.of(
                    ".nv_fatbin",
                    "__nv_relfatbin",
                    ".hip_fatbin",
                    ".note.cuda.fwd_compatibility",
                    ".strtab");

    private final ImageTree tree;
    private final List<ImageTree.File> candidates = new ArrayList<>();
    private final List<Unknown> unknown = Collections.synchronizedList(new ArrayList<>());
    private final List<Link> links = new ArrayList<>();
    private final List<String> notable = new ArrayList<>();
    private List<Binary> binaries = List.of();
    private final Map<String, List<Binary>> named = new HashMap<>();
    private final Map<String, Binary> byPath = new HashMap<>();
    private long files;

    /// A program or library.
    ///
    /// @param sections those that tell something
    record Binary(ImageTree.File file, ElfFile elf, List<ElfFile.Section> sections) {
        String path() {
            return file.path();
        }

        String name() {
            return nameOf(file.path());
        }

        String directory() {
            return directoryOf(file.path());
        }

        String soname() {
            return elf.soname().orElse(name());
        }

        boolean has(String section) {
            return sections.stream().anyMatch(s -> s.name().equals(section));
        }
    }

    /// A symbolic link to something that looks like a library or program.
    record Link(String path, String target) {}

    private Survey(ImageTree tree) {
        this.tree = tree;
    }

    static Survey of(ImageTree tree) {
        Survey survey = new Survey(tree);
        survey.walk();
        survey.read();
        return survey;
    }

    ImageTree tree() {
        return tree;
    }

    long files() {
        return files;
    }

    /// By path.
    List<Binary> binaries() {
        return binaries;
    }

    /// Directories and files whose names tell something although they are no programs.
    List<String> notable() {
        return notable;
    }

    List<Link> links() {
        return links;
    }

    /// Those with that SONAME or file name.
    List<Binary> named(String name) {
        return named.getOrDefault(name, List.of());
    }

    /// The program or library of a path after links.
    Optional<Binary> binary(String path) {
        return tree.find(path).map(file -> byPath.get(file.path()));
    }

    /// The text of a file after links; empty when there is none.
    Optional<String> text(String path) {
        return text(tree, path);
    }

    static Optional<String> text(ImageTree tree, String path) {
        return tree.read(path, TEXT_LIMIT).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    void unknown(String subject, String why) {
        if (unknown.size() < MAXIMUM_UNKNOWN) {
            unknown.add(new Unknown(subject, why));
        }
    }

    List<Unknown> unknown() {
        List<Unknown> sorted = new ArrayList<>(unknown);
        sorted.sort((a, b) -> a.subject().compareTo(b.subject()));
        return sorted;
    }

    static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String directoryOf(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /// The bytes of a file as the readers of ELF want them.
    static ByteSource source(ImageTree.File file) {
        return new ByteSource() {
            @Override
            public long size() {
                return file.size();
            }

            @Override
            public void fill(long at, byte[] into) throws IOException {
                file.fill(at, into);
            }
        };
    }

    private void walk() {
        ImageTree.Visitor visitor =
                new ImageTree.Visitor() {
                    @Override
                    public void visit(ImageTree.File file) {
                        files++;
                        sort(file);
                    }

                    @Override
                    public void unreadable(String path, String why) {
                        unknown(path, why);
                    }
                };
        try {
            tree.walk(visitor);
        } catch (Problem e) {
            unknown("/", e.why());
        }
    }

    private void sort(ImageTree.File file) {
        String path = file.path();
        String name = nameOf(path);
        boolean library = name.contains(".so");
        switch (file.kind()) {
            case REGULAR -> {
                if ((library || file.isExecutable())
                        && file.size() >= SMALLEST_ELF
                        && NOT_OF_THE_IMAGE.stream().noneMatch(path::startsWith)) {
                    candidates.add(file);
                }
                if (name.equals("version.py") && path.endsWith("/torch/version.py")) {
                    notable.add(path);
                }
            }
            case LINK -> {
                if (library || directoryOf(path).endsWith("bin")) {
                    links.add(new Link(path, file.target()));
                }
            }
            case DIRECTORY -> {
                if (name.startsWith("nvidia_cuda_runtime") && name.endsWith(".dist-info")) {
                    notable.add(path);
                }
            }
            case OTHER -> {}
        }
    }

    /// Neighbours share blocks, so each worker takes a run of them.
    private void read() {
        @Nullable Binary[] found = new Binary[candidates.size()];
        int run = 32;
        AtomicInteger next = new AtomicInteger();
        Runnable worker =
                () -> {
                    for (int from = next.getAndAdd(run);
                            from < found.length;
                            from = next.getAndAdd(run)) {
                        for (int i = from; i < Math.min(found.length, from + run); i++) {
                            found[i] = read(candidates.get(i));
                        }
                    }
                };
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i < WORKERS; i++) {
            threads.add(Thread.ofPlatform().daemon().start(worker));
        }
        worker.run();
        boolean interrupted = false;
        for (Thread thread : threads) {
            interrupted |= !join(thread);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        List<Binary> all = new ArrayList<>();
        for (Binary binary : found) {
            if (binary != null) {
                all.add(binary);
                byPath.put(binary.path(), binary);
                named.computeIfAbsent(binary.name(), _ -> new ArrayList<>(1)).add(binary);
                if (!binary.soname().equals(binary.name())) {
                    named.computeIfAbsent(binary.soname(), _ -> new ArrayList<>(1)).add(binary);
                }
            }
        }
        all.sort((a, b) -> a.path().compareTo(b.path()));
        binaries = List.copyOf(all);
    }

    /// The workers end by themselves, so an interruption may wait for them.
    private static boolean join(Thread thread) {
        boolean calm = true;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                calm = false;
            }
        }
        return calm;
    }

    private @Nullable Binary read(ImageTree.File file) {
        try {
            byte[] magic = new byte[4];
            file.fill(0, magic);
            if (!ElfFile.isElf(magic)) {
                return null;
            }
            ElfFile elf = ElfFile.read(source(file));
            return elf.kind() == ElfFile.Kind.RELOCATABLE || elf.kind() == ElfFile.Kind.CORE
                    ? null
                    : new Binary(file, elf, sections(file, elf));
        } catch (IOException e) {
            unknown(file.path(), String.valueOf(e.getMessage()));
            return null;
        }
    }

    private List<ElfFile.Section> sections(ImageTree.File file, ElfFile elf) {
        try {
            return elf.sections().stream().filter(s -> SECTIONS.contains(s.name())).toList();
        } catch (IOException e) {
            unknown(file.path(), String.valueOf(e.getMessage()));
            return List.of();
        }
    }
}
