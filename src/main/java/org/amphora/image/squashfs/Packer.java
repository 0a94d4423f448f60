// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.squashfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Turns file contents into compressed blocks at the end of a file, in the order given, whatever
/// the number of compressing threads. A file's blocks are contiguous; tails, and files smaller
/// than a block, share fragment blocks in the order of the files. Blocks of zeros become holes.
///
/// Used by one thread: `begin`, then `data` and `hole` up to the size, then `end`, for each file;
/// `finish` at last. At most `4 + 2 × threads` blocks are held in memory.
public final class Packer {

    private static final byte[] ZEROS = new byte[PackedFile.BLOCK];

    private final FileChannel out;
    private final Pack pack;
    private final Compression compression;
    private final int maxPending;
    private final Writeback writeback;
    private long position;

    private final ArrayDeque<Step> pending = new ArrayDeque<>();
    private final ArrayDeque<Buffers> free = new ArrayDeque<>();
    private int pendingBlocks;

    private @Nullable PackedFile file;
    private long left;
    private int blockNumber;
    private @Nullable Buffers block;
    private int blockLength;
    private @Nullable Buffers fragment;
    private int fragmentLength;
    private int fragmentNumber;

    /// Makes a packer that writes to the channel of `pack`.
    ///
    /// @param position where in that file the first block goes
    public Packer(Pack pack, long position, Compression compression) {
        this.out = pack.channel();
        this.pack = pack;
        this.position = position;
        this.compression = compression;
        this.maxPending = 4 + 2 * compression.threads();
        this.writeback = new Writeback(out);
    }

    public Pack pack() {
        return pack;
    }

    /// Begins a file of that many bytes.
    public void begin(long size) {
        if (file != null) {
            throw new IllegalStateException("the file before has not ended");
        }
        file = new PackedFile(pack, size);
        left = size;
        blockNumber = 0;
        blockLength = 0;
    }

    /// Takes exactly `length` bytes.
    ///
    /// @throws java.io.EOFException when `in` has fewer
    public void data(InputStream in, long length) throws IOException {
        long missing = checked(length);
        while (missing > 0) {
            Buffers target = target();
            int at = target == fragment ? fragmentLength : blockLength;
            int room = target == fragment ? (int) left : PackedFile.BLOCK - blockLength;
            int n = in.read(target.in, at, (int) Math.min(room, missing));
            if (n < 0) {
                throw new java.io.EOFException(missing + " bytes are missing");
            }
            missing -= n;
            advance(target, n);
        }
    }

    /// The next `length` bytes are zero.
    public void hole(long length) throws IOException {
        long missing = checked(length);
        while (missing > 0) {
            if (block == null && left >= PackedFile.BLOCK && missing >= PackedFile.BLOCK) {
                blockNumber++;
                missing -= PackedFile.BLOCK;
                left -= PackedFile.BLOCK;
                continue;
            }
            Buffers target = target();
            int at = target == fragment ? fragmentLength : blockLength;
            int room = target == fragment ? (int) left : PackedFile.BLOCK - blockLength;
            int n = (int) Math.min(room, missing);
            Arrays.fill(target.in, at, at + n, (byte) 0);
            missing -= n;
            advance(target, n);
        }
    }

    /// Ends the file. Its handle is complete, and may be written, only within `whenWritten`.
    public PackedFile end() {
        PackedFile ended = current();
        if (left != 0) {
            throw new IllegalStateException(left + " bytes are missing");
        }
        file = null;
        return ended;
    }

    /// Runs the task, on a later call by the same thread, once all files that have ended are
    /// written.
    public void whenWritten(Task task) throws IOException {
        pending.add(new Step(task));
        drain(maxPending);
    }

    /// What can be done with finished files.
    public interface Task {
        void run() throws IOException;
    }

    /// Appends bytes of another kind after all that is written; for use within `whenWritten`.
    ///
    /// @return where they begin
    public long append(ByteBuffer bytes) throws IOException {
        long at = position;
        write(bytes);
        return at;
    }

    /// Writes all that is left. The packer is not usable any more.
    ///
    /// @return the position after the last byte
    public long finish() throws IOException {
        flushFragment();
        drain(0);
        writeback.finish();
        return position;
    }

    private PackedFile current() {
        if (file == null) {
            throw new IllegalStateException("no file has begun");
        }
        return file;
    }

