// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Functions of C libraries. Each shape of function costs some 5 ms of a new JVM, so those that few
/// runs need are bound when they are first used.
@SuppressWarnings("restricted")
final class Linking {

    /// `size_t`.
    static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    static final ValueLayout POINTER = ValueLayout.ADDRESS;

    private Linking() {}

    /// The machine's library of that name, where it has one.
    ///
    /// @param name as the dynamic linker looks for it
    static Optional<SymbolLookup> library(String name) {
        try {
            return Optional.of(SymbolLookup.libraryLookup(name, Arena.global()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// @param onHeap whether arrays are passed in; such a call holds up the garbage collector
    static MethodHandle function(
            SymbolLookup symbols,
            String name,
            ValueLayout result,
            boolean onHeap,
            MemoryLayout... parameters) {
        return bind(symbols, name, FunctionDescriptor.of(result, parameters), onHeap);
    }

    /// The same for a function without a result.
    static MethodHandle procedure(SymbolLookup symbols, String name, MemoryLayout... parameters) {
        return bind(symbols, name, FunctionDescriptor.ofVoid(parameters), false);
    }

    private static MethodHandle bind(
            SymbolLookup symbols, String name, FunctionDescriptor type, boolean onHeap) {
        MemorySegment symbol =
                symbols.find(name)
                        .orElseThrow(() -> new IllegalStateException("no function " + name));
        Linker linker = Linker.nativeLinker();
        return onHeap
                ? linker.downcallHandle(symbol, type, Linker.Option.critical(true))
                : linker.downcallHandle(symbol, type);
    }
}
