// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.amphora.codec.BulkInputStream;
import org.amphora.problem.Problem;

/// A blob that is compared with its descriptor while it is read. The read that meets the end, or
/// one byte too many, throws a `Problem` when size or digest differ.
public final class VerifiedStream extends BulkInputStream {

    private final InputStream in;
    private final Descriptor blob;
    private final String source;
    private final BackgroundDigest sha256 = new BackgroundDigest();
    private long count;
    private boolean isVerified;

    /// Reads a blob from a stream.
    ///
    /// @param source where the blob comes from, for messages
    public VerifiedStream(InputStream in, Descriptor blob, String source) {
        this.in = in;
        this.blob = blob;
        this.source = source;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        int n = in.read(buffer, offset, length);
        if (n < 0) {
            verify();
            return -1;
        }
        count += n;
        if (blob.size() >= 0 && count > blob.size()) {
            throw wrong("it is longer than the " + blob.size() + " bytes that were announced");
        }
        sha256.update(buffer, offset, n);
        return n;
    }

    @Override
    public void close() throws IOException {
        sha256.close();
        in.close();
    }

    private void verify() throws IOException {
        if (isVerified) {
            return;
        }
        if (blob.size() >= 0 && count != blob.size()) {
            throw wrong("it has " + count + " of " + blob.size() + " bytes");
        }
        Digest digest = sha256.finish();
        if (!digest.equals(blob.digest())) {
            throw wrong("its digest is " + digest);
        }
        isVerified = true;
    }

    private Problem wrong(String why) {
        return new Problem(
                "cannot read blob " + blob.digest() + " of " + source,
                why,
                "the copy there is damaged: try again, then store the image anew");
    }
}
