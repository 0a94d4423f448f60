// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.amphora.problem.Problem;

/// A directory into which everybody may put launch records. Nothing in it is trusted: links are not
/// followed, and a record counts only when its file belongs to the user it names, or to the owner
/// of the directory, who may have brought it from another node.
final class SpoolDirectory {
    private static final int BYTES_AT_MOST = 256 << 10;
    private static final Set<OpenOption> PLAIN_FILE =
            Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final String REJECTED = "rejected";

    private final Path directory;
    private final SecureDirectoryStream<Path> open;
    private final long owner;

    /// What some of its files hold.
    ///
    /// @param files those of the records
    record Contents(List<LaunchRecord> records, List<Path> files, List<Rejected> rejected) {}

    record Rejected(Path file, String reason) {}

    /// @param open the directory, in which files are known by their names alone
    SpoolDirectory(Path directory, SecureDirectoryStream<Path> open) {
        this.directory = directory;
        this.open = open;
        try {
            this.owner = uid(directory);
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    /// Reads files of it; those that are gone meanwhile are passed over.
    Contents read(List<Path> files) {
        Contents contents =
                new Contents(
                        new ArrayList<>(files.size()),
                        new ArrayList<>(files.size()),
                        new ArrayList<>());
        files.forEach(file -> read(file, contents));
        return contents;
    }

    private void read(Path file, Contents contents) {
        try {
            Map<String, Object> facts =
                    Files.readAttributes(
                            file, "unix:uid,size,isRegularFile", LinkOption.NOFOLLOW_LINKS);
            long size = number(facts, "size");
            if (!Boolean.TRUE.equals(facts.get("isRegularFile"))) {
                contents.rejected().add(new Rejected(file, "it is no plain file"));
            } else if (size > BYTES_AT_MOST) {
                contents.rejected().add(new Rejected(file, "it is too large for a record"));
            } else {
                LaunchRecord record = LaunchRecord.parse(content(name(file), size));
                long uid = number(facts, "uid");
                if (uid != owner && uid != record.uid()) {
                    contents.rejected()
                            .add(
                                    new Rejected(
                                            file,
                                            "it names user "
                                                    + record.uid()
                                                    + " and belongs to user "
                                                    + uid));
                } else {
                    contents.records().add(record);
                    contents.files().add(file);
                }
            }
        } catch (IllegalArgumentException e) {
            contents.rejected().add(new Rejected(file, String.valueOf(e.getMessage())));
        } catch (NoSuchFileException e) {
            // Another import was faster.
            return;
        } catch (IOException e) {
            contents.rejected().add(new Rejected(file, "it cannot be read: " + e.getMessage()));
        }
    }

    private String content(Path name, long size) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) size);
        try (SeekableByteChannel in = open.newByteChannel(name, PLAIN_FILE)) {
            while (bytes.hasRemaining() && in.read(bytes) >= 0) {}
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }

    /// Removes files whose records are durable, as far as another import was not faster.
    void remove(List<Path> files) {
        files.forEach(this::remove);
    }

    private void remove(Path file) {
        try {
            open.deleteFile(name(file));
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    /// Moves what is no record out of the way; the reason comes first, so that neither is lost.
    void setAside(Rejected one) {
        try {
            Path folder = rejectedFolder();
            String name = String.valueOf(one.file().getFileName());
            Path target = folder.resolve(name);
            for (int i = 1; Files.exists(target, LinkOption.NOFOLLOW_LINKS); i++) {
                target = folder.resolve(name + "." + i);
            }
            Files.writeString(folder.resolve(target.getFileName() + ".why"), one.reason() + "\n");
            Files.move(one.file(), target, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            // Another import was faster.
            return;
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    /// Somebody else's directory or link of that name would lead us astray.
    private Path rejectedFolder() throws IOException {
        Path folder = directory.resolve(REJECTED);
        try {
            Files.createDirectory(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            long me = uid(Path.of("/proc/self"));
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || uid(folder) != me) {
                throw new Problem(
                        "cannot set aside what is no record",
                        folder + " is not a directory of user " + me,
                        "look at it, and remove it",
                        e);
            }
        }
        return folder;
    }

    private static Path name(Path file) {
        return Objects.requireNonNull(file.getFileName());
    }

    private static long uid(Path path) throws IOException {
        return number(Files.readAttributes(path, "unix:uid", LinkOption.NOFOLLOW_LINKS), "uid");
    }

    private static long number(Map<String, Object> facts, String name) {
        return facts.get(name) instanceof Number number ? number.longValue() : -1;
    }

    static Problem problem(Path directory, IOException e) {
        return new Problem(
                "cannot import " + directory,
                e.getClass().getSimpleName() + ": " + e.getMessage(),
                "run it as the owner of the directory",
                e);
    }
}
