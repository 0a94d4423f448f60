// SPDX-License-Identifier: Apache-2.0
package org.amphora.codec;

import java.io.IOException;
import java.io.InputStream;

/// A stream that knows how to fill arrays; single bytes follow from that, as `InputStream` has it
/// the other way round.
public abstract class BulkInputStream extends InputStream {

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] buffer, int offset, int length) throws IOException;
}
