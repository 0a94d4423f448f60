// SPDX-License-Identifier: Apache-2.0
package org.amphora.fragment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Where this node's own files are kept until it boots again: plan fragments, and what was read
/// from its libraries. Root's folder serves everybody; each user may have one beside it. Only
/// folders count that nobody else can write to, because launches obey what lies there.
public final class NodeFolder {

    /// Root's, by the Filesystem Hierarchy Standard 3.0, 3.15.
    public static final Path SHARED = Path.of("/run/amphora");

    private static final String NAME = "amphora";

    /// Belongs to the effective uid of this process.
    private static final Path SELF = Path.of("/proc/self/status");

    private static final int ROOT = 0;
    private static final Set<PosixFilePermission> PUBLIC =
            PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> PRIVATE =
            PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> READABLE =
            PosixFilePermissions.fromString("rw-r--r--");

    private NodeFolder() {}

    /// The folders that may be read from, the one that counts more first; those that do not exist
    /// are among them.
    public static List<Path> all(Map<String, String> environment) {
        List<Path> folders = new ArrayList<>(List.of(SHARED));
        Path own = own(environment);
        if (!own.equals(SHARED)) {
            folders.add(own);
        }
        return folders;
    }

    /// Where this process keeps its own: root's folder for root, `XDG_RUNTIME_DIR` for a user who
    /// has that directory, one in `/tmp` named by the uid otherwise.
    public static Path own(Map<String, String> environment) {
        int uid = uid(SELF);
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (uid == ROOT) {
            return SHARED;
        }
        if (runtime.startsWith("/") && uid(Path.of(runtime)) == uid) {
            return Path.of(runtime, NAME);
        }
        return Path.of("/tmp", NAME + "-" + uid);
    }

    /// A file that only root or the caller can have put there.
    ///
    /// @return empty when there is none
    public static Optional<Path> trusted(Path folder, String name) {
        Path file = folder.resolve(name);
        return isTrusted(folder) && isTrusted(file) ? Optional.of(file) : Optional.empty();
    }

    private static boolean isTrusted(Path path) {
        try {
            int owner = uid(path);
            Set<PosixFilePermission> permissions =
                    Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
            return !Files.isSymbolicLink(path)
                    && (owner == ROOT || owner == uid(SELF))
                    && !permissions.contains(PosixFilePermission.GROUP_WRITE)
                    && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
        } catch (IOException e) {
            return false;
        }
    }

    private static int uid(Path path) {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            return -1;
        }
    }

    /// Puts a file there in one step, so that readers see the old one or the new one.
    ///
    /// @throws IOException also when somebody else could write to the folder
    public static void put(Path folder, String name, byte[] content) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(folder.equals(SHARED) ? PUBLIC : PRIVATE));
        }
        if (!isTrusted(folder)) {
            throw new IOException(folder + " belongs to somebody else, or others may write to it");
        }
        Path part = Files.createTempFile(folder, "." + name, ".part");
        try {
            Files.write(part, content);
            Files.setPosixFilePermissions(part, READABLE);
            Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
