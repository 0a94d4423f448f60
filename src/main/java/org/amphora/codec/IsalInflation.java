// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import static org.amphora.codec.Linking.INT;
import static org.amphora.codec.Linking.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/// Inflation by Intel's ISA-L (`igzip_lib.h` of 2.30, `struct inflate_state`). Whether the library
/// on this machine has that very structure is tried once, before it is used.
final class IsalInflation implements Inflation {

    private static final String LIBRARY = "libisal.so.2";

    /// The structure has 87 368 bytes.
    private static final int STATE = 1 << 17;

    private static final int NEXT_OUT = 0;
    private static final int AVAIL_OUT = 8;
    private static final int NEXT_IN = 16;
    private static final int AVAIL_IN = 32;
    private static final int READ_IN_LENGTH = 36;
    private static final int BLOCK_STATE = 21160;

    /// `ISAL_BLOCK_FINISH`: all that was uncompressed has been given out.
    private static final int FINISH = 5;

    private static final int IN = 1 << 16;
    private static final int OUT = 1 << 17;

    /// Null when the library is missing or has another structure.
    private static final @Nullable Functions FUNCTIONS = load();

    private record Functions(MethodHandle initialize, MethodHandle inflate) {}

    private final Functions functions;

    // Buffers rather than segments: the accessors of segments are method handles, slow to begin.
    private final ByteBuffer state =
            ByteBuffer.allocateDirect(STATE).order(ByteOrder.nativeOrder());
    private final ByteBuffer in = ByteBuffer.allocateDirect(IN);
    private final ByteBuffer out = ByteBuffer.allocateDirect(OUT);
    private final MemorySegment statePointer = MemorySegment.ofBuffer(state);
    private final long inAddress = MemorySegment.ofBuffer(in).address();
    private final long outAddress = MemorySegment.ofBuffer(out).address();

    private byte[] input = {};
    private int inputOffset;
    private int inputLeft;
    private int given;
    private int taken;

    IsalInflation() {
        this(java.util.Objects.requireNonNull(FUNCTIONS));
    }

    private IsalInflation(Functions functions) {
        this.functions = functions;
        reset();
    }

    static boolean isThere() {
        return FUNCTIONS != null;
    }

    @Override
    public void input(byte[] bytes, int offset, int length) {
        input = bytes;
        inputOffset = offset;
        inputLeft = length;
    }

    @Override
    public int inflate(byte[] to, int offset, int length) throws DataFormatException {
        if (taken == given) {
            fill();
        }
        int count = Math.min(length, given - taken);
        out.get(taken, to, offset, count);
        taken += count;
        return count;
    }

    private void fill() throws DataFormatException {
        boolean wasFull = given == OUT;
        given = 0;
        taken = 0;
        while (given == 0 && state.getInt(BLOCK_STATE) != FINISH) {
            int before = state.getInt(AVAIL_IN);
            if (before == 0) {
                if (inputLeft == 0 && !wasFull) {
                    return;
                }
                before = Math.min(inputLeft, IN);
                in.put(0, input, inputOffset, before);
                inputOffset += before;
                inputLeft -= before;
                state.putLong(NEXT_IN, inAddress).putInt(AVAIL_IN, before);
            }
            state.putLong(NEXT_OUT, outAddress).putInt(AVAIL_OUT, OUT);
            int result = call(functions.inflate);
            given = OUT - state.getInt(AVAIL_OUT);
            boolean isStuck = given == 0 && before > 0 && state.getInt(AVAIL_IN) == before;
            if (result < 0 || isStuck && state.getInt(BLOCK_STATE) != FINISH) {
                throw new DataFormatException("ISA-L says " + result);
            }
            wasFull = false;
        }
    }

    @Override
    public boolean needsInput() {
        return taken == given
                && given < OUT
                && inputLeft == 0
                && state.getInt(AVAIL_IN) == 0
                && state.getInt(BLOCK_STATE) != FINISH;
    }

    @Override
    public boolean finished() {
        return taken == given && state.getInt(BLOCK_STATE) == FINISH;
    }

    @Override
    public int remaining() {
        return inputLeft + state.getInt(AVAIL_IN) + state.getInt(READ_IN_LENGTH) / Byte.SIZE;
    }

    @Override
    public void reset() {
        call(functions.initialize);
        inputLeft = 0;
        given = 0;
        taken = 0;
    }

    @Override
    public void close() {}

    private int call(MethodHandle function) {
        try {
            return (int) function.invokeExact(statePointer);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot call ISA-L", e);
        }
    }

    private static @Nullable Functions load() {
        Optional<SymbolLookup> library = Linking.library(LIBRARY);
        if (library.isEmpty()) {
            return null;
        }
        try {
            // The first has no result; declared alike, one binding serves both.
            var functions =
                    new Functions(
                            Linking.function(
                                    library.get(), "isal_inflate_init", INT, false, POINTER),
                            Linking.function(library.get(), "isal_inflate", INT, false, POINTER));
            return works(new IsalInflation(functions)) ? functions : null;
        } catch (IllegalStateException e) {
            return null;
        }
    }

    private static boolean works(IsalInflation inflation) {
        byte[] plain = new byte[4096];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) (i * i >> 7);
        }
        int rest = 3;
        byte[] compressed = new byte[2 * plain.length];
        int length;
        try (Deflater deflater = new Deflater(1, true)) {
            deflater.setInput(plain);
            deflater.finish();
            length = deflater.deflate(compressed);
        }
        byte[] back = new byte[plain.length + 1];
        try {
            inflation.input(compressed, 0, length + rest);
            int count = inflation.inflate(back, 0, back.length);
            return count == plain.length
                    && inflation.finished()
                    && inflation.remaining() == rest
                    && Arrays.equals(plain, Arrays.copyOf(back, count));
        } catch (DataFormatException e) {
            return false;
        }
    }
}
