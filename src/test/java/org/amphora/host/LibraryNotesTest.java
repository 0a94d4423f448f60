// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryNotesTest {
    @TempDir Path temporary;
    private Path file;
    private int reads;

    @BeforeEach
    void makeLibrary() throws IOException {
        file = Files.writeString(temporary.resolve("libx.so.1"), "first");
    }

    @Test
    void readsEachLibraryOnce() {
        LibraryNotes notes = notes();
        Library library = read(notes);
        assertThat(notes.answer(file.toString(), "release", () -> "1.2")).isEqualTo("1.2");
        notes.keep();
        LibraryNotes later = notes();
        assertThat(read(later)).isEqualTo(library);
        assertThat(later.answer(file.toString(), "release", () -> "not asked")).isEqualTo("1.2");
        assertThat(reads).isEqualTo(1);
    }

    @Test
    void readsAChangedLibraryAgain() throws IOException {
        LibraryNotes notes = notes();
        read(notes);
        notes.keep();
        Files.writeString(file, "another");
        LibraryNotes later = notes();
        read(later);
        assertThat(later.answer(file.toString(), "release", () -> "2.0")).isEqualTo("2.0");
        assertThat(reads).isEqualTo(2);
    }

    @Test
    void survivesNotesThatAreCutOffOrGarbage() throws IOException {
        LibraryNotes notes = notes();
        Library library = read(notes);
        notes.keep();
        Path kept = folder().resolve("libraries");
        byte[] whole = Files.readAllBytes(kept);
        for (int length = 0; length < whole.length; length++) {
            Files.write(kept, Arrays.copyOf(whole, length));
            assertThat(read(notes())).isEqualTo(library);
        }
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) 0xff;
            Files.write(kept, damaged);
            assertThat(read(notes())).isEqualTo(library);
        }
    }

    private LibraryNotes notes() {
        return LibraryNotes.in(List.of(folder()), folder());
    }

    private Path folder() {
        return temporary.resolve("notes");
    }

    private Library read(LibraryNotes notes) {
        return notes.library(file.toString(), this::library).orElseThrow();
    }

    private Optional<Library> library() {
        reads++;
        String path = file.toString();
        return Optional.of(
                new Library(
                        path,
                        path,
                        "libx.so.1",
                        List.of("libc.so.6"),
                        List.of("/opt/lib"),
                        Map.of("libc.so.6", List.of("GLIBC_2.17", "GLIBC_2.34")),
                        List.of("X_1"),
                        Fact.known("x86_64", path),
                        Fact.absent(path),
                        true));
    }
}
