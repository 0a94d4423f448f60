// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.amphora.Needs;
import org.amphora.image.Node;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {

    /// Keeps contents in memory.
    record Bytes(byte[] bytes) implements Node.Content {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public String toString() {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    static final class MemorySink implements ContentSink {
        private ByteArrayOutputStream out = new ByteArrayOutputStream();

        @Override
        public void begin(long size) {
            out = new ByteArrayOutputStream();
        }

        @Override
        public void data(InputStream in, long length) throws IOException {
            byte[] bytes = in.readNBytes((int) length);
            assertThat(bytes).hasSize((int) length);
            out.writeBytes(bytes);
        }

        @Override
        public void hole(long length) {
            out.writeBytes(new byte[(int) length]);
        }

        @Override
        public Node.Content end() {
            return new Bytes(out.toByteArray());
        }
    }

    static List<LayerEntry> read(byte[] tar) throws IOException {
        var reader = new TarReader(new ByteArrayInputStream(tar), "layer x", new MemorySink());
        var entries = new ArrayList<LayerEntry>();
        for (var e = reader.next(); e.isPresent(); e = reader.next()) {
            entries.add(e.get());
        }
        return entries;
    }

    private static String content(LayerEntry entry) {
        return ((LayerEntry.Regular) entry).content().toString();
    }

    @Test
    void readsEveryKindOfEntry() throws IOException {
        List<LayerEntry> entries =
                read(
                        new TarBuilder()
                                .dir("d/", 01777)
                                .file("d/f", 04755, new byte[] {'x'})
                                .symlink("s", "/etc/x y")
                                .link("h", "d/f")
                                .fifo("p")
                                .device("c")
                                .end());
        assertThat(entries)
                .extracting(e -> e.getClass().getSimpleName() + " " + e.name())
                .containsExactly(
                        "Directory d/",
                        "Regular d/f",
                        "Symlink s",
                        "HardLink h",
                        "Fifo p",
                        "Device c");
        assertThat(((LayerEntry.Directory) entries.get(0)).attributes().mode()).isEqualTo(01777);
        assertThat(((LayerEntry.Regular) entries.get(1)).attributes().mode()).isEqualTo(04755);
        assertThat(content(entries.get(1))).isEqualTo("x");
    }

    @Test
    void takesLocalRecordsBeforeGlobalOnes() throws IOException {
        List<LayerEntry> entries =
                read(
                        new TarBuilder()
                                .paxGlobal(Map.of("mtime", "5.9", "comment", "c"))
                                .file("a", "")
                                .pax(Map.of("mtime", "7", "path", "long"))
                                .file("b", "")
                                .pax(Map.of("mtime", ""))
                                .file("c", "")
                                .end());
        assertThat(entries)
                .extracting(e -> e.name() + ((LayerEntry.Regular) e).attributes().mtime())
                .containsExactly("a5", "long7", "c1700000000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"12.999999999", "12", "12.0"})
    void floorsTimes(String mtime) throws IOException {
        var entry = read(new TarBuilder().pax(Map.of("mtime", mtime)).file("a", "").end());
        assertThat(((LayerEntry.Regular) entry.getFirst()).attributes().mtime()).isEqualTo(12);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0.5", "-3", "-3.25"})
    void clampsTimesBefore1970(String mtime) throws IOException {
        var entry = read(new TarBuilder().pax(Map.of("mtime", mtime)).file("a", "").end());
        assertThat(((LayerEntry.Regular) entry.getFirst()).attributes().mtime()).isZero();
    }

    @Test
    void keepsBinaryXattrsAndDropsThoseOfTheHost() throws IOException {
        String value = "\u0000\u00ff\u0080\n=\u00c3(";
        var records = new LinkedHashMap<String, String>();
        records.put("SCHILY.xattr.security.capability", value);
        records.put("SCHILY.xattr.user.a=b", "1");
        records.put("SCHILY.xattr.security.selinux", "label");
        records.put("SCHILY.xattr.trusted.overlay.opaque", "y");
        var entry = read(new TarBuilder().pax(records).file("a", "").end());
        var xattrs = ((LayerEntry.Regular) entry.getFirst()).attributes().xattrs();
        assertThat(xattrs).containsOnlyKeys("security.capability", "user.a");
        assertThat(xattrs.get("security.capability"))
                .isEqualTo(value.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void readsLongAndStrangeNames() throws IOException {
        String longName = "d/" + "n".repeat(200) + "\u00ff\n\u0001";
        List<LayerEntry> entries =
                read(
                        new TarBuilder()
                                .gnuLongName(longName)
                                .gnuLongLink("t".repeat(150))
                                .symlink("x", "y")
                                .file("\u00e4\nb", "")
                                .end());
        assertThat(entries.get(0).name()).isEqualTo(longName);
        assertThat(((LayerEntry.Symlink) entries.get(0)).target()).isEqualTo("t".repeat(150));
        assertThat(entries.get(1).name()).isEqualTo("\u00e4\nb");
    }

    @Test
    void readsPrefixAndBase256() throws IOException {
        var tar = new TarBuilder();
        byte[] header = tar.header('0', "name", 0644, "", 0);
        TarBuilder.put(header, 345, "some/prefix");
        java.util.Arrays.fill(header, 124, 136, (byte) 0);
        header[124] = (byte) 0x80;
        header[135] = 3;
        tar.raw(TarBuilder.sign(header)).raw("abc".getBytes(StandardCharsets.ISO_8859_1));
        List<LayerEntry> entries = read(tar.raw(new byte[509]).end());
        assertThat(entries.getFirst().name()).isEqualTo("some/prefix/name");
        assertThat(content(entries.getFirst())).isEqualTo("abc");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gnu", "--sparse-version=0.0", "--sparse-version=0.1", "posix"})
    void readsSparseFilesOfGnuTar(String format, @TempDir Path dir) throws Exception {
        Needs.program("tar");
        byte[] expected = new byte[3_000_000];
        try (var file = new java.io.RandomAccessFile(dir.resolve("f").toFile(), "rw")) {
            var random = new Random(1);
            for (int at = 100_000; at < expected.length; at += 95_000) {
                byte[] piece = new byte[5000];
                random.nextBytes(piece);
                file.seek(at);
                file.write(piece, 0, Math.min(5000, expected.length - at));
                System.arraycopy(piece, 0, expected, at, Math.min(5000, expected.length - at));
            }
            file.setLength(expected.length);
        }
        Files.writeString(dir.resolve("g"), "after");
        var command = new ArrayList<>(List.of("tar", "-S", "-C", dir.toString(), "-cf", "-"));
        if (format.startsWith("-")) {
            command.add("--format=posix");
        }
        command.add(format.startsWith("-") ? format : "--format=" + format);
        command.addAll(List.of("f", "g"));
        Process process = new ProcessBuilder(command).start();
        byte[] tar = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(tar.length).isLessThan(expected.length);
        List<LayerEntry> entries = read(tar);
        assertThat(entries).extracting(LayerEntry::name).containsExactly("f", "g");
        assertThat(((Bytes) ((LayerEntry.Regular) entries.get(0)).content()).bytes())
                .isEqualTo(expected);
        assertThat(content(entries.get(1))).isEqualTo("after");
    }

    @Test
    void takesAnArchiveWithoutEndMarker() throws IOException {
        var tar =
                new TarReader(
                        new ByteArrayInputStream(new TarBuilder().file("a", "x").withoutEnd()),
                        "x",
                        new MemorySink());
        assertThat(tar.next()).isPresent();
        assertThat(tar.next()).isEmpty();
        assertThat(tar.sawEndMarker()).isFalse();
        assertThat(read(new byte[0])).isEmpty();
        assertThat(read(new byte[1024])).isEmpty();
    }

    static Stream<Arguments> malformed() {
        var b = new TarBuilder();
        byte[] badSum = TarBuilder.sign(b.header('0', "bad", 0644, "", 0));
        badSum[0] = 'B';
        byte[] badSize = b.header('0', "bad", 0644, "", 0);
        TarBuilder.put(badSize, 124, "9zz");
        byte[] negative = b.header('0', "bad", 0644, "", 0);
        java.util.Arrays.fill(negative, 124, 136, (byte) 0xff);
        byte[] absurd = b.header('0', "bad", 0644, "", 0);
        java.util.Arrays.fill(absurd, 124, 136, (byte) 0);
        absurd[124] = (byte) 0x80;
        absurd[129] = 1;
        return Stream.of(
                Arguments.of("checksum", new TarBuilder().raw(badSum).end()),
                Arguments.of("octal", new TarBuilder().raw(TarBuilder.sign(badSize)).end()),
                Arguments.of("-1 bytes", new TarBuilder().raw(TarBuilder.sign(negative)).end()),
                Arguments.of("claims", new TarBuilder().raw(TarBuilder.sign(absurd)).end()),
                Arguments.of("type", new TarBuilder().entry('M', "bad", 0, "", new byte[0]).end()),
                Arguments.of(
                        "NUL",
                        new TarBuilder().pax(Map.of("path", "bad\0x")).file("bad", "").end()),
                Arguments.of(
                        "no length",
                        new TarBuilder().entry('x', "bad", 0, "", new byte[] {'a'}).end()),
                Arguments.of(
                        "wrong length",
                        new TarBuilder().entry('x', "bad", 0, "", "99 a=b\n".getBytes()).end()),
                Arguments.of(
                        "sparse map",
                        new TarBuilder()
                                .pax(Map.of("GNU.sparse.map", "0,5,2,5", "GNU.sparse.size", "10"))
                                .file("bad", "0123456789")
                                .end()),
                Arguments.of(
                        "cover",
                        new TarBuilder()
                                .pax(Map.of("GNU.sparse.map", "0,5", "GNU.sparse.size", "10"))
                                .file("bad", "0123456789")
                                .end()),
                Arguments.of(
                        "zero block", new TarBuilder().raw(new byte[512]).file("b", "").end()));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void namesArchiveAndEntryOfMalformedOnes(String why, byte[] tar) {
        assertThatThrownBy(() -> read(tar))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("layer x")
                .hasMessageContaining(why);
    }

    @Test
    void stopsWhereTheArchiveIsCut() throws IOException {
        byte[] tar =
                new TarBuilder()
                        .pax(Map.of("path", "p"))
                        .file("a", "x".repeat(700))
                        .gnuLongName("n".repeat(120))
                        .file("b", "y")
                        .withoutEnd();
        for (int length = 0; length < tar.length; length += 100) {
            byte[] cut = java.util.Arrays.copyOf(tar, length);
            // The end of the first file is the only place where an archive may end.
            if (length == 0) {
                continue;
            }
            assertThatThrownBy(() -> read(cut)).as("%d", length).isInstanceOf(Problem.class);
        }
        assertThat(read(tar)).hasSize(2);
    }

    @Test
    void survivesGarbage() {
        var random = new Random(7);
        byte[] good =
                new TarBuilder()
                        .pax(Map.of("SCHILY.xattr.user.x", "1"))
                        .file("a", "x".repeat(700))
                        .symlink("b", "c")
                        .end();
        for (int i = 0; i < 2000; i++) {
            byte[] bad = good.clone();
            for (int j = 0; j < 3; j++) {
                int header = new int[] {0, 512, 1024, 2560}[random.nextInt(4)];
                bad[header + random.nextInt(512)] = (byte) random.nextInt();
            }
            TarBuilder.sign(java.util.Arrays.copyOf(bad, 512));
            try {
                read(bad);
            } catch (Problem e) {
                assertThat(e.why()).isNotEmpty();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
