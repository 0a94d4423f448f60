// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a seccomp filter answers to calls that C libraries make and fall back from on ENOSYS alone.
/// Each is made with arguments that the kernel refuses, so that nothing happens.
final class SyscallProbe {

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    /// Numbers that all architectures share, which new calls have since Linux 5.1.
    private static final Map<String, Long> CALLS =
            Map.of("clone3", 435L, "close_range", 436L, "faccessat2", 439L);

    /// statx(2) is older than that.
    private static final Map<String, Long> STATX = Map.of("amd64", 332L, "aarch64", 291L);

    private SyscallProbe() {}

    static Fact<Map<String, String>> syscalls(Tree tree, Fact<Integer> seccomp) {
        String source = "syscall(2)";
        if (!seccomp.isKnown()) {
            return Fact.unknown(source, "whether there is a filter is unknown");
        }
        if (seccomp.orElse(0) == 0) {
            return Fact.known(Map.of(), source);
        }
        if (!tree.isLive()) {
            return Fact.unknown(source, "only a live node tells");
        }
        try {
            return Fact.known(tried(), source);
        } catch (Throwable e) {
            return Fact.unknown(source, "cannot be tried: " + e.getMessage());
        }
    }

    @SuppressWarnings(
            "restricted") // the C library's own syscall(2); the launcher allows native access
    private static Map<String, String> tried() throws Throwable {
        Map<String, Long> calls = new LinkedHashMap<>(CALLS);
        Long statx = STATX.get(System.getProperty("os.arch", ""));
        if (statx != null) {
            calls.put("statx", statx);
        }
        Linker linker = Linker.nativeLinker();
        StructLayout state = Linker.Option.captureStateLayout();
        VarHandle errno = state.varHandle(MemoryLayout.PathElement.groupElement("errno"));
        ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
        MethodHandle call =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("syscall"),
                        FunctionDescriptor.of(word, word, word, word, word, word, word),
                        Linker.Option.captureCallState("errno"));
        Map<String, String> answers = new LinkedHashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment said = arena.allocate(state);
            for (Map.Entry<String, Long> entry : calls.entrySet()) {
                // A descriptor, or size, of -1 is never valid.
                long result =
                        (long) call.invoke(said, (long) entry.getValue(), -1L, -1L, -1L, -1L, -1L);
                int error = result < 0 ? (int) errno.get(said, 0L) : 0;
                answers.put(
                        entry.getKey(),
                        error == EPERM ? "EPERM" : error == ENOSYS ? "ENOSYS" : "works");
            }
        }
        return answers;
    }
}
