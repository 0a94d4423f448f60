// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;

/// System calls for making files, with names as bytes. `java.nio.file` encodes names with the
/// locale, so in the C locale of a batch job it cannot make a file whose name is not ASCII, and in
/// no locale one whose name is not UTF-8. It knows no named pipes and no xattrs but `user.` either.
///
/// Paths are byte strings as in {@link org.amphora.image.Node}. Thread-safe.
@SuppressWarnings("restricted") // calls libc
final class Posix {
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0100;
    private static final int O_EXCL = 0200;
    private static final int O_CLOEXEC = 02000000;
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int EINTR = 4;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN =
            function("open", Linker.Option.firstVariadicArg(2), "iaii");
    private static final MethodHandle CLOSE = function("close", "ii");
    private static final MethodHandle PWRITE = function("pwrite", "liall");
    private static final MethodHandle FTRUNCATE = function("ftruncate", "iil");
    private static final MethodHandle MKDIR = function("mkdir", "iai");
    private static final MethodHandle SYMLINK = function("symlink", "iaa");
    private static final MethodHandle LINK = function("link", "iaa");
    private static final MethodHandle MKFIFO = function("mkfifo", "iai");
    private static final MethodHandle CHMOD = function("chmod", "iai");
    private static final MethodHandle UTIMENSAT = function("utimensat", "iiaai");
    private static final MethodHandle LSETXATTR = function("lsetxattr", "iaaali");
    private static final MethodHandle STRERROR = function("strerror", "ai");

    private Posix() {}

    /// How a path of Java is written as bytes.
    static String bytes(Path path) {
        Charset encoding = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        return new String(path.toString().getBytes(encoding), StandardCharsets.ISO_8859_1);
    }

    /// A new file that is being written; for one thread.
    static final class Output implements AutoCloseable {
        private final String path;
        private final int descriptor;
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment buffer;

        /// Makes the file, which must not exist, with mode 0600.
        Output(String path, int bufferSize) throws IOException {
            this.path = path;
            this.buffer = arena.allocate(bufferSize);
            try {
                this.descriptor =
                        (int)
                                call(
                                        path,
                                        state ->
                                                (int)
                                                        OPEN.invokeExact(
                                                                state,
                                                                text(arena, path),
                                                                O_WRONLY | O_CREAT | O_EXCL
                                                                        | O_CLOEXEC,
                                                                0600));
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        }

        /// Writes at byte `at` of the file.
        void write(byte[] bytes, int offset, int length, long at) throws IOException {
            int done = 0;
            while (done < length) {
                long step = Math.min(length - done, buffer.byteSize());
                MemorySegment.copy(
                        bytes, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, (int) step);
                long position = at + done;
                done +=
                        (int)
                                call(
                                        path,
                                        state ->
                                                (long)
                                                        PWRITE.invokeExact(
                                                                state,
                                                                descriptor,
                                                                buffer,
                                                                step,
                                                                position));
            }
        }

        /// Makes the file as long as that; what was not written is a hole.
        void length(long size) throws IOException {
            call(path, state -> (int) FTRUNCATE.invokeExact(state, descriptor, size));
        }

        @Override
        public void close() throws IOException {
            try {
                call(path, state -> (int) CLOSE.invokeExact(state, descriptor));
            } finally {
                arena.close();
            }
        }
    }

    static void mkdir(String path, int mode) throws IOException {
        withText(path, (state, p) -> (int) MKDIR.invokeExact(state, p, mode));
    }

    static void mkfifo(String path, int mode) throws IOException {
        withText(path, (state, p) -> (int) MKFIFO.invokeExact(state, p, mode));
    }

    static void chmod(String path, int mode) throws IOException {
        withText(path, (state, p) -> (int) CHMOD.invokeExact(state, p, mode));
    }

    static void symlink(String target, String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = text(arena, target);
            MemorySegment p = text(arena, path);
            call(path, state -> (int) SYMLINK.invokeExact(state, to, p));
        }
    }

    static void link(String existing, String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = text(arena, existing);
            MemorySegment p = text(arena, path);
            call(path, state -> (int) LINK.invokeExact(state, from, p));
        }
    }

    /// Sets access and modification time of a file, or of a symbolic link itself.
    static void setTime(String path, long seconds) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment times = arena.allocate(ValueLayout.JAVA_LONG, 4);
            times.setAtIndex(ValueLayout.JAVA_LONG, 0, seconds);
            times.setAtIndex(ValueLayout.JAVA_LONG, 2, seconds);
            MemorySegment p = text(arena, path);
            call(
                    path,
                    state ->
                            (int)
                                    UTIMENSAT.invokeExact(
                                            state, AT_FDCWD, p, times, AT_SYMLINK_NOFOLLOW));
        }
    }

    /// Sets an xattr of the file itself, not of what a link points to.
    static void setXattr(String path, String name, byte[] value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment p = text(arena, path);
            MemorySegment n = text(arena, name);
            MemorySegment v = arena.allocate(Math.max(1, value.length));
            MemorySegment.copy(value, 0, v, ValueLayout.JAVA_BYTE, 0, value.length);
            call(
                    path,
                    state -> (int) LSETXATTR.invokeExact(state, p, n, v, (long) value.length, 0));
        }
    }

    @FunctionalInterface
    private interface Call {
        /// @param state receives errno
        long run(MemorySegment state) throws Throwable;
    }

    @FunctionalInterface
    private interface PathCall {
        long run(MemorySegment state, MemorySegment path) throws Throwable;
    }

    private static void withText(String path, PathCall call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment p = text(arena, path);
            call(path, state -> call.run(state, p));
        }
    }

    private static long call(String path, Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            while (true) {
                long result = call.run(state);
                if (result >= 0) {
                    return result;
                }
                int errno = (int) ERRNO.get(state, 0L);
                if (errno != EINTR) {
                    throw new FileSystemException(printable(path), null, message(state, errno));
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a system call threw", e);
        }
    }

    private static String message(MemorySegment state, int errno) throws Throwable {
        MemorySegment text = (MemorySegment) STRERROR.invokeExact(state, errno);
        return text.reinterpret(1024).getString(0);
    }

    private static String printable(String path) {
        return new String(path.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static MemorySegment text(Arena arena, String bytes) {
        return arena.allocateFrom(bytes, StandardCharsets.ISO_8859_1);
    }

    private static MethodHandle function(String name, String signature) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                descriptor(signature),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle function(String name, Linker.Option option, String signature) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                descriptor(signature),
                Linker.Option.captureCallState("errno"),
                option);
    }

    /// Result and arguments, a letter each: an int, a long, an address.
    private static FunctionDescriptor descriptor(String signature) {
        MemoryLayout[] layouts = new MemoryLayout[signature.length()];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] =
                    switch (signature.charAt(i)) {
                        case 'i' -> ValueLayout.JAVA_INT;
                        case 'l' -> ValueLayout.JAVA_LONG;
                        default -> ValueLayout.ADDRESS;
                    };
        }
        MemoryLayout[] arguments = Arrays.copyOfRange(layouts, 1, layouts.length);
        return FunctionDescriptor.of(layouts[0], arguments);
    }
}
