// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.image.Attributes;
import org.amphora.image.Node;
import org.jspecify.annotations.Nullable;

/// Writes and reads layer entries as the index of a packed layer has them. The format belongs to
/// the version of the packed layer that it lies in (`docs/image-format.md`).
public final class LayerIndex {

    private static final int END = 0;
    private static final int DIRECTORY = 1;
    private static final int REGULAR = 2;
    private static final int SYMLINK = 3;
    private static final int HARD_LINK = 4;
    private static final int FIFO = 5;
    private static final int DEVICE = 6;

    /// Equal attributes are one object in memory; most files of a layer have few different ones.
    private final Map<Attributes, Attributes> shared = new HashMap<>();

    /// Writes a content handle.
    public interface ContentWriter {
        void write(DataOutput out, Node.Content content) throws IOException;
    }

    /// Reads what a {@link ContentWriter} wrote.
    public interface ContentReader {
        Node.Content read(DataInput in) throws IOException;
    }

    public static void write(DataOutput out, LayerEntry entry, ContentWriter contents)
            throws IOException {
        switch (entry) {
            case LayerEntry.Directory d -> begin(out, DIRECTORY, d.name(), d.attributes());
            case LayerEntry.Regular r -> {
                begin(out, REGULAR, r.name(), r.attributes());
                contents.write(out, r.content());
            }
            case LayerEntry.Symlink s -> {
                begin(out, SYMLINK, s.name(), s.attributes());
                bytes(out, s.target());
            }
            case LayerEntry.HardLink h -> {
                out.writeByte(HARD_LINK);
                bytes(out, h.name());
                bytes(out, h.target());
            }
            case LayerEntry.Fifo f -> begin(out, FIFO, f.name(), f.attributes());
            case LayerEntry.Device d -> {
                out.writeByte(DEVICE);
                bytes(out, d.name());
            }
        }
    }

    /// Ends the list.
    public static void writeEnd(DataOutput out) throws IOException {
        out.writeByte(END);
    }

    /// Reads the next entry; null at the end of the list.
    ///
    /// @throws IOException for bytes that `write` cannot have made
    public @Nullable LayerEntry read(DataInput in, ContentReader contents) throws IOException {
        int type = in.readUnsignedByte();
        if (type == END) {
            return null;
        }
        String name = bytes(in);
        return switch (type) {
            case DIRECTORY -> new LayerEntry.Directory(name, attributes(in));
            case REGULAR -> new LayerEntry.Regular(name, attributes(in), contents.read(in));
            case SYMLINK -> new LayerEntry.Symlink(name, attributes(in), bytes(in));
            case HARD_LINK -> new LayerEntry.HardLink(name, bytes(in));
            case FIFO -> new LayerEntry.Fifo(name, attributes(in));
            case DEVICE -> new LayerEntry.Device(name);
            default -> throw new IOException("unknown entry type " + type);
        };
    }

    private static void begin(DataOutput out, int type, String name, Attributes attributes)
            throws IOException {
        out.writeByte(type);
        bytes(out, name);
        out.writeShort(attributes.mode());
        out.writeInt((int) attributes.mtime());
        out.writeInt(attributes.xattrs().size());
        for (Map.Entry<String, byte[]> xattr : attributes.xattrs().entrySet()) {
            bytes(out, xattr.getKey());
            out.writeInt(xattr.getValue().length);
            out.write(xattr.getValue());
        }
    }

    private Attributes attributes(DataInput in) throws IOException {
        int mode = in.readUnsignedShort() & 07777;
        long mtime = Integer.toUnsignedLong(in.readInt());
        int count = in.readInt();
        SortedMap<String, byte[]> xattrs = Collections.emptySortedMap();
        if (count == 0) {
            var plain = new Attributes(mode, mtime, xattrs);
            Attributes known = shared.putIfAbsent(plain, plain);
            return known == null ? plain : known;
        }
        xattrs = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            String name = bytes(in);
            byte[] value = new byte[length(in)];
            in.readFully(value);
            xattrs.put(name, value);
        }
        return new Attributes(mode, mtime, xattrs);
    }

    private static void bytes(DataOutput out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String bytes(DataInput in) throws IOException {
        byte[] bytes = new byte[length(in)];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static int length(DataInput in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > 1 << 20) {
            throw new IOException("length out of range: " + length);
        }
        return length;
    }
}
