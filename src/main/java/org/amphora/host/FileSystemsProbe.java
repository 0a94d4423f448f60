// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads what is mounted, and looks at the directories that launching uses.
final class FileSystemsProbe {

    private static final String MOUNTS = "/proc/self/mountinfo";

    /// The kernel's own; they hold no files of anybody's.
    private static final Set<String> PSEUDO =
            Set.of(
                    "proc",
                    "sysfs",
                    "cgroup",
                    "cgroup2",
                    "devpts",
                    "mqueue",
                    "debugfs",
                    "tracefs",
                    "securityfs",
                    "pstore",
                    "bpf",
                    "configfs",
                    "fusectl",
                    "binfmt_misc",
                    "hugetlbfs",
                    "autofs",
                    "efivarfs",
                    "rpc_pipefs",
                    "nsfs",
                    "selinuxfs");

    private final Tree tree;

    private FileSystemsProbe(Tree tree) {
        this.tree = tree;
    }

    static FileSystems probe(Tree tree) {
        return new FileSystemsProbe(tree).all();
    }

    private FileSystems all() {
        Fact<List<FileSystems.Mount>> mounts = tree.text(MOUNTS).map(FileSystemsProbe::mounts);
        Fact<String> known = tree.text("/proc/filesystems");
        List<FileSystems.Place> places = new ArrayList<>();
        directories()
                .forEach((name, path) -> places.add(place(name, path, mounts.orElse(List.of()))));
        return new FileSystems(
                mounts,
                places,
                tree.isDirectory("/dev/shm")
                        ? Fact.known(place("shm", "/dev/shm", mounts.orElse(List.of())), "/dev/shm")
                        : Fact.absent("/dev/shm"),
                tree.exists("/dev/fuse")
                        ? Fact.known(tree.device("/dev/fuse"), "/dev/fuse")
                        : Fact.absent("/dev/fuse"),
                has(known, "fuse"),
                has(known, "overlay"),
                tree.program("squashfuse_ll"),
                tree.program("fuse-overlayfs"));
    }

    /// A file system that is a module is loaded at the first mount; its file tells that it can be.
    private Fact<Boolean> has(Fact<String> known, String name) {
        if (known.map(text -> text.contains("\t" + name + "\n")).orElse(false)) {
            return known.map(_ -> true);
        }
        String release = tree.line("/proc/sys/kernel/osrelease").orElse("");
        String file = "/lib/modules/" + release + "/modules.dep";
        Fact<String> modules = tree.text(file);
        if (modules.isKnown()) {
            return modules.map(text -> text.contains("/" + name + ".ko"));
        }
        return known.map(_ -> false);
    }

    private Map<String, String> directories() {
        Map<String, String> directories = new LinkedHashMap<>();
        if (!tree.isLive()) {
            directories.put("temporary", "/tmp");
            return directories;
        }
        Map<String, String> environment = System.getenv();
        String home = environment.getOrDefault("HOME", "");
        put(directories, "home", home);
        put(
                directories,
                "cache",
                first(
                        environment,
                        "AMPHORA_CACHEDIR",
                        "XDG_CACHE_HOME",
                        home.isEmpty() ? "" : home + "/.cache"));
        put(directories, "temporary", first(environment, "AMPHORA_TMPDIR", "TMPDIR", "/tmp"));
        put(directories, "working", System.getProperty("user.dir", ""));
        return directories;
    }

    private static String first(
            Map<String, String> environment, String one, String other, String otherwise) {
        String found = environment.getOrDefault(one, environment.getOrDefault(other, ""));
        return found.isEmpty() ? otherwise : found;
    }

    private static void put(Map<String, String> directories, String name, String path) {
        if (path.startsWith("/")) {
            directories.put(name, path);
        }
    }

    private FileSystems.Place place(String name, String path, List<FileSystems.Mount> mounts) {
        Optional<FileSystems.Mount> mount = FileSystems.mountOf(mounts, path);
        return new FileSystems.Place(
                name,
                path,
                mount.map(found -> Fact.known(found.type(), MOUNTS))
                        .orElse(Fact.unknown(MOUNTS, "no mount above " + path)),
                mount.map(FileSystems.Mount::options).orElse(List.of()),
                size(path, false),
                size(path, true),
                tree.isLive()
                        ? Fact.known(Files.isWritable(nearest(path)), path)
                        : Fact.unknown(path, "only a live node tells"));
    }

    private Fact<Long> size(String path, boolean free) {
        if (!tree.isLive()) {
            return tree.tried((free ? "free:" : "size:") + path, path, () -> Fact.absent(path))
                    .map(Long::parseLong);
        }
        try {
            FileStore store = Files.getFileStore(nearest(path));
            return Fact.known(free ? store.getUsableSpace() : store.getTotalSpace(), path);
        } catch (IOException e) {
            return Fact.unknown(path, String.valueOf(e.getMessage()));
        }
    }

    /// A cache that is not there yet is made where its parent is.
    private static Path nearest(String path) {
        Path at = Path.of(path);
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    /// proc_pid_mountinfo(5): id, parent, device, root, point, options, optional fields, `-`, type,
    /// source, options of the file system.
    static List<FileSystems.Mount> mounts(String text) {
        List<FileSystems.Mount> mounts = new ArrayList<>();
        for (String line : text.split("\n")) {
            int dash = line.indexOf(" - ");
            String[] left = line.split(" ");
            String[] right = dash < 0 ? new String[0] : line.substring(dash + 3).split(" ");
            if (left.length < 6 || right.length < 2 || PSEUDO.contains(right[0])) {
                continue;
            }
            Set<String> options = new LinkedHashSet<>(List.of(left[5].split(",")));
            if (right.length > 2) {
                options.addAll(List.of(right[2].split(",")));
            }
            mounts.add(
                    new FileSystems.Mount(
                            unescaped(left[4]),
                            right[0],
                            unescaped(right[1]),
                            List.copyOf(options)));
        }
        return mounts;
    }

    /// Blanks, tabs, line ends and backslashes are written as octal numbers.
    private static String unescaped(String text) {
        return text.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}
