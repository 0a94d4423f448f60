// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.nio.file.Path;
import java.util.Optional;

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

    /// `oci:DIR[:TAG]`, an OCI layout on disk; also `@sha256:…` in place of the tag.
    record OciLayout(Path directory, Optional<String> tag) implements Reference {
        @Override
        public String toString() {
            return "oci:" + directory + tag.map(t -> ":" + t).orElse("");
        }
    }

    /// `oci-archive:FILE[:TAG]`, an OCI layout in a tar file.
    record OciArchive(Path file, Optional<String> tag) implements Reference {
        @Override
        public String toString() {
            return "oci-archive:" + file + tag.map(t -> ":" + t).orElse("");
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
}
