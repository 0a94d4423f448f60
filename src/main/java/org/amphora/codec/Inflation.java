// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Uncompresses raw deflate data (RFC 1951) as it comes. Give `input` when `needsInput`, until
/// `finished`; `reset` begins the next data. Not thread-safe.
///
/// Intel's ISA-L does it where the machine has it, in less than half the time; the JDK elsewhere.
/// The bytes that come out are the same.
public sealed interface Inflation extends AutoCloseable permits Inflation.Jdk, IsalInflation {

    /// The fastest one that this machine has.
    static Inflation create() {
        return IsalInflation.isThere() ? new IsalInflation() : new Jdk(new Inflater(true));
    }

    /// The next compressed bytes; the array must stay as it is until they are used up.
    void input(byte[] bytes, int offset, int length);

    /// Uncompresses into the array; 0 when it finished or needs input.
    int inflate(byte[] out, int offset, int length) throws DataFormatException;

    boolean needsInput();

    boolean finished();

    /// How many bytes of the last input have not been used; whole once it finished.
    int remaining();

    void reset();

    @Override
    void close();

    /// The JDK's own.
    record Jdk(Inflater inflater) implements Inflation {

        @Override
        public void input(byte[] bytes, int offset, int length) {
            inflater.setInput(bytes, offset, length);
        }

        @Override
        public int inflate(byte[] out, int offset, int length) throws DataFormatException {
            int count = inflater.inflate(out, offset, length);
            if (count == 0 && inflater.needsDictionary()) {
                throw new DataFormatException("it needs a dictionary");
            }
            return count;
        }

        @Override
        public boolean needsInput() {
            return inflater.needsInput();
        }

        @Override
        public boolean finished() {
            return inflater.finished();
        }

        @Override
        public int remaining() {
            return inflater.getRemaining();
        }

        @Override
        public void reset() {
            inflater.reset();
        }

        @Override
        public void close() {
            inflater.end();
        }
    }
}
