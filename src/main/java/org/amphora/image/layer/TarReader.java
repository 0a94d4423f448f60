// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.codec.BulkInputStream;
import org.amphora.image.Attributes;
import org.amphora.image.Node;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Reads a tar archive entry by entry: ustar, PAX with local and global headers, GNU long names,
/// GNU and PAX sparse files, base-256 numbers. Contents go to a {@link ContentSink} on the way.
/// Headers are handed on byte for byte, never through a character set. Not thread-safe.
///
/// Everything that is wrong with the archive is a `Problem` that names the layer and the entry.
public final class TarReader {

    /// What a SquashFS block list in memory may cost bounds the size of one file.
    static final long MAX_FILE_SIZE = 1L << 38;

    private static final int MAX_EXTENSION = 1 << 20;
    private static final int BUFFER = 1 << 16;
    private static final int MAX_OCTAL_SPARSE_BLOCKS = 1 << 12;
    private static final String XATTR = "SCHILY.xattr.";

    private final InputStream in;
    private final String archive;
    private final ContentSink sink;
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int limit;
    private final Map<String, String> globals = new HashMap<>();
    private String current = "";
    private boolean ended;
    private boolean sawEndMarker;

    /// Length of the sparse map that lay before the data of the current entry.
    private long mapBytes;

    /// Reads from where the stream stands.
    ///
    /// @param in the uncompressed archive
    /// @param archive how messages call it, e.g. `layer sha256:…`
    public TarReader(InputStream in, String archive, ContentSink sink) {
        this.in = in;
        this.archive = archive;
        this.sink = sink;
    }

