// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.amphora.codec.BulkInputStream;
import org.amphora.image.BackgroundDigest;
import org.amphora.image.Digest;
import org.amphora.image.Node;
import org.amphora.image.layer.ContentSink;
import org.amphora.image.layer.Decompression;
import org.amphora.image.layer.DirectoryReader;
import org.amphora.image.layer.LayerEntry;
import org.amphora.image.layer.LayerIndex;
import org.amphora.image.layer.TarReader;
import org.amphora.image.squashfs.Compression;
import org.amphora.image.squashfs.Pack;
import org.amphora.image.squashfs.PackedFile;
import org.amphora.image.squashfs.Packer;
import org.amphora.problem.Problem;

/// A layer on disk with its contents compressed as SquashFS wants them, and an index of its entries
/// (`docs/image-format.md`, "The packed layer"). It depends on the bytes of the layer alone, so it
/// can be kept under the layer's digest and serve every image that has the layer.
final class PackedLayer implements AutoCloseable {

    /// Stands at both ends. The number is to be raised with any change of the bytes that come out:
    /// files of another version are made again.
    private static final byte[] MAGIC = "AMPHORA-LAYER-1\n".getBytes(StandardCharsets.US_ASCII);

    private static final int CHUNK = 1 << 18;

    /// Position of the table, its length, its checksum, and the magic.
    private static final int FOOTER = 8 + 4 + 8 + MAGIC.length;

    private record Chunk(long position, int length, long crc) {}

    private final FileChannel channel;
    private final Pack pack;
    private final Digest diffId;
    private final List<Chunk> chunks;

    private PackedLayer(FileChannel channel, Pack pack, Digest diffId, List<Chunk> chunks) {
        this.channel = channel;
        this.pack = pack;
        this.diffId = diffId;
        this.chunks = chunks;
    }

    /// Opens a packed layer.
    ///
    /// @throws DamagedException when it is none, of another version, or not as it was written
    static PackedLayer open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        PackedLayer layer;
        try {
            layer = read(channel);
        } catch (EOFException | IllegalArgumentException e) {
            channel.close();
            throw new DamagedException(file + " is damaged: " + e.getMessage());
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return layer;
    }

    /// The file is not what `make` wrote.
    static final class DamagedException extends IOException {
        DamagedException(String message) {
            super(message);
        }
    }

