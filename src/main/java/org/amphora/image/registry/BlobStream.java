// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.amphora.codec.BulkInputStream;
import org.amphora.image.Descriptor;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;
import org.amphora.progress.Progress;
import org.jspecify.annotations.Nullable;

/// The bytes of a blob. When the connection breaks it asks again for the rest, by a `Range` header
/// (RFC 9110 section 14.2), as long as each attempt brings something. What it delivers is not
/// verified yet.
final class BlobStream extends BulkInputStream {

    private final Access access;
    private final URI address;
    private final Descriptor blob;
    private final Reference.Registry reference;
    private final RegistryOptions options;
    private final Progress.Task task;
    private @Nullable InputStream body;
    private long position;

    /// Attempts since the last byte arrived.
    private int failures;

    BlobStream(
            Access access,
            URI address,
            Descriptor blob,
            Reference.Registry reference,
            RegistryOptions options,
            Progress progress) {
        this.access = access;
        this.address = address;
        this.blob = blob;
        this.reference = reference;
        this.options = options;
        this.task =
                progress.begin(
                        "layer " + blob.digest().shortHex(), blob.size(), Progress.Unit.BYTES);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (position < blob.size()) {
            String why;
            try {
                int n = opened().read(buffer, offset, length);
                if (n > 0) {
                    position += n;
                    failures = 0;
                    task.advance(n);
                    return n;
                }
                why = "the connection was closed";
            } catch (IOException e) {
                why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            }
            restart(why);
        }
        // One byte too many is for VerifiedStream to refuse.
        return blob.size() == 0 ? -1 : opened().read(buffer, offset, length);
    }

    @Override
    public void close() throws IOException {
        task.close();
        InputStream open = body;
        body = null;
        if (open != null) {
            open.close();
        }
    }

    private void restart(String why) throws IOException {
        InputStream broken = body;
        body = null;
        if (broken != null) {
            try {
                broken.close();
            } catch (IOException e) {
                // It is broken.
            }
        }
        failures++;
        if (failures >= Http.ATTEMPTS) {
            throw new Problem(
                    "cannot fetch blob " + blob.digest() + " of " + reference,
                    "registry "
                            + reference.host()
                            + " stops after "
                            + position
                            + " of "
                            + blob.size()
                            + " bytes ("
                            + why
                            + ", "
                            + failures
                            + " attempts)",
                    "try again later; what is complete is kept");
        }
        Duration pause = options.retryPause().multipliedBy(1L << (failures - 1));
        Http.pause(address, pause);
    }

    private InputStream opened() throws IOException {
        if (body == null) {
            body = connect();
        }
        return body;
    }

    private InputStream connect() throws IOException {
        Map<String, String> range =
                position == 0 ? Map.of() : Map.of("Range", "bytes=" + position + "-");
        Http.Response response = access.get(address, range);
        int status = response.status();
        if (status == 206 && position > 0 && startsAt(response, position)) {
            return response.body();
        }
        if (status == 200) {
            long length = response.contentLength();
            if (length >= 0 && length != blob.size()) {
                response.close();
                throw problem(
                        "it announces " + length + " bytes, the manifest says " + blob.size());
            }
            // A server that knows no ranges sends all of it again.
            response.body().skipNBytes(position);
            return response.body();
        }
        String said = RegistryErrors.of(response);
        response.close();
        throw problem(
                status == 404
                        ? "it does not have this blob"
                        : "it answered " + status + (said.isEmpty() ? "" : " (" + said + ")"));
    }

    private static boolean startsAt(Http.Response response, long position) {
        Optional<String> range = response.header("Content-Range");
        return range.map(r -> r.startsWith("bytes " + position + "-")).orElse(false);
    }

    private Problem problem(String why) {
        return new Problem(
                "cannot fetch blob " + blob.digest() + " of " + reference,
                "registry " + reference.host() + ": " + why,
                "try again later; if it stays so, push the image again");
    }
}
