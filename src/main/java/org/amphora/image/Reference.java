// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.nio.file.Path;
import java.util.Optional;
import org.amphora.problem.Problem;

/// What a user types to name an image. The text of a parsed reference is its canonical
/// form and parses to an equal reference.
public sealed interface Reference {

    /// `docker://[host[:port]/]repository[:tag][@sha256:…]`; `docker.io` and `library/` are filled
    /// in, the tag is `latest` unless there is a digest.
    record Registry(String host, String repository, Optional<String> tag, Optional<Digest> digest)
            implements Reference {
        @Override
        public String toString() {
            return "docker://"
                    + host
                    + "/"
                    + repository
                    + tag.map(t -> ":" + t).orElse("")
                    + digest.map(d -> "@" + d).orElse("");
        }
    }

    /// `oci:DIR[:TAG][@sha256:…]`, an OCI layout on disk. As with skopeo, the first colon ends the
    /// directory: a directory with a colon in its name cannot be named.
    record OciLayout(Path directory, Optional<String> tag, Optional<Digest> digest)
            implements Reference {
        @Override
        public String toString() {
            return "oci:"
                    + directory
                    + tag.map(t -> ":" + t).orElse("")
                    + digest.map(d -> "@" + d).orElse("");
        }
    }

    /// `oci-archive:FILE[:TAG][@sha256:…]`, an OCI layout in a tar file.
    record OciArchive(Path file, Optional<String> tag, Optional<Digest> digest)
            implements Reference {
        @Override
        public String toString() {
            return "oci-archive:"
                    + file
                    + tag.map(t -> ":" + t).orElse("")
                    + digest.map(d -> "@" + d).orElse("");
        }
    }

    /// `docker-archive:FILE[:REPOSITORY:TAG]`, what `docker save` writes.
    record DockerArchive(Path file, Optional<String> name) implements Reference {
        @Override
        public String toString() {
            return "docker-archive:" + file + name.map(n -> ":" + n).orElse("");
        }
    }

    /// A path: a SIF or SquashFS file, or an unpacked directory. What it is, its content tells.
    record Local(Path path) implements Reference {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// The reverse of `toString`. What has no known scheme is a path; a file whose name looks like
    /// a scheme is written `./oci:x`. Touches no file and no network.
    ///
    /// @throws Problem for an unknown scheme or a name that its scheme does not allow
    static Reference parse(String text) {
        return ReferenceParser.parse(text);
    }
}
