// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.amphora.problem.Problem;
import org.jspecify.annotations.Nullable;

/// A SIF file's header and table of objects. It is read once and holds no descriptor open; the
/// object readers open the file again.
public final class SifFile {

    /// What `apptainer/sif` lets in is not limited; a table this long is garbage or an attack.
    private static final long MAXIMUM_DESCRIPTORS = 65_536;

    /// Header and the usual 48 descriptors in one read.
    private static final int FIRST_READ = 32_768;

    private static final int MAXIMUM_IN_MEMORY = 64 << 20;

    private final Path path;
    private final SifHeader header;
    private final List<SifObject> objects;

    private SifFile(Path path, SifHeader header, List<SifObject> objects) {
        this.path = path;
        this.header = header;
        this.objects = objects;
    }

    /// Reads header and descriptors and checks that every object lies within the file.
    ///
    /// @throws Problem when the file cannot be read, is not SIF of version 01, or is truncated
    public static SifFile open(Path path) {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long length = file.length();
            byte[] begin = new byte[(int) Math.min(FIRST_READ, length)];
            file.readFully(begin);
            SifHeader header = header(path, begin, length);
            byte[] table = descriptorTable(path, file, begin, header, length);
            return new SifFile(path, header, objects(path, table, length));
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    public Path path() {
        return path;
    }

    public SifHeader header() {
        return header;
    }

    /// In the order of their ids.
    public List<SifObject> objects() {
        return objects;
    }

    /// The object with that id.
    public Optional<SifObject> object(int id) {
        for (SifObject object : objects) {
            if (object.id() == id) {
                return Optional.of(object);
            }
        }
        return Optional.empty();
    }

    /// The first object of that type and name; the empty name stands for any.
    public Optional<SifObject> object(SifObject.Type type, String name) {
        for (SifObject object : objects) {
            if (object.type() == type && (name.isEmpty() || name.equals(object.name()))) {
                return Optional.of(object);
            }
        }
        return Optional.empty();
    }

    /// The root file system: the object whose detail is a `Partition` of role `PRIMARY`.
    public Optional<SifObject> primaryPartition() {
        for (SifObject object : objects) {
            if (object.detail() instanceof SifObject.Partition partition
                    && partition.role() == SifObject.Role.PRIMARY) {
                return Optional.of(object);
            }
        }
        return Optional.empty();
    }

    /// The bytes of a small object, up to 64 MiB.
    public byte[] read(SifObject object) {
        if (object.size() > MAXIMUM_IN_MEMORY) {
            throw new Problem(
                    "cannot read object " + object.id() + " of " + path,
                    "it has " + object.size() + " bytes, more than is read into memory",
                    "write it to a file: amphora sif dump " + object.id() + " " + path);
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            byte[] content = new byte[(int) object.size()];
            file.seek(object.offset());
            file.readFully(content);
            return content;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /// Writes the bytes of an object of any size.
    ///
    /// @throws IOException when `target` cannot be written to
    public void copy(SifObject object, OutputStream target) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            file.seek(object.offset());
            byte[] buffer = new byte[1 << 17];
            long left = object.size();
            while (left > 0) {
                int length = (int) Math.min(left, buffer.length);
                file.readFully(buffer, 0, length);
                target.write(buffer, 0, length);
                left -= length;
            }
        }
    }

    private static SifHeader header(Path path, byte[] begin, long length) {
        if (!hasMagic(begin)) {
            throw new Problem(
                    "cannot open image " + path,
                    length < SifHeader.SIZE
                            ? "it is not a SIF file: it has " + length + " bytes only"
                            : "it is not a SIF file: no SIF_MAGIC at byte 32",
                    "give a SIF file; `amphora build out.sif SOURCE` makes one");
        }
        if (begin.length < SifHeader.SIZE) {
            throw truncated(path, length, "the header ends at byte " + SifHeader.SIZE);
        }
        String version = text(begin, SifHeader.VERSION_OFFSET, SifHeader.VERSION_SIZE);
        if (!version.equals(SifHeader.VERSION)) {
            throw new Problem(
                    "cannot open image " + path,
                    "it is SIF version '" + version + "', only version 01 is known",
                    "convert it with the program that made it, or build the image again");
        }
        ByteBuffer bytes = ByteBuffer.wrap(begin);
        UUID uuid =
                new UUID(
                        bytes.getLong(SifHeader.UUID_OFFSET),
                        bytes.getLong(SifHeader.UUID_OFFSET + 8));
        bytes.order(ByteOrder.LITTLE_ENDIAN).position(SifHeader.NUMBERS_OFFSET);
        return new SifHeader(
                text(begin, 0, SifHeader.LAUNCH_SCRIPT_SIZE),
                version,
                Architecture.ofCode(
                        text(begin, SifHeader.ARCHITECTURE_OFFSET, Architecture.FIELD_SIZE)),
                uuid,
                bytes.getLong(),
                bytes.getLong(),
                bytes.getLong(),
                bytes.getLong(),
                bytes.getLong(),
                bytes.getLong(),
                bytes.getLong(),
                bytes.getLong());
    }

    private static byte[] descriptorTable(
            Path path, RandomAccessFile file, byte[] begin, SifHeader header, long length)
            throws IOException {
        long total = header.descriptorsTotal();
        long offset = header.descriptorsOffset();
        if (total < 0 || total > MAXIMUM_DESCRIPTORS || offset < SifHeader.SIZE) {
            throw damaged(path, "the header tells of " + total + " descriptors at byte " + offset);
        }
        int size = (int) total * SifObject.DESCRIPTOR_SIZE;
        if (offset > length - size) {
            throw truncated(
                    path, length, "the table of objects has " + size + " from byte " + offset);
        }
        byte[] table = new byte[size];
        if (offset + size <= begin.length) {
            System.arraycopy(begin, (int) offset, table, 0, size);
        } else {
            file.seek(offset);
            file.readFully(table);
        }
        return table;
    }

    private static List<SifObject> objects(Path path, byte[] table, long length) {
        ByteBuffer bytes = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        List<SifObject> objects = new ArrayList<>();
        for (int at = 0; at < table.length; at += SifObject.DESCRIPTOR_SIZE) {
            if (table[at + 4] != 0) {
                SifObject object = object(table, bytes, at);
                checkExtent(path, object, length);
                objects.add(object);
            }
        }
        return List.copyOf(objects);
    }

    private static SifObject object(byte[] table, ByteBuffer bytes, int at) {
        int typeCode = bytes.getInt(at);
        SifObject.Type type = SifObject.Type.ofCode(typeCode);
        int link = bytes.getInt(at + 13);
        boolean linksGroup = (link & SifObject.GROUP_MASK) == SifObject.GROUP_MASK;
        return new SifObject(
                bytes.getInt(at + 5),
                type,
                typeCode,
                bytes.getInt(at + 9) & ~SifObject.GROUP_MASK,
                linksGroup ? link & ~SifObject.GROUP_MASK : link,
                linksGroup,
                bytes.getLong(at + 17),
                bytes.getLong(at + 25),
                bytes.getLong(at + 33),
                bytes.getLong(at + 41),
                bytes.getLong(at + 49),
                text(table, at + 73, SifObject.NAME_SIZE),
                detail(type, table, bytes, at + 73 + SifObject.NAME_SIZE));
    }

    private static SifObject.Detail detail(
            SifObject.Type type, byte[] table, ByteBuffer bytes, int extra) {
        int first = bytes.getInt(extra);
        int second = bytes.getInt(extra + 4);
        return switch (type) {
            case PARTITION ->
                    new SifObject.Partition(
                            SifObject.FileSystemType.ofCode(first),
                            SifObject.Role.ofCode(second),
                            Architecture.ofCode(text(table, extra + 8, Architecture.FIELD_SIZE)));
            case SIGNATURE -> new SifObject.Remark(hash(first));
            case CRYPTO_MESSAGE ->
                    new SifObject.Remark(cryptoFormat(first) + "/" + message(second));
            case SBOM -> new SifObject.Remark(sbomFormat(first));
            case OCI_ROOT_INDEX, OCI_BLOB ->
                    new SifObject.Remark(text(table, extra, SifObject.EXTRA_SIZE));
            case DEFINITION, ENVIRONMENT, LABELS, GENERIC_JSON, GENERIC, UNKNOWN ->
                    new SifObject.Plain();
        };
    }

    private static void checkExtent(Path path, SifObject object, long length) {
        if (object.offset() < 0 || object.size() < 0) {
            throw damaged(
                    path,
                    "object "
                            + object.id()
                            + " has offset "
                            + object.offset()
                            + " and size "
                            + object.size());
        }
        if (object.offset() > length || object.size() > length - object.offset()) {
            throw truncated(
                    path,
                    length,
                    "object "
                            + object.id()
                            + " has "
                            + object.size()
                            + " bytes from byte "
                            + object.offset());
        }
    }

    private static String hash(int code) {
        return switch (code) {
            case 1 -> "SHA-256";
            case 2 -> "SHA-384";
            case 3 -> "SHA-512";
            case 4 -> "BLAKE2s-256";
            case 5 -> "BLAKE2b-256";
            default -> "Unknown";
        };
    }

    private static String cryptoFormat(int code) {
        return switch (code) {
            case 1 -> "OpenPGP";
            case 2 -> "PEM";
            default -> "Unknown";
        };
    }

    private static String message(int code) {
        return switch (code) {
            case 0x100 -> "Clear Signature";
            case 0x200 -> "RSA-OAEP";
            default -> "Unknown";
        };
    }

    private static String sbomFormat(int code) {
        return switch (code) {
            case 1 -> "cyclonedx-json";
            case 2 -> "cyclonedx-xml";
            case 3 -> "github-json";
            case 4 -> "spdx-json";
            case 5 -> "spdx-rdf";
            case 6 -> "spdx-tag-value";
            case 7 -> "spdx-yaml";
            case 8 -> "syft-json";
            default -> "unknown";
        };
    }

    private static boolean hasMagic(byte[] begin) {
        byte[] magic = SifHeader.magic();
        if (begin.length < SifHeader.MAGIC_OFFSET + magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (begin[SifHeader.MAGIC_OFFSET + i] != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /// A NUL-padded field.
    private static String text(byte[] bytes, int offset, int size) {
        int end = offset;
        while (end < offset + size && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
    }

    private static Problem truncated(Path path, long length, String needed) {
        return new Problem(
                "cannot open image " + path,
                "the SIF file is truncated: it has " + length + " bytes, but " + needed,
                "copy, pull or build the file again");
    }

    private static Problem damaged(Path path, String why) {
        return new Problem(
                "cannot open image " + path,
                "the SIF file is damaged: " + why,
                "copy, pull or build the file again");
    }

    private static Problem unreadable(Path path, @Nullable IOException e) {
        File file = path.toFile();
        if (!file.exists()) {
            return new Problem(
                    "cannot open image " + path,
                    "there is no such file (or a folder above it may not be entered)",
                    "check the path",
                    e);
        }
        if (file.isDirectory()) {
            return new Problem(
                    "cannot open image " + path,
                    "it is a directory, not a SIF file",
                    "give a file",
                    e);
        }
        if (!file.canRead()) {
            return new Problem(
                    "cannot open image " + path,
                    "you may not read it",
                    "ask its owner for read permission (chmod a+r)",
                    e);
        }
        return new Problem(
                "cannot open image " + path,
                "reading failed: " + (e == null ? "" : e.getMessage()),
                "check the file and the file system it is on",
                e);
    }
}
