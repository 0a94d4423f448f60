// SPDX-License-Identifier: Apache-2.0
package org.amphora.elf;

import java.io.IOException;

/// Keeps the piece that was read last, for tables that are read in small steps.
final class Window implements ByteSource {
    private static final int SIZE = 8192;

    private final ByteSource source;
    private byte[] bytes = {};
    private long start;

    Window(ByteSource source) {
        this.source = source;
    }

    @Override
    public long size() {
        return source.size();
    }

    @Override
    public void fill(long at, byte[] into) throws IOException {
        if (at < start || at - start > bytes.length - into.length) {
            if (into.length > SIZE) {
                source.fill(at, into);
                return;
            }
            byte[] next = new byte[(int) Math.min(SIZE, source.size() - at)];
            source.fill(at, next);
            bytes = next;
            start = at;
        }
        System.arraycopy(bytes, (int) (at - start), into, 0, into.length);
    }
}
