// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// Reads the xattrs of files by llistxattr(2) and lgetxattr(2); Java's own view knows those of the
/// user only, and opens the file for it. What may not be read counts as not there. Not thread-safe.
@SuppressWarnings("restricted")
final class FileXattrs {

    /// `XATTR_LIST_MAX` and `XATTR_SIZE_MAX` of Linux.
    private static final int MAX = 1 << 16;

    private static final ValueLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    private final MethodHandle list = function("llistxattr", POINTER, POINTER, SIZE);
    private final MethodHandle get = function("lgetxattr", POINTER, POINTER, POINTER, SIZE);
    private final byte[] buffer = new byte[MAX];
    private final MemorySegment scratch = Arena.ofAuto().allocate(MAX);

    private static MethodHandle function(String name, ValueLayout... parameters) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(SIZE, parameters));
    }

    /// Those that an image keeps.
    SortedMap<String, byte[]> of(byte[] path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment file = string(arena, path);
            MemorySegment out = scratch;
            long length = (long) list.invokeExact(file, out, (long) MAX);
            if (length <= 0) {
                return Collections.emptySortedMap();
            }
            MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, buffer, 0, (int) length);
            String names = new String(buffer, 0, (int) length, StandardCharsets.ISO_8859_1);
            var found = new TreeMap<String, byte[]>();
            for (String name : names.split("\0")) {
                if (!TarReader.isKept(name)) {
                    continue;
                }
                MemorySegment key = string(arena, name.getBytes(StandardCharsets.ISO_8859_1));
                long size = (long) get.invokeExact(file, key, out, (long) MAX);
                if (size >= 0) {
                    MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, buffer, 0, (int) size);
                    found.put(name, Arrays.copyOf(buffer, (int) size));
                }
            }
            return found.isEmpty() ? Collections.emptySortedMap() : found;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call lgetxattr", e);
        }
    }

    private static MemorySegment string(Arena arena, byte[] bytes) {
        MemorySegment string = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return string;
    }
}