    private long checked(long length) {
        current();
        if (length > left) {
            throw new IllegalStateException("more bytes than the file has: " + length);
        }
        return length;
    }

    /// Where the next byte goes: a block of its own while the file fills one, else the fragment.
    private Buffers target() throws IOException {
        if (block != null) {
            return block;
        }
        if (left >= PackedFile.BLOCK) {
            blockLength = 0;
            block = take();
            return block;
        }
        PackedFile current = current();
        if (current.fragment == Superblock.NO_FRAGMENT) {
            if (fragmentLength + left > PackedFile.BLOCK) {
                flushFragment();
            }
            if (fragment == null) {
                fragment = take();
            }
            current.fragment = fragmentNumber;
            current.fragmentOffset = fragmentLength;
        }
        return java.util.Objects.requireNonNull(fragment);
    }

    private void advance(Buffers target, int n) throws IOException {
        left -= n;
        if (target == fragment) {
            fragmentLength += n;
            return;
        }
        blockLength += n;
        if (blockLength == PackedFile.BLOCK) {
            PackedFile owner = current();
            int number = blockNumber++;
            block = null;
            if (Arrays.equals(target.in, ZEROS)) {
                free.add(target);
            } else {
                submit(new Step(owner, number, target, compress(target, PackedFile.BLOCK)));
            }
        }
    }

    private void flushFragment() throws IOException {
        Buffers full = fragment;
        if (full != null) {
            int length = fragmentLength;
            fragment = null;
            fragmentLength = 0;
            fragmentNumber++;
            submit(new Step(null, 0, full, compress(full, length)));
        }
    }

    private Future<Integer> compress(Buffers buffers, int length) {
        buffers.length = length;
        return compression.submit(() -> compression.compress(buffers.in, length, buffers.out));
    }

    private Buffers take() {
        Buffers buffers = free.poll();
        return buffers != null
                ? buffers
                : new Buffers(Compression.maxCompressedLength(PackedFile.BLOCK));
    }

    private void submit(Step step) throws IOException {
        pending.add(step);
        pendingBlocks++;
        drain(maxPending);
    }

    /// Writes what is compressed, and waits while more than `allowed` blocks are not.
    private void drain(int allowed) throws IOException {
        while (!pending.isEmpty()) {
            Step step = pending.getFirst();
            if (step.compressed != null && pendingBlocks <= allowed && !step.compressed.isDone()) {
                return;
            }
            pending.removeFirst();
            if (step.task != null) {
                step.task.run();
            } else {
                pendingBlocks--;
                write(step);
            }
        }
    }

    private void write(Step step) throws IOException {
        Buffers buffers = java.util.Objects.requireNonNull(step.buffers);
        int length = result(java.util.Objects.requireNonNull(step.compressed));
        boolean stored = length == buffers.length;
        int word = stored ? length | Superblock.DATA_STORED : length;
        if (step.owner == null) {
            pack.addFragment(position, word);
        } else {
            if (step.owner.start < 0) {
                step.owner.start = position;
            }
            step.owner.blocks[step.number] = word;
        }
        write(ByteBuffer.wrap(stored ? buffers.in : buffers.out, 0, length));
        free.add(buffers);
    }

    private static int result(Future<Integer> compressed) throws IOException {
        try {
            return compressed.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted while compressing");
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot compress a block", e.getCause());
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            position += out.write(bytes, position);
        }
        writeback.written(position);
    }

    /// A block before and after compression.
    private static final class Buffers {
        private final byte[] in = new byte[PackedFile.BLOCK];
        private final byte[] out;
        private int length;

        Buffers(int maxCompressedLength) {
            out = new byte[maxCompressedLength];
        }
    }

    /// What is to be written next, or to be done once all before is written.
    private static final class Step {
        private final @Nullable PackedFile owner;
        private final int number;
        private final @Nullable Buffers buffers;
        private final @Nullable Future<Integer> compressed;
        private final @Nullable Task task;

        Step(@Nullable PackedFile owner, int number, Buffers buffers, Future<Integer> compressed) {
            this.owner = owner;
            this.number = number;
            this.buffers = buffers;
            this.compressed = compressed;
            this.task = null;
        }

        Step(Task task) {
            this.owner = null;
            this.number = 0;
            this.buffers = null;
            this.compressed = null;
            this.task = task;
        }
    }
}
