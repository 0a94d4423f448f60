// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.amphora.fragment.NodeFolder;

/// What was read from the libraries of this node, kept in a {@link NodeFolder}: an MPI with its
/// plugins is hundreds of files, and each rank of a job asks for the same. A note counts only while
/// device, inode, size and time of its file are the same, so an update of the node needs nothing.
/// Notes that cannot be read or kept cost time, nothing else.
final class LibraryNotes {
    private static final String NAME = "libraries";

    /// Raised when the same file gives other notes than before.
    private static final String FORMAT = "amphora-libraries 2";

    private static final int LARGEST = 16 << 20;

    private final Map<String, Note> notes = new HashMap<>();

    /// Those that nobody has asked for, as they were kept: one node has hundreds, a question needs
    /// some.
    private final Map<String, byte[]> unread = new HashMap<>();

    private final Optional<Path> folder;
    private boolean grown;

    /// @param identity of the file that was read
    /// @param answers by question, what else was asked about it
    private record Note(String identity, Library library, Map<String, String> answers) {}

    private LibraryNotes(Optional<Path> folder) {
        this.folder = folder;
    }

    /// Those of a foreign tree: none, and none are kept.
    static LibraryNotes none() {
        return new LibraryNotes(Optional.empty());
    }

    /// Root's, and those of the caller beside them.
    static LibraryNotes ofThisNode() {
        return in(NodeFolder.all(System.getenv()), NodeFolder.own(System.getenv()));
    }

    /// Those of these folders, a later one over an earlier one.
    ///
    /// @param own where new ones are kept
    static LibraryNotes in(List<Path> folders, Path own) {
        LibraryNotes all = new LibraryNotes(Optional.of(own));
        for (Path folder : folders) {
            NodeFolder.trusted(folder, NAME).ifPresent(all::load);
        }
        return all;
    }

    /// The library at a path, as noted or as read now.
    Optional<Library> library(String path, Supplier<Optional<Library>> read) {
        if (folder.isEmpty()) {
            return read.get();
        }
        String identity = identity(path);
        if (identity.isEmpty()) {
            return Optional.empty();
        }
        Optional<Note> note = note(path);
        if (note.isPresent() && note.get().identity().equals(identity)) {
            return Optional.of(note.get().library());
        }
        Optional<Library> library = read.get();
        library.ifPresent(
                found -> {
                    notes.put(path, new Note(identity, found, new HashMap<>()));
                    grown = true;
                });
        return library;
    }

    /// Anything else about a library that {@link #library} has given before.
    String answer(String path, String question, Supplier<String> read) {
        Optional<Note> note = note(path);
        if (note.isEmpty()) {
            return read.get();
        }
        return note.get()
                .answers()
                .computeIfAbsent(
                        question,
                        _ -> {
                            grown = true;
                            return read.get();
                        });
    }

    private Optional<Note> note(String path) {
        byte[] kept = unread.remove(path);
        if (kept != null) {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(kept));
            try {
                notes.put(path, new Note(in.readUTF(), library(in, path), answers(in)));
            } catch (IOException e) {
                // Cannot be, as the sum was right; as if there were none.
                grown = true;
            }
        }
        return Optional.ofNullable(notes.get(path));
    }

    /// Writes them down for the next one, if there is anything new.
    void keep() {
        if (!grown || folder.isEmpty()) {
            return;
        }
        try {
            NodeFolder.put(folder.get(), NAME, bytes());
        } catch (IOException e) {
            // A node without a folder that can be written to is allowed.
            grown = false;
        }
    }

    private static String identity(String path) {
        Path file = Path.of(path);
        if (!Files.exists(file)) {
            return "";
        }
        try {
            BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
            return seen.fileKey()
                    + " "
                    + seen.size()
                    + " "
                    + seen.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        } catch (IOException e) {
            return "";
        }
    }

    private void load(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                return;
            }
            byte[] whole = Files.readAllBytes(file);
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(whole));
            if (!in.readUTF().equals(FORMAT)
                    || in.readLong() != sum(whole, whole.length - in.available())) {
                return;
            }
            for (int left = in.readInt(); left > 0; left--) {
                String path = in.readUTF();
                unread.put(path, in.readNBytes(in.readInt()));
            }
        } catch (IOException e) {
            // Cut off within its first fields: as if there were none.
            grown = true;
        }
    }

    /// Half a file or a damaged one must not become facts.
    private static long sum(byte[] bytes, int from) {
        CRC32 sum = new CRC32();
        sum.update(bytes, from, bytes.length - from);
        return sum.getValue();
    }

    private byte[] bytes() throws IOException {
        Map<String, byte[]> all = new HashMap<>(unread);
        for (Map.Entry<String, Note> entry : notes.entrySet()) {
            all.put(entry.getKey(), bytes(entry.getValue()));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        out.writeInt(all.size());
        for (Map.Entry<String, byte[]> entry : all.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeInt(entry.getValue().length);
            out.write(entry.getValue());
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        out = new DataOutputStream(whole);
        out.writeUTF(FORMAT);
        out.writeLong(sum(body.toByteArray(), 0));
        body.writeTo(out);
        return whole.toByteArray();
    }

    private static byte[] bytes(Note note) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        out.writeUTF(note.identity());
        write(out, note.library());
        out.writeInt(note.answers().size());
        for (Map.Entry<String, String> answer : note.answers().entrySet()) {
            out.writeUTF(answer.getKey());
            out.writeUTF(answer.getValue());
        }
        return body.toByteArray();
    }

    private static Map<String, String> answers(DataInputStream in) throws IOException {
        Map<String, String> answers = new HashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            answers.put(in.readUTF(), in.readUTF());
        }
        return answers;
    }

    private static void write(DataOutputStream out, Library library) throws IOException {
        out.writeUTF(library.file());
        out.writeUTF(library.soname());
        write(out, library.needed());
        write(out, library.searched());
        out.writeInt(library.versionsNeeded().size());
        for (Map.Entry<String, List<String>> needs : library.versionsNeeded().entrySet()) {
            out.writeUTF(needs.getKey());
            write(out, needs.getValue());
        }
        write(out, library.versionsDefined());
        out.writeUTF(library.machine().orElse(""));
        out.writeUTF(library.abiNote().orElse(""));
        out.writeBoolean(library.executableStack());
    }

    private static Library library(DataInputStream in, String path) throws IOException {
        String file = in.readUTF();
        String soname = in.readUTF();
        List<String> needed = texts(in);
        List<String> searched = texts(in);
        Map<String, List<String>> versionsNeeded = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            versionsNeeded.put(in.readUTF(), texts(in));
        }
        List<String> versionsDefined = texts(in);
        return new Library(
                path,
                file,
                soname,
                needed,
                searched,
                versionsNeeded,
                versionsDefined,
                fact(in.readUTF(), path),
                fact(in.readUTF(), path),
                in.readBoolean());
    }

    private static Fact<String> fact(String text, String path) {
        return text.isEmpty() ? Fact.absent(path) : Fact.known(text, path);
    }

    private static void write(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            out.writeUTF(text);
        }
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        int size = in.readInt();
        List<String> texts = new ArrayList<>();
        for (int left = size; left > 0; left--) {
            texts.add(in.readUTF());
        }
        return texts;
    }
}
