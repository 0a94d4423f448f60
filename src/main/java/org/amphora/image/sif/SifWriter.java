// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.sif;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import org.amphora.image.sif.SifObject.FileSystemType;
import org.amphora.image.sif.SifObject.Role;

/// Writes a SIF file as Apptainer lays it out: header, 48 descriptors at byte 4096, the objects in
/// the order they are added, all of group 1, partitions aligned to 4096 bytes. The bytes follow
/// from what is given alone.
///
/// The file is written beside its target ({@link PartFile}); `finish` renames it, `close` without
/// `finish` removes it. Not thread-safe, but while a partition is open its bytes may be written to
/// the channel from several threads.
public final class SifWriter implements AutoCloseable {
    private static final int DESCRIPTORS = 48;
    private static final int DESCRIPTORS_OFFSET = 4096;
    private static final int DESCRIPTORS_SIZE = DESCRIPTORS * SifObject.DESCRIPTOR_SIZE;
    private static final long DATA_OFFSET = DESCRIPTORS_OFFSET + (long) DESCRIPTORS_SIZE;
    private static final int PARTITION_ALIGNMENT = 4096;
    private static final int DEFAULT_GROUP = 1;

    private final PartFile file;
    private final FileChannel channel;
    private final UUID uuid;
    private final long time;
    private final ByteBuffer descriptors =
            ByteBuffer.allocate(DESCRIPTORS_SIZE).order(ByteOrder.LITTLE_ENDIAN);

    private int count;
    private long end = DATA_OFFSET;
    private Architecture architecture = Architecture.UNKNOWN;
    private long partitionOffset = -1;
    private FileSystemType partitionFileSystem = FileSystemType.UNKNOWN;
    private boolean finished;

    private SifWriter(PartFile file, UUID uuid, long time) {
        this.file = file;
        this.channel = file.channel();
        this.uuid = uuid;
        this.time = time;
    }

    /// Begins a file.
    ///
    /// @param target where the finished file will be; an existing one is replaced
    /// @param uuid of the image
    /// @param time in seconds since 1970, for every time field
    public static SifWriter create(Path target, UUID uuid, long time) throws IOException {
        return new SifWriter(PartFile.create(target.toAbsolutePath()), uuid, time);
    }

    /// Appends an object; its id is the number of objects so far.
    ///
    /// @param type anything but `PARTITION` and the types that need further fields
    /// @param name at most 127 bytes of UTF-8; may be empty
    public void add(SifObject.Type type, String name, byte[] content) throws IOException {
        if (type.code == 0
                || type == SifObject.Type.PARTITION
                || type.code > SifObject.Type.GENERIC.code) {
            throw new IllegalArgumentException("not a plain object: " + type);
        }
        checkIdle();
        long offset = end;
        writeFully(ByteBuffer.wrap(content), offset);
        end = offset + content.length;
        describe(type, name, offset, content.length, content.length);
    }

    /// Begins the primary partition. Until `endPartition`, write its bytes to `channel()` from the
    /// returned absolute offset on.
    public long beginPartition(FileSystemType fileSystem, Architecture ofPartition) {
        checkIdle();
        if (architecture != Architecture.UNKNOWN) {
            throw new IllegalStateException("there is a primary partition already");
        }
        partitionOffset =
                (end + PARTITION_ALIGNMENT - 1) / PARTITION_ALIGNMENT * PARTITION_ALIGNMENT;
        partitionFileSystem = fileSystem;
        architecture = ofPartition;
        return partitionOffset;
    }

    /// The file that is being written; its position is not used here.
    public FileChannel channel() {
        return channel;
    }

    /// Ends the partition that was begun.
    ///
    /// @param size of its content in bytes
    public void endPartition(long size) throws IOException {
        if (partitionOffset < 0) {
            throw new IllegalStateException("no partition was begun");
        }
        int at =
                describe(
                                SifObject.Type.PARTITION,
                                "",
                                partitionOffset,
                                size,
                                partitionOffset - end + size)
                        + 73
                        + SifObject.NAME_SIZE;
        descriptors.putInt(at, partitionFileSystem.code);
        descriptors.putInt(at + 4, Role.PRIMARY.code);
        descriptors.put(at + 8, architecture.field());
        end = partitionOffset + size;
        partitionOffset = -1;
    }

    /// Writes header and descriptors, and moves the file to its target in one step. The mode is
    /// 0755 less the umask.
    public void finish() throws IOException {
        checkIdle();
        writeFully(header(), 0);
        writeFully(descriptors.duplicate().rewind(), DESCRIPTORS_OFFSET);
        // What the partition's writer left beyond the size it told is not part of the file.
        if (channel.size() > end) {
            channel.truncate(end);
        } else if (channel.size() < end) {
            throw new IllegalStateException(
                    "the partition's bytes were not written: " + channel.size() + " of " + end);
        }
        file.finish();
        finished = true;
    }

    /// Removes what was written unless it was finished; idempotent.
    @Override
    public void close() throws IOException {
        file.close();
    }

    private ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(SifHeader.SIZE);
        header.put(SifHeader.LAUNCH_SCRIPT.getBytes(StandardCharsets.US_ASCII));
        header.position(SifHeader.MAGIC_OFFSET).put(SifHeader.magic());
        header.put((SifHeader.VERSION + "\0").getBytes(StandardCharsets.US_ASCII));
        header.put(architecture.field());
        header.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
        header.order(ByteOrder.LITTLE_ENDIAN)
                .putLong(time)
                .putLong(time)
                .putLong(DESCRIPTORS - count)
                .putLong(DESCRIPTORS)
                .putLong(DESCRIPTORS_OFFSET)
                .putLong(DESCRIPTORS_SIZE)
                .putLong(DATA_OFFSET)
                .putLong(end - DATA_OFFSET);
        return header.rewind();
    }

    /// Fills the next descriptor and tells where it begins.
    private int describe(
            SifObject.Type type, String name, long offset, long size, long sizeWithPadding) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        if (nameBytes.length >= SifObject.NAME_SIZE) {
            throw new IllegalArgumentException("object name is too long: " + name);
        }
        if (count == DESCRIPTORS) {
            throw new IllegalStateException("no free descriptor, all are used: " + DESCRIPTORS);
        }
        int at = count * SifObject.DESCRIPTOR_SIZE;
        count++;
        descriptors
                .position(at)
                .putInt(type.code)
                .put((byte) 1)
                .putInt(count)
                .putInt(DEFAULT_GROUP | SifObject.GROUP_MASK)
                .putInt(0)
                .putLong(offset)
                .putLong(size)
                .putLong(sizeWithPadding)
                .putLong(time)
                .putLong(time)
                .putLong(0)
                .putLong(0)
                .put(nameBytes);
        return at;
    }

    private void checkIdle() {
        if (partitionOffset >= 0) {
            throw new IllegalStateException("a partition is being written");
        }
        if (finished) {
            throw new IllegalStateException("the file is finished");
        }
    }

    private void writeFully(ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }
}
