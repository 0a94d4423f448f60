// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import org.amphora.codec.BulkInputStream;
import org.amphora.codec.Inflation;
import org.amphora.problem.Problem;

/// Uncompresses gzip (RFC 1952), any number of members, NUL padding after the last one. The JDK's
/// own stream guesses from `available()` whether another member follows, which a socket answers
/// with no.
final class GzipStream extends BulkInputStream {

    private static final int BUFFER = 1 << 16;
    private static final int FHCRC = 2;
    private static final int FEXTRA = 4;
    private static final int FNAME = 8;
    private static final int FCOMMENT = 16;

    private final InputStream in;
    private final String archive;
    private final Inflation inflation = Inflation.create();
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int limit;
    /// Of the member, uncompressed.
    private long size;

    private boolean inMember;
    private boolean first = true;

    GzipStream(InputStream in, String archive) {
        this.in = in;
        this.archive = archive;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
        if (len == 0) {
            return 0;
        }
        while (true) {
            if (!inMember && !beginMember()) {
                return -1;
            }
            int n = inflate(b, off, len);
            if (n > 0) {
                crc.update(b, off, n);
                size += n;
                return n;
            }
            if (inflation.finished()) {
                endMember();
            } else if (inflation.needsInput()) {
                if (!fill()) {
                    throw damaged("it is cut off");
                }
                inflation.input(buffer, 0, limit);
            }
        }
    }

    private int inflate(byte[] b, int off, int len) {
        try {
            return inflation.inflate(b, off, len);
        } catch (DataFormatException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    /// @return false at the end of the stream
    private boolean beginMember() throws IOException {
        int b = next();
        while (b == 0 && !first) {
            b = next();
        }
        if (b < 0 && !first) {
            return false;
        }
        if (b != 0x1f || required() != 0x8b) {
            throw damaged("it has no gzip header where one must be");
        }
        if (required() != 8) {
            throw damaged("it is not compressed by deflate");
        }
        int flags = required();
        skip(6);
        if ((flags & FEXTRA) != 0) {
            skip(required() | required() << 8);
        }
        if ((flags & FNAME) != 0) {
            skipText();
        }
        if ((flags & FCOMMENT) != 0) {
            skipText();
        }
        if ((flags & FHCRC) != 0) {
            skip(2);
        }
        inflation.reset();
        inflation.input(buffer, position, limit - position);
        crc.reset();
        size = 0;
        inMember = true;
        first = false;
        return true;
    }

    private void endMember() throws IOException {
        position = limit - inflation.remaining();
        long statedCrc = little32();
        long statedSize = little32();
        if (statedCrc != crc.getValue() || statedSize != (size & 0xFFFF_FFFFL)) {
            throw damaged("its checksum does not fit its content");
        }
        inMember = false;
    }

    private long little32() throws IOException {
        return required() | required() << 8 | required() << 16 | (long) required() << 24;
    }

    private void skipText() throws IOException {
        int b = required();
        while (b != 0) {
            b = required();
        }
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            required();
        }
    }

    private int required() throws IOException {
        int b = next();
        if (b < 0) {
            throw damaged("it is cut off");
        }
        return b;
    }

    private int next() throws IOException {
        if (position == limit && !fill()) {
            return -1;
        }
        return buffer[position++] & 0xff;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    private Problem damaged(String why) {
        return new Problem(
                "cannot read " + archive,
                "its gzip data is damaged: " + why,
                "get it again from its source");
    }

    @Override
    public void close() throws IOException {
        inflation.close();
        in.close();
    }
}
