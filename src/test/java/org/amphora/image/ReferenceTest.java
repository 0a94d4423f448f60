// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.amphora.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReferenceTest {

    private static final String DIGEST =
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @ParameterizedTest
    @CsvSource({
        "docker://ubuntu, docker://docker.io/library/ubuntu:latest",
        "docker://ubuntu:24.04, docker://docker.io/library/ubuntu:24.04",
        "docker://docker.io/ubuntu, docker://docker.io/library/ubuntu:latest",
        "docker://index.docker.io/ubuntu, docker://docker.io/library/ubuntu:latest",
        "docker://lab/samtools:1, docker://docker.io/lab/samtools:1",
        "docker://quay.io/biocontainers/samtools:1.9--h9071d68_10, "
                + "docker://quay.io/biocontainers/samtools:1.9--h9071d68_10",
        "docker://localhost/x, docker://localhost/x:latest",
        "docker://127.0.0.1:5000/lab/samtools:1, docker://127.0.0.1:5000/lab/samtools:1",
        "docker://[::1]:5000/a/b, docker://[::1]:5000/a/b:latest",
        "docker://[fe80::1]/a, docker://[fe80::1]/a:latest",
        "docker://Quay.IO/a, docker://quay.io/a:latest",
        "docker://a__b/c-d.e---f, docker://docker.io/a__b/c-d.e---f:latest",
        "docker://x@" + DIGEST + ", docker://docker.io/library/x@" + DIGEST,
        "docker://x:1@" + DIGEST + ", docker://docker.io/library/x:1@" + DIGEST,
        "oci:dir, oci:dir",
        "oci:/abs/dir:1.0, oci:/abs/dir:1.0",
        "oci:///abs/dir, oci:/abs/dir",
        "oci:dir:docker.io/library/x:1, oci:dir:docker.io/library/x:1",
        "oci:dir@" + DIGEST + ", oci:dir@" + DIGEST,
        "oci:user@host/dir, oci:user@host/dir",
        "oci-archive:x.tar:1@" + DIGEST + ", oci-archive:x.tar:1@" + DIGEST,
        "docker-archive:x.tar, docker-archive:x.tar",
        "docker-archive://x.tar, docker-archive:x.tar",
        "docker-archive:///tmp/x.tar:ubuntu:24.04, docker-archive:/tmp/x.tar:ubuntu:24.04",
        "./oci:x, ./oci:x",
        "samtools:1.9--h9071d68_10, samtools:1.9--h9071d68_10",
        "/images/x.sif, /images/x.sif",
        "x, x",
    })
    void readsAndWritesCanonically(String text, String canonical) {
        Reference reference = Reference.parse(text);
        assertThat(reference.toString()).isEqualTo(canonical);
        assertThat(Reference.parse(canonical)).isEqualTo(reference);
    }

    @ParameterizedTest
    @CsvSource({
        "docker:ubuntu, write docker://ubuntu",
        "docker:/ubuntu, write docker://ubuntu",
        "docker:, write docker://NAME",
        "docker://, [:TAG]",
        "docker://host.x/, [:TAG]",
        "docker://Ubuntu, ubuntu",
        "docker://a/Ubuntu, a/ubuntu",
        "docker://Registry/a, registry/a",
        "docker://x:, a tag has",
        "docker://x:ä, a tag has",
        "docker://x:.y, a tag has",
        "docker://x@sha256:12, 64 digits",
        "docker://x@md5:12, 64 digits",
        "docker://x y, lower-case letters",
        "docker://a//b, lower-case letters",
        "docker://a_.b, lower-case letters",
        "docker://a___b, lower-case letters",
        "docker://host:0/x, HOST:PORT",
        "docker://host:99999/x, HOST:PORT",
        "docker://host:/x, HOST:PORT",
        "docker://[::1/x, HOST[:PORT]",
        "docker://-a.b/x, HOST[:PORT]",
        "Docker://ubuntu, write docker://ubuntu",
        "dokcer://ubuntu, use docker://NAME",
        "library://alpine, another tool",
        "shub://x/y, another tool",
        "oras://host/x:1, not read yet",
        "https://host/x.sif, curl",
        "file:///x.sif, /x.sif",
        "docker-daemon:x:1, docker save",
        "instance://x, name the image",
        "oci:, use docker://NAME",
        "oci:x:, leave the colon away",
        "docker-archive:x:, leave the colon away",
        "'', use docker://NAME",
    })
    void refusesWithAFix(String text, String fix) {
        assertThatThrownBy(() -> Reference.parse(text))
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.fix()).contains(fix))
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void refusesNulInPath() {
        assertThatThrownBy(() -> Reference.parse("a\0b")).isInstanceOf(Problem.class);
    }

    @Property(tries = 300)
    void textParsesToEqualReference(@ForAll("references") Reference reference) {
        assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
    }

    @Property(tries = 300)
    void anyTextIsAReferenceOrAProblem(@ForAll String text) {
        for (String prefix : new String[] {"", "docker://", "oci:", "docker-archive:"}) {
            try {
                Reference reference = Reference.parse(prefix + text);
                assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
            } catch (Problem e) {
                assertThat(e.fix()).isNotBlank();
            }
        }
    }

    @Provide
    Arbitrary<Reference> references() {
        Arbitrary<String> word =
                Arbitraries.strings()
                        .withCharRange('a', 'z')
                        .numeric()
                        .ofMinLength(1)
                        .ofMaxLength(9);
        Arbitrary<Optional<String>> tag = word.optional();
        Arbitrary<Optional<Digest>> digest = word.map(Digest::of).optional();
        Arbitrary<Path> path =
                Combinators.combine(word, word).as((a, b) -> Path.of("/" + a, b + ".tar"));
        return Arbitraries.oneOf(
                Combinators.combine(
                                Arbitraries.of("docker.io", "h.x:5000", "[::1]:80", "localhost"),
                                word,
                                word,
                                tag,
                                digest)
                        .as(
                                (host, a, b, t, d) ->
                                        new Reference.Registry(
                                                host,
                                                a + "/" + b,
                                                t.isEmpty() && d.isEmpty()
                                                        ? Optional.of("latest")
                                                        : t,
                                                d)),
                Combinators.combine(path, tag, digest).as(Reference.OciLayout::new),
                Combinators.combine(path, tag, digest).as(Reference.OciArchive::new),
                Combinators.combine(path, tag).as(Reference.DockerArchive::new),
                path.map(Reference.Local::new));
    }
}
