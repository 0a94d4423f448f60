// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// The files of a node under a root directory: this node's own, a captured tree, or one made by
/// hand. Paths are absolute on the node; links are followed inside the root. Nothing here throws on
/// what a node may hold: what cannot be read becomes an unknown {@link Fact}.
final class Tree {

    /// No file of /proc or /sys that matters is longer; a longer one is cut.
    private static final int LONGEST = 4 << 20;

    /// What the kernel follows at most (path_resolution(7)).
    private static final int LINKS = 40;

    private final Path root;
    private final boolean live;
    private final CaptureFile capture;

    Tree(Path root) {
        this.root = root.toAbsolutePath().normalize();
        this.live = this.root.equals(Path.of("/"));
        this.capture = live ? CaptureFile.parse("") : CaptureFile.in(this.root);
    }

    /// Whether this is the running node itself, so that something can be tried.
    boolean isLive() {
        return live;
    }

    /// The outcome of something that cannot be read from a file: tried on the running node, and
    /// taken from the capture otherwise.
    ///
    /// @param key its name in the capture
    /// @param source what evidence calls it, for instance the command
    Fact<String> tried(String key, String source, Supplier<Fact<String>> attempt) {
        return live ? attempt.get() : capture.outcome(key, source);
    }

    /// The whole text of a file.
    Fact<String> text(String path) {
        if (!live && capture.has("unreadable:" + path)) {
            return capture.outcome("unreadable:" + path, path);
        }
        Optional<Path> file = resolve(path);
        if (file.isEmpty()) {
            return Fact.absent(path);
        }
        // In a foreign tree a FIFO would block for ever, and a device could do anything.
        if (!live && !Files.isRegularFile(file.get())) {
            return Files.exists(file.get())
                    ? Fact.unknown(path, "not a regular file")
                    : Fact.absent(path);
        }
        try (InputStream in = Files.newInputStream(file.get())) {
            return Fact.known(new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8), path);
        } catch (NoSuchFileException e) {
            return Fact.absent(path);
        } catch (IOException e) {
            return Fact.unknown(path, reason(e));
        }
    }

    /// The file behind a path, for who reads it as a program or library; empty when there is none.
    Optional<File> file(String path) {
        return resolve(path).filter(Files::isRegularFile).map(Path::toFile);
    }

    /// The first bytes of a file.
    Fact<byte[]> bytes(String path, int most) {
        Optional<Path> file = resolve(path).filter(found -> live || Files.isRegularFile(found));
        if (file.isEmpty()) {
            return Fact.absent(path);
        }
        try (InputStream in = Files.newInputStream(file.get())) {
            return Fact.known(in.readNBytes(most), path);
        } catch (NoSuchFileException e) {
            return Fact.absent(path);
        } catch (IOException e) {
            return Fact.unknown(path, reason(e));
        }
    }

    /// A device file. In a tree made by hand any file of that name stands for one.
    Device device(String path) {
        Fact<String> mode = Fact.unknown(path, "not a live node");
        Fact<String> group = Fact.unknown(path, "not a live node");
        if (!live) {
            return new Device(path, mode, group, Fact.unknown(path, "not a live node"));
        }
        try {
            PosixFileAttributes attributes =
                    Files.readAttributes(Path.of(path), PosixFileAttributes.class);
            mode = Fact.known(PosixFilePermissions.toString(attributes.permissions()), path);
            group = Fact.known(attributes.group().getName(), path);
        } catch (IOException e) {
            mode = Fact.unknown(path, reason(e));
        }
        return new Device(path, mode, group, opens(path));
    }

    /// Opening has effects on some devices, so it is left again at once.
    private static Fact<Boolean> opens(String path) {
        try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
            return Fact.known(file.getFD().valid(), path);
        } catch (IOException e) {
            return Fact.known(false, path);
        }
    }

    /// The first of these that exists.
    Optional<String> first(String... paths) {
        for (String path : paths) {
            if (exists(path)) {
                return Optional.of(path);
            }
        }
        return Optional.empty();
    }

    /// Where a program is, on the PATH of the one who probes and in the usual directories.
    Fact<String> program(String name) {
        List<String> directories = new ArrayList<>();
        if (live) {
            directories.addAll(List.of(System.getenv().getOrDefault("PATH", "").split(":")));
        }
        directories.addAll(List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"));
        for (String directory : directories) {
            if (directory.startsWith("/") && isProgram(directory + "/" + name)) {
                return Fact.known(directory + "/" + name, "PATH");
            }
        }
        return Fact.absent(name);
    }

    private boolean isProgram(String path) {
        return resolve(path)
                .filter(file -> Files.isRegularFile(file) && (!live || Files.isExecutable(file)))
                .isPresent();
    }

    /// The one line that a file of /proc or /sys holds.
    Fact<String> line(String path) {
        Fact<String> text = text(path);
        if (!text.isKnown()) {
            return text;
        }
        String line = text.orElse("").strip();
        if (line.isEmpty()) {
            return Fact.unknown(path, "empty");
        }
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) < ' ' && line.charAt(i) != '\t' || line.charAt(i) == '\ufffd') {
                return Fact.unknown(path, "not one line of text");
            }
        }
        return Fact.known(line, path);
    }

    /// The number that a file holds.
    Fact<Long> number(String path) {
        Fact<String> line = line(path);
        if (!line.isKnown()) {
            return new Fact<>(Optional.empty(), path, line.unknown());
        }
        try {
            return Fact.known(Long.parseLong(line.orElse("")), path);
        } catch (NumberFormatException e) {
            return Fact.unknown(path, "not a number: " + shown(line.orElse("")));
        }
    }

    /// The same, for numbers that fit 32 bits.
    Fact<Integer> integer(String path) {
        Fact<Long> number = number(path);
        long value = number.orElse(0L);
        if (value != (int) value) {
            return Fact.unknown(path, "not a 32-bit number: " + value);
        }
        return number.map(Long::intValue);
    }

    /// The names in a directory, sorted; none when it does not exist or may not be read.
    List<String> list(String directory) {
        List<String> names = new ArrayList<>();
        Optional<Path> where = resolve(directory);
        if (where.isEmpty()) {
            return names;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(where.get())) {
            for (Path entry : entries) {
                names.add(String.valueOf(entry.getFileName()));
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            names.clear();
        }
        names.sort(null);
        return names;
    }

    boolean exists(String path) {
        return resolve(path).map(Files::exists).orElse(false);
    }

    boolean isDirectory(String path) {
        return resolve(path).map(Files::isDirectory).orElse(false);
    }

    /// Where the links of a path end, as a path of the node; empty when that does not exist.
    Optional<String> real(String path) {
        Optional<Path> file = resolve(path).filter(Files::exists);
        if (!live) {
            return file.map(found -> "/" + root.relativize(found));
        }
        try {
            return file.isEmpty()
                    ? Optional.empty()
                    : Optional.of(file.get().toRealPath().toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// The file that a path of the node means, with links followed inside the root. Empty for
    /// endless links and for paths that cannot be.
    private Optional<Path> resolve(String path) {
        try {
            if (live) {
                return Optional.of(Path.of(path));
            }
            List<String> todo = new ArrayList<>(List.of(path.split("/")));
            Path at = root;
            int links = 0;
            while (!todo.isEmpty()) {
                String step = todo.removeFirst();
                if (step.isEmpty() || step.equals(".")) {
                    continue;
                }
                if (step.equals("..")) {
                    at = at.equals(root) ? root : at.resolve("..").normalize();
                    continue;
                }
                Path next = at.resolve(step);
                if (!Files.isSymbolicLink(next)) {
                    at = next;
                    continue;
                }
                if (++links > LINKS) {
                    return Optional.empty();
                }
                String target = Files.readSymbolicLink(next).toString();
                at = target.startsWith("/") ? root : at;
                todo.addAll(0, List.of(target.split("/")));
            }
            return Optional.of(at);
        } catch (InvalidPathException | IOException e) {
            return Optional.empty();
        }
    }

    static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NotDirectoryException) {
            return "not a directory";
        }
        if (e instanceof FileSystemException known && known.getReason() != null) {
            return known.getReason();
        }
        return e.getMessage() == null ? "cannot be read" : e.getMessage();
    }
}