    private static PackedLayer read(FileChannel channel) throws IOException {
        if (channel.size() < MAGIC.length + FOOTER) {
            throw new DamagedException("too short");
        }
        checkMagic(bytes(channel, 0, MAGIC.length));
        var footer =
                new DataInputStream(
                        new ByteArrayInputStream(bytes(channel, channel.size() - FOOTER, FOOTER)));
        var table = new Chunk(footer.readLong(), footer.readInt(), footer.readLong());
        checkMagic(footer.readAllBytes());
        if (table.position < 0 || table.position + table.length + FOOTER != channel.size()) {
            throw new DamagedException("wrong length");
        }
        var in = new DataInputStream(new ByteArrayInputStream(checked(channel, table)));
        Digest diffId = new Digest("sha256", HexFormat.of().formatHex(in.readNBytes(32)));
        Pack pack = Pack.read(in, channel);
        var chunks = new ArrayList<Chunk>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            var chunk = new Chunk(in.readLong(), in.readInt(), in.readLong());
            checked(channel, chunk);
            chunks.add(chunk);
        }
        return new PackedLayer(channel, pack, diffId, chunks);
    }

    /// The digest of the uncompressed layer.
    Digest diffId() {
        return diffId;
    }

    /// Reads the entries in the order of the layer. Their contents stay valid until `close`.
    void forEach(Consumer<LayerEntry> action) throws IOException {
        var index = new LayerIndex();
        for (Chunk chunk : chunks) {
            var in = new DataInputStream(new ByteArrayInputStream(checked(channel, chunk)));
            LayerEntry entry = index.read(in, this::content);
            while (entry != null) {
                action.accept(entry);
                entry = index.read(in, this::content);
            }
        }
    }

    private Node.Content content(java.io.DataInput in) throws IOException {
        return PackedFile.read(in, pack);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /// Packs a tar archive.
    ///
    /// @param raw the archive, compressed or not; read to its end
    /// @param name how messages call it
    /// @param file which must not exist yet; on failure what was written stays
    /// @return the digest of the uncompressed bytes
    /// @throws Problem when the archive is malformed
    static Digest make(Path file, InputStream raw, String name, Compression compression)
            throws IOException {
        return make(file, raw, name, compression, false);
    }

    /// The same for the stream of a whole tree, which must have its end marker: a pipe tells no
    /// other way that its writer died.
    static Digest makeTree(Path file, InputStream raw, String name, Compression compression)
            throws IOException {
        return make(file, raw, name, compression, true);
    }

    /// Packs a directory on disk.
    ///
    /// @return the digest of the packed layer itself, which tells the content of the directory
    /// @throws Problem when a part of it cannot be read
    static Digest makeOf(Path directory, Path file, Compression compression) throws IOException {
        try (Writer writer = new Writer(file, compression)) {
            new DirectoryReader(writer, writer::add).read(directory);
            writer.finish(Digest.of(""));
        }
        try (BackgroundDigest sha256 = new BackgroundDigest();
                InputStream in = java.nio.file.Files.newInputStream(file)) {
            new DigestingStream(in, sha256).transferTo(java.io.OutputStream.nullOutputStream());
            return sha256.finish();
        }
    }

    private static Digest make(
            Path file, InputStream raw, String name, Compression compression, boolean endMarker)
            throws IOException {
        try (BackgroundDigest sha256 = new BackgroundDigest();
                Writer writer = new Writer(file, compression)) {
            InputStream plain = new DigestingStream(Decompression.open(raw, name), sha256);
            var tar = new TarReader(plain, name, writer);
            for (var entry = tar.next(); entry.isPresent(); entry = tar.next()) {
                writer.add(entry.get());
            }
            if (endMarker && !tar.sawEndMarker()) {
                throw new Problem(
                        "cannot read " + name,
                        "it ends before its end marker",
                        "look for the message of the program that writes it");
            }
            // Some archives go on behind their end; the digest covers that too.
            plain.transferTo(java.io.OutputStream.nullOutputStream());
            Digest diffId = sha256.finish();
            writer.finish(diffId);
            return diffId;
        }
    }

    private static byte[] checked(FileChannel channel, Chunk chunk) throws IOException {
        if (chunk.position < 0 || chunk.length < 0 || chunk.position > channel.size()) {
            throw new DamagedException("wrong position");
        }
        byte[] bytes = bytes(channel, chunk.position, chunk.length);
        if (crc(bytes, bytes.length) != chunk.crc) {
            throw new DamagedException("wrong checksum");
        }
        return bytes;
    }

    private static byte[] bytes(FileChannel channel, long position, int length) throws IOException {
        if (length > channel.size() - position) {
            throw new DamagedException("too short");
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new EOFException("too short");
            }
        }
        return bytes.array();
    }

    private static void checkMagic(byte[] bytes) throws DamagedException {
        if (!java.util.Arrays.equals(bytes, MAGIC)) {
            throw new DamagedException("another version");
        }
    }

    private static long crc(byte[] bytes, int length) {
        var crc = new CRC32();
        crc.update(bytes, 0, length);
        return crc.getValue();
    }

    /// Writes a packed layer: contents and index chunks as they come, the table at the end.
    static final class Writer implements ContentSink, AutoCloseable {
        private final FileChannel channel;
        private final Packer packer;
        private final List<Chunk> chunks = new ArrayList<>();
        private final ByteArrayOutputStream chunk = new ByteArrayOutputStream(CHUNK);
        private final DataOutputStream index = new DataOutputStream(chunk);

        Writer(Path file, Compression compression) throws IOException {
            channel =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            packer = new Packer(new Pack(channel), 0, compression);
            packer.append(ByteBuffer.wrap(MAGIC));
        }

        @Override
        public void begin(long size) {
            packer.begin(size);
        }

        @Override
        public void data(InputStream in, long length) throws IOException {
            packer.data(in, length);
        }

        @Override
        public void hole(long length) throws IOException {
            packer.hole(length);
        }

        @Override
        public PackedFile end() {
            return packer.end();
        }

        void add(LayerEntry entry) throws IOException {
            packer.whenWritten(
                    () -> {
                        LayerIndex.write(
                                index, entry, (out, content) -> ((PackedFile) content).write(out));
                        if (chunk.size() >= CHUNK) {
                            flush();
                        }
                    });
        }

        void finish(Digest diffId) throws IOException {
            packer.finish();
            if (chunk.size() > 0) {
                flush();
            }
            index.write(HexFormat.of().parseHex(diffId.hex()));
            packer.pack().write(index);
            index.writeInt(chunks.size());
            for (Chunk written : List.copyOf(chunks)) {
                describe(index, written);
            }
            Chunk table = append();
            describe(index, table);
            index.write(MAGIC);
            packer.append(ByteBuffer.wrap(chunk.toByteArray()));
        }

        /// The pack while it is written: its files are whole once `packer.finish` has run.
        Packer packer() {
            return packer;
        }

        private void flush() throws IOException {
            LayerIndex.writeEnd(index);
            chunks.add(append());
        }

        private Chunk append() throws IOException {
            byte[] bytes = chunk.toByteArray();
            chunk.reset();
            return new Chunk(
                    packer.append(ByteBuffer.wrap(bytes)), bytes.length, crc(bytes, bytes.length));
        }

        private static void describe(DataOutputStream out, Chunk chunk) throws IOException {
            out.writeLong(chunk.position);
            out.writeInt(chunk.length);
            out.writeLong(chunk.crc);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /// Digests what is read through it, as `DigestInputStream` does, but never one byte at a time.
    private static final class DigestingStream extends BulkInputStream {
        private final InputStream in;
        private final BackgroundDigest digest;

        DigestingStream(InputStream in, BackgroundDigest digest) {
            this.in = in;
            this.digest = digest;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            int n = in.read(b, off, len);
            if (n > 0) {
                digest.update(b, off, n);
            }
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
