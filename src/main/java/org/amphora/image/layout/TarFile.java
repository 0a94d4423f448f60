// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.amphora.codec.BulkInputStream;
import org.amphora.codec.ZstdStream;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/// A tar file, indexed once and then read in place. Knows ustar, GNU long names and PAX `path`,
/// `linkpath` and `size` (POSIX.1-2024 pax, "ustar Interchange Format" and "pax Header Block").
final class TarFile implements FileTree {

    private static final int BLOCK = 512;
    private static final int LONGEST_NAME = 1 << 20;
    private static final int LONGEST_LINK_CHAIN = 40;

    private sealed interface Entry {
        record Regular(long offset, long size) implements Entry {}

        /// A symbolic link, or a hard link, whose target is counted from the top.
        record Link(String target) implements Entry {}
    }

    private final Path path;
    private final FileChannel channel;
    private final Map<String, Entry> entries = new HashMap<>();

    private TarFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /// Opens and indexes a tar file, compressed or not.
    ///
    /// @throws Problem when it is none, or is cut off
    /// @throws IOException when the temporary directory cannot be written
    static TarFile open(Path path, Path temporary) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        boolean opened = false;
        try {
            InputStream plain = decompressed(path, channel);
            if (plain != null) {
                try (plain) {
                    FileChannel spooled = spool(path, plain, temporary);
                    channel.close();
                    channel = spooled;
                }
            }
            TarFile tar = new TarFile(path, channel);
            tar.index();
            opened = true;
            return tar;
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    @Override
    public boolean has(String name) {
        return find(name) != null;
    }

    @Override
    public long size(String name) throws IOException {
        return require(name).size;
    }

    @Override
    public InputStream open(String name) throws IOException {
        Entry.Regular file = require(name);
        return new BufferedInputStream(new Slice(channel, file.offset, file.size), 1 << 16);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private Entry.Regular require(String name) throws NoSuchFileException {
        Entry.Regular file = find(name);
        if (file == null) {
            throw new NoSuchFileException(path + ":" + name);
        }
        return file;
    }

    private Entry.@Nullable Regular find(String name) {
        Entry entry = entries.get(name);
        for (int i = 0; i < LONGEST_LINK_CHAIN && entry instanceof Entry.Link link; i++) {
            entry = entries.get(link.target);
        }
        return entry instanceof Entry.Regular regular ? regular : null;
    }

    private static @Nullable InputStream decompressed(Path path, FileChannel channel)
            throws IOException {
        ByteBuffer magic = ByteBuffer.allocate(6);
        channel.read(magic, 0);
        magic.flip();
        if (magic.remaining() < 6) {
            throw broken(path, "it has " + channel.size() + " bytes");
        }
        InputStream raw = new BufferedInputStream(new Slice(channel, 0, channel.size()), 1 << 16);
        int first = magic.getInt(0);
        try {
            if (first >>> 16 == 0x1f8b) {
                return new GZIPInputStream(raw, 1 << 16);
            } else if (first == 0x28b52ffd) {
                return new ZstdStream(raw);
            } else if (first == 0xfd377a58) {
                return new XZInputStream(raw);
            } else if (first >>> 8 == 0x425a68) {
                throw new Problem(
                        "cannot read " + path, "it is compressed with bzip2", "bunzip2 it first");
            }
        } catch (IOException e) {
            throw broken(path, String.valueOf(e.getMessage()));
        }
        return null;
    }

    private static FileChannel spool(Path path, InputStream plain, Path temporary)
            throws IOException {
        Path file = Files.createTempFile(temporary, "amphora-", ".tar");
        FileChannel spooled;
        try {
            spooled = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } finally {
            Files.delete(file);
        }
        boolean done = false;
        try {
            byte[] buffer = new byte[1 << 16];
            for (int n = read(path, plain, buffer); n >= 0; n = read(path, plain, buffer)) {
                ByteBuffer out = ByteBuffer.wrap(buffer, 0, n);
                while (out.hasRemaining()) {
                    spooled.write(out);
                }
            }
            done = true;
            return spooled;
        } finally {
            if (!done) {
                spooled.close();
            }
        }
    }

    private static int read(Path path, InputStream plain, byte[] buffer) {
        try {
            return plain.read(buffer);
        } catch (IOException | RuntimeException e) {
            // The decompressors have unchecked exceptions for bad input.
            throw broken(path, "it is cut off or damaged (" + e.getMessage() + ")");
        }
    }

    private void index() throws IOException {
        long length = channel.size();
        long position = 0;
        Map<String, String> pax = new HashMap<>();
        ByteBuffer header = ByteBuffer.allocate(BLOCK);
        while (true) {
            if (position + BLOCK > length) {
                // Some writers leave out the two zero blocks of the end; a cut at an entry's
                // boundary shows when a file is missing.
                if (position < length || entries.isEmpty()) {
                    throw broken(path, "it is cut off at byte " + length);
                }
                return;
            }
            readFully(header, position);
            byte[] block = header.array();
            if (isZero(block)) {
                return;
            }
            requireChecksum(block, position);
            String size = pax.get("size");
            long dataSize = size == null ? number(block, 124, 12, position) : decimal(size);
            long data = position + BLOCK;
            if (dataSize < 0 || dataSize > length - data) {
                throw broken(
                        path,
                        "it is cut off: the entry at byte "
                                + position
                                + " has "
                                + dataSize
                                + " bytes, the file ends at "
                                + length);
            }
            char type = (char) block[156];
            switch (type) {
                case 'x' -> readPax(bytes(data, dataSize), pax);
                case 'L' -> pax.put("path", text(bytes(data, dataSize)));
                case 'K' -> pax.put("linkpath", text(bytes(data, dataSize)));
                case 'g' -> {}
                default -> {
                    add(type, block, pax, data, dataSize);
                    pax.clear();
                }
            }
            position = data + (dataSize + BLOCK - 1) / BLOCK * BLOCK;
        }
    }

    private void add(char type, byte[] block, Map<String, String> pax, long data, long size) {
        String own = text(block, 0, 100);
        String prefix = text(block, 257, 5).equals("ustar") ? text(block, 345, 155) : "";
        // GNU tar has other fields where ustar has the prefix.
        boolean isGnu = block[263] == ' ';
        String ustar = prefix.isEmpty() || isGnu ? own : prefix + "/" + own;
        String name = normal(pax.getOrDefault("path", ustar));
        String target = pax.getOrDefault("linkpath", text(block, 157, 100));
        switch (type) {
            case '0', '7', '\0' -> entries.put(name, new Entry.Regular(data, size));
            case '1' -> entries.put(name, new Entry.Link(normal(target)));
            case '2' -> entries.put(name, new Entry.Link(normal(parent(name) + target)));
            default -> {}
        }
    }

    private static String parent(String name) {
        return name.substring(0, name.lastIndexOf('/') + 1);
    }

    /// Without `.`, `..` and empty parts; what leads above the top stays below it.
    private static String normal(String name) {
        StringBuilder normal = new StringBuilder();
        for (String part : name.split("/")) {
            if (part.equals("..")) {
                normal.setLength(Math.max(normal.lastIndexOf("/"), 0));
            } else if (!part.isEmpty() && !part.equals(".")) {
                normal.append(normal.isEmpty() ? "" : "/").append(part);
            }
        }
        return normal.toString();
    }

    private void readPax(byte[] records, Map<String, String> pax) {
        int at = 0;
        while (at < records.length) {
            int space = at;
            while (space < records.length && records[space] != ' ') {
                space++;
            }
            long length = decimal(new String(records, at, space - at, StandardCharsets.US_ASCII));
            if (length < space - at + 3 || length > records.length - at) {
                throw broken(path, "a PAX record has length " + length);
            }
            int end = at + (int) length;
            String record = new String(records, space + 1, end - space - 2, StandardCharsets.UTF_8);
            int equals = record.indexOf('=');
            if (equals > 0) {
                pax.put(record.substring(0, equals), record.substring(equals + 1));
            }
            at = end;
        }
    }

    private byte[] bytes(long position, long size) throws IOException {
        if (size > LONGEST_NAME) {
            throw broken(path, "a header has " + size + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) size);
        readFully(buffer, position);
        return buffer.array();
    }

    private void readFully(ByteBuffer buffer, long position) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw broken(path, "it is cut off at byte " + channel.size());
            }
        }
    }

    private void requireChecksum(byte[] block, long position) {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xFF;
        }
        if (number(block, 148, 8, position) != sum) {
            throw broken(
                    path,
                    position == 0
                            ? "it is not a tar file"
                            : "there is no tar header at byte " + position);
        }
    }

    /// Octal digits, or GNU's base 256 when the first bit is set.
    private long number(byte[] block, int offset, int length, long position) {
        if ((block[offset] & 0x80) != 0) {
            long value = 0;
            for (int i = offset + Math.max(1, length - 8); i < offset + length; i++) {
                value = value << 8 | block[i] & 0xFF;
            }
            return value;
        }
        long value = 0;
        for (int i = offset; i < offset + length; i++) {
            int c = block[i];
            if (c >= '0' && c <= '7') {
                value = value << 3 | c - '0';
            } else if (c != ' ' && c != 0) {
                throw broken(path, "there is no tar header at byte " + position);
            }
        }
        return value;
    }

    private long decimal(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw broken(path, "a PAX record says " + digits + " where a number belongs");
        }
    }

    private static String text(byte[] zeroTerminated) {
        return text(zeroTerminated, 0, zeroTerminated.length);
    }

    private static String text(byte[] block, int offset, int length) {
        int end = offset;
        while (end < offset + length && block[end] != 0) {
            end++;
        }
        return new String(block, offset, end - offset, StandardCharsets.UTF_8);
    }

    private static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private static Problem broken(Path path, String why) {
        return new Problem(
                "cannot read the archive " + path,
                why,
                "check that it is a tar file and was copied whole");
    }

    /// A part of a file; each slice has its own position.
    private static final class Slice extends BulkInputStream {
        private final FileChannel channel;
        private final long end;
        private long position;

        Slice(FileChannel channel, long offset, long size) {
            this.channel = channel;
            this.position = offset;
            this.end = offset + size;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (position >= end) {
                return -1;
            }
            int wanted = (int) Math.min(length, end - position);
            int n = channel.read(ByteBuffer.wrap(buffer, offset, wanted), position);
            position += Math.max(n, 0);
            return n;
        }

        @Override
        public int available() {
            return (int) Math.min(Integer.MAX_VALUE, end - position);
        }
    }
}