    /// The next entry, its content already given to the sink; empty at the end. The end is two zero
    /// blocks, or the end of the stream between two entries, which some builders leave; what
    /// follows the end is read and dropped, so that digests see every byte.
    public Optional<LayerEntry> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        Map<String, String> pax = Map.of();
        String longName = "";
        String longLink = "";
        boolean extended = false;
        while (true) {
            TarHeader header = header();
            if (header == null) {
                if (extended) {
                    throw truncated();
                }
                ended = true;
                return Optional.empty();
            }
            current = header.name();
            try {
                switch (header.type()) {
                    case 'x', 'X' -> pax = PaxRecords.parse(extension(header));
                    case 'g' -> globals.putAll(PaxRecords.parse(extension(header)));
                    case 'L' -> longName = cString(extension(header));
                    case 'K' -> longLink = cString(extension(header));
                    default -> {
                        return Optional.of(entry(header, merged(pax), longName, longLink));
                    }
                }
            } catch (IllegalArgumentException e) {
                throw malformed(String.valueOf(e.getMessage()));
            }
            extended = true;
        }
    }

    /// Whether the archive had its end marker; a pipe that was cut between two entries has none.
    public boolean sawEndMarker() {
        return sawEndMarker;
    }

    private @Nullable TarHeader header() throws IOException {
        byte[] block = new byte[TarHeader.SIZE];
        if (!readBlock(block)) {
            return null;
        }
        var header = new TarHeader(block);
        if (header.isZero()) {
            if (readBlock(block) && !header.isZero()) {
                throw malformed("a zero block stands between two entries");
            }
            sawEndMarker = true;
            drain();
            return null;
        }
        if (!header.hasGoodChecksum()) {
            throw malformed("the header that follows has a wrong checksum");
        }
        return header;
    }

    private LayerEntry entry(
            TarHeader header, Map<String, String> pax, String longName, String longLink)
            throws IOException {
        String name = pax.getOrDefault("path", longName.isEmpty() ? header.name() : longName);
        name = pax.getOrDefault("GNU.sparse.name", name);
        current = name;
        String link =
                pax.getOrDefault("linkpath", longLink.isEmpty() ? header.linkName() : longLink);
        if (name.indexOf('\0') >= 0 || link.indexOf('\0') >= 0) {
            throw malformed("its name has a NUL byte");
        }
        char type = header.type();
        if (type == '\0' && name.endsWith("/")) {
            type = '5';
        }
        return switch (type) {
            case '\0', '0', '7', 'S' -> regular(name, header, pax);
            case '1' -> new LayerEntry.HardLink(name, link);
            case '2' -> new LayerEntry.Symlink(name, attributes(header, pax, 0777), link);
            case '3', '4' -> new LayerEntry.Device(name);
            case '5' -> new LayerEntry.Directory(name, attributes(header, pax, header.mode()));
            case '6' -> new LayerEntry.Fifo(name, attributes(header, pax, header.mode()));
            default -> throw malformed("its type is " + Integer.toHexString(type));
        };
    }

    private LayerEntry regular(String name, TarHeader header, Map<String, String> pax)
            throws IOException {
        Attributes attributes = attributes(header, pax, header.mode());
        long stored = pax.containsKey("size") ? decimal(pax, "size") : header.size();
        if (stored < 0 || stored > MAX_FILE_SIZE) {
            throw oversized(stored);
        }
        Optional<SparseMap> sparse = sparse(header, pax, stored);
        Node.Content content;
        if (sparse.isPresent()) {
            long before = mapBytes;
            content = copySparse(sparse.get(), stored - before);
        } else {
            sink.begin(stored);
            sink.data(new Data(stored), stored);
            content = sink.end();
        }
        skipPadding(stored);
        return new LayerEntry.Regular(name, attributes, content);
    }

    private Optional<SparseMap> sparse(TarHeader header, Map<String, String> pax, long stored)
            throws IOException {
        mapBytes = 0;
        Optional<SparseMap> map;
        if (header.type() == 'S') {
            map = Optional.of(oldGnuMap(header));
        } else if ("1".equals(pax.get("GNU.sparse.major"))) {
            map = Optional.of(mapInData(decimal(pax, "GNU.sparse.realsize"), stored));
        } else if (pax.containsKey(PaxRecords.SPARSE_MAP)) {
            map =
                    Optional.of(
                            SparseMap.parse(
                                    pax.getOrDefault(PaxRecords.SPARSE_MAP, ""),
                                    decimal(pax, "GNU.sparse.size")));
        } else {
            return Optional.empty();
        }
        if (map.get().size() > MAX_FILE_SIZE) {
            throw oversized(map.get().size());
        }
        if (map.get().storedSize() != stored - mapBytes) {
            throw malformed("its sparse map does not cover its data");
        }
        return map;
    }

    /// Four pieces in the header itself, 21 in each block that follows (GNU tar `struct
    /// oldgnu_header`, `struct sparse_header`).
    private SparseMap oldGnuMap(TarHeader header) throws IOException {
        var pieces = new ArrayList<Long>();
        addPieces(pieces, header, 386, 4);
        boolean more = header.block()[482] != 0;
        for (int blocks = 0; more; blocks++) {
            var block = new TarHeader(new byte[TarHeader.SIZE]);
            if (blocks == MAX_OCTAL_SPARSE_BLOCKS) {
                throw malformed("its sparse map is too long");
            }
            if (!readBlock(block.block())) {
                throw truncated();
            }
            addPieces(pieces, block, 0, 21);
            more = block.block()[504] != 0;
        }
        return new SparseMap(pieces, header.number(483, 12));
    }

    private static void addPieces(List<Long> pieces, TarHeader block, int from, int count) {
        for (int i = 0; i < count; i++) {
            int at = from + 24 * i;
            if (block.block()[at] == 0) {
                return;
            }
            pieces.add(block.number(at, 12));
            pieces.add(block.number(at + 12, 12));
        }
    }

    /// PAX format 1.0: decimal numbers, one a line, in whole blocks before the data.
    private SparseMap mapInData(long size, long stored) throws IOException {
        var data = new Data(Math.min(stored, MAX_EXTENSION));
        long count = line(data);
        var pieces = new ArrayList<Long>();
        for (long i = 0; i < 2 * count; i++) {
            pieces.add(line(data));
        }
        long used = Math.min(stored, MAX_EXTENSION) - data.left;
        mapBytes = roundUp(used);
        if (mapBytes > stored) {
            throw truncated();
        }
        skip(mapBytes - used);
        return new SparseMap(pieces, size);
    }

    private long line(Data data) throws IOException {
        long value = 0;
        int digits = 0;
        while (true) {
            int c = data.read();
            if (c == '\n' && digits > 0) {
                return value;
            }
            if (c < '0' || c > '9' || ++digits > 18) {
                throw malformed("its sparse map is not one");
            }
            value = value * 10 + (c - '0');
        }
    }

    private Node.Content copySparse(SparseMap map, long stored) throws IOException {
        sink.begin(map.size());
        var data = new Data(stored);
        long at = 0;
        for (int i = 0; i < map.pieces().size(); i += 2) {
            long offset = map.pieces().get(i);
            long length = map.pieces().get(i + 1);
            if (offset > at) {
                sink.hole(offset - at);
            }
            if (length > 0) {
                sink.data(data, length);
            }
            at = offset + length;
        }
        if (map.size() > at) {
            sink.hole(map.size() - at);
        }
        return sink.end();
    }

    private Attributes attributes(TarHeader header, Map<String, String> pax, int mode) {
        String exact = pax.get("mtime");
        long mtime = exact == null ? header.mtime() : wholeSeconds(exact);
        SortedMap<String, byte[]> xattrs = Collections.emptySortedMap();
        for (Map.Entry<String, String> entry : pax.entrySet()) {
            String key = entry.getKey();
            if (key.startsWith(XATTR) && isKept(key.substring(XATTR.length()))) {
                if (xattrs.isEmpty()) {
                    xattrs = new TreeMap<>();
                }
                xattrs.put(
                        key.substring(XATTR.length()),
                        entry.getValue().getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        return new Attributes(mode, Math.clamp(mtime, 0, 0xFFFF_FFFFL), xattrs);
    }

    /// Of the other names some belong to the host that made the layer (labels, overlay marks), the
    /// rest SquashFS cannot say.
    static boolean isKept(String xattr) {
        return xattr.startsWith("user.") && xattr.length() > 5
                || xattr.equals("security.capability");
    }

    /// Rounds towards the past, as a file system with whole seconds does.
    private long wholeSeconds(String text) {
        int dot = text.indexOf('.');
        String whole = dot < 0 ? text : text.substring(0, dot);
        try {
            long seconds = whole.isEmpty() || whole.equals("-") ? 0 : Long.parseLong(whole);
            return text.startsWith("-") && dot >= 0 ? seconds - 1 : seconds;
        } catch (NumberFormatException e) {
            throw malformed("its time is no number");
        }
    }

    private long decimal(Map<String, String> pax, String key) {
        try {
            return Long.parseLong(pax.getOrDefault(key, ""));
        } catch (NumberFormatException e) {
            throw malformed("its " + key + " is no number");
        }
    }

    /// Local records go before global ones; an empty value takes a global one back.
    private Map<String, String> merged(Map<String, String> pax) {
        if (globals.isEmpty() && !pax.containsValue("")) {
            return pax;
        }
        var merged = new HashMap<>(globals);
        merged.putAll(pax);
        merged.values().removeIf(String::isEmpty);
        return merged;
    }

    private byte[] extension(TarHeader header) throws IOException {
        long size = header.size();
        if (size < 0 || size > MAX_EXTENSION) {
            throw malformed("an extended header has " + size + " bytes");
        }
        byte[] bytes = new byte[(int) size];
        var data = new Data(size);
        for (int done = 0; done < bytes.length; ) {
            done += data.read(bytes, done, bytes.length - done);
        }
        skipPadding(size);
        return bytes;
    }

    private static String cString(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    }

    /// @return false at the end of the stream
    private boolean readBlock(byte[] block) throws IOException {
        int done = 0;
        while (done < block.length) {
            if (position == limit && !fill()) {
                if (done == 0) {
                    return false;
                }
                throw truncated();
            }
            int n = Math.min(block.length - done, limit - position);
            System.arraycopy(buffer, position, block, done, n);
            position += n;
            done += n;
        }
        return true;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    private void skipPadding(long size) throws IOException {
        skip(roundUp(size) - size);
    }

    private void skip(long count) throws IOException {
        long left = count;
        while (left > 0) {
            if (position == limit && !fill()) {
                throw truncated();
            }
            int n = (int) Math.min(left, limit - position);
            position += n;
            left -= n;
        }
    }

    private void drain() throws IOException {
        while (fill()) {
            position = limit;
        }
    }

    private static long roundUp(long size) {
        return (size + TarHeader.SIZE - 1) / TarHeader.SIZE * TarHeader.SIZE;
    }

    private Problem truncated() {
        return problem("the archive ends within it");
    }

    private Problem oversized(long size) {
        return problem(
                "it claims to have "
                        + size
                        + " bytes; files of up to "
                        + MAX_FILE_SIZE
                        + " are taken");
    }

    private Problem malformed(String why) {
        return problem(why);
    }

    private Problem problem(String why) {
        return new Problem(
                "cannot read " + archive,
                current.isEmpty() ? why : "entry " + ByteNames.show(current) + ": " + why,
                "build the image again, or get it from another source");
    }

    /// The bytes of one entry; reading beyond its end gives -1, a truncated archive a `Problem`.
    private final class Data extends BulkInputStream {
        private long left;

        Data(long length) {
            left = length;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int wanted = (int) Math.min(length, left);
            int n;
            if (position < limit) {
                n = Math.min(wanted, limit - position);
                System.arraycopy(buffer, position, target, offset, n);
                position += n;
            } else if (wanted >= buffer.length / 2) {
                n = in.read(target, offset, wanted);
                if (n < 0) {
                    throw truncated();
                }
            } else {
                if (!fill()) {
                    throw truncated();
                }
                return read(target, offset, length);
            }
            left -= n;
            return n;
        }
    }
}
