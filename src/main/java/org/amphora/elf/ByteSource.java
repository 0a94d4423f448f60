// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;

/// Bytes that can be read from any place: a file of this machine, or one inside of an image.
public interface ByteSource {

    long size();

    /// Fills the array with the bytes that begin at `at`, all of which exist.
    void fill(long at, byte[] into) throws IOException;

    /// A piece of the file.
    ///
    /// @param what names the piece in the failure
    /// @throws ElfException when it does not lie in the file
    default byte[] read(long at, long length, String what) throws IOException {
        if (at < 0 || length < 0 || length > Integer.MAX_VALUE - 8 || at > size() - length) {
            throw new ElfException(
                    what
                            + " should be "
                            + Long.toUnsignedString(length)
                            + " bytes from byte "
                            + Long.toUnsignedString(at)
                            + ", but the file has "
                            + size());
        }
        byte[] bytes = new byte[(int) length];
        if (length > 0) {
            fill(at, bytes);
        }
        return bytes;
    }

    static ByteSource of(byte[] bytes) {
        return new ByteSource() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void fill(long at, byte[] into) {
                System.arraycopy(bytes, (int) at, into, 0, into.length);
            }
        };
    }

    /// A file, opened anew for each piece, so that nothing has to be closed.
    ///
    /// @throws IOException when it is no regular file or may not be read
    static ByteSource of(File file) throws IOException {
        if (!file.isFile()) {
            throw new IOException(
                    file.exists() ? "it is no regular file" : "there is no such file");
        }
        long size = file.length();
        return new ByteSource() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public void fill(long at, byte[] into) throws IOException {
                try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
                    in.seek(at);
                    in.readFully(into);
                }
            }
        };
    }
}
