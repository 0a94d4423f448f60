// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.amphora.image.Descriptor;
import org.amphora.image.Digest;
import org.amphora.image.ImageConfig;
import org.amphora.image.ImageSource;
import org.amphora.image.Manifest;
import org.amphora.image.Platform;
import org.amphora.image.SourceImage;
import org.amphora.image.VerifiedStream;
import org.amphora.problem.Problem;

/// Images of an OCI layout (image-spec v1.1.1 `image-layout.md`).
final class OciLayout implements ImageSource {

    private static final int DEEPEST_INDEX = 4;
    private static final String CONTAINERD_NAME = "io.containerd.image.name";

    private final FileTree files;
    private final String source;
    private final String bootstrap;
    private final Optional<String> tag;
    private final Optional<Digest> digest;
    private final Manifest.Index top;

    private OciLayout(
            FileTree files,
            String source,
            String bootstrap,
            Optional<String> tag,
            Optional<Digest> digest,
            Manifest.Index top) {
        this.files = files;
        this.source = source;
        this.bootstrap = bootstrap;
        this.tag = tag;
        this.digest = digest;
        this.top = top;
    }

    static OciLayout open(
            FileTree files,
            String source,
            String bootstrap,
            Optional<String> tag,
            Optional<Digest> digest) {
        if (!files.has("index.json")) {
            throw new Problem(
                    "cannot open " + source,
                    "there is no OCI layout: no file index.json",
                    files.has("manifest.json")
                            ? "it is a docker archive: write docker-archive:FILE"
                            : "write a directory or archive that holds oci-layout and index.json");
        }
        byte[] content = files.read("index.json", Manifest.MAXIMUM_SIZE, source);
        String type = "application/vnd.oci.image.index.v1+json";
        if (!(Manifest.parse(content, type, source) instanceof Manifest.Index top)) {
            throw new Problem(
                    "cannot open " + source, "index.json is no index", "store the image anew");
        }
        return new OciLayout(files, source, bootstrap, tag, digest, top);
    }

    @Override
    public SourceImage image(Platform platform) {
        Manifest.Image manifest = require(platform);
        byte[] content = document(manifest.config(), Manifest.MAXIMUM_SIZE);
        return SourceImage.of(
                manifest,
                ImageConfig.parse(content, source),
                platform,
                source,
                bootstrap,
                source.substring(source.indexOf(':') + 1));
    }

    @Override
    public Optional<Manifest.Image> manifest(Platform platform) {
        return Optional.of(require(platform));
    }

    @Override
    public InputStream open(Descriptor blob) throws IOException {
        try {
            return new VerifiedStream(files.open(name(blob.digest())), blob, source);
        } catch (NoSuchFileException e) {
            throw missing(blob.digest(), e);
        }
    }

    @Override
    public void close() {
        try {
            files.close();
        } catch (IOException e) {
            // It was only read.
        }
    }

    private Manifest.Image require(Platform platform) {
        Manifest found = select(named(), platform);
        for (int depth = 0; found instanceof Manifest.Index index; depth++) {
            if (depth == DEEPEST_INDEX) {
                throw new Problem(
                        "cannot open " + source,
                        "indexes lead to indexes, more than " + DEEPEST_INDEX + " deep",
                        "store the image anew");
            }
            found = select(index, platform);
        }
        return (Manifest.Image) found;
    }

    /// The entries of the top index that the reference names, as an index of their own.
    private Manifest.Index named() {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (Manifest.Entry entry : top.entries()) {
            boolean matches =
                    tag.isEmpty()
                            || entry.name().equals(tag)
                            || tag.get().equals(entry.annotations().get(CONTAINERD_NAME));
            if (matches && (digest.isEmpty() || digest.get().equals(entry.descriptor().digest()))) {
                entries.add(entry);
            }
        }
        if (entries.isEmpty() && digest.isPresent() && files.has(name(digest.get()))) {
            // Not listed, but below a nested index or left by a tag that moved.
            entries.add(new Manifest.Entry(unlisted(digest.get()), java.util.Map.of()));
        }
        if (entries.isEmpty()) {
            throw new Problem(
                    "cannot open " + source,
                    tag.map(t -> "no image is tagged " + t)
                            .or(() -> digest.map(d -> "it has no manifest " + d))
                            .orElse("the layout is empty"),
                    fixWithNames());
        }
        boolean isOne =
                entries.size() == 1
                        || entries.stream().map(Manifest.Entry::name).distinct().count() == 1;
        if (!isOne && tag.isEmpty() && digest.isEmpty()) {
            throw new Problem(
                    "cannot open " + source,
                    "the layout has " + entries.size() + " images and no tag was given",
                    fixWithNames());
        }
        return new Manifest.Index(top.self(), entries);
    }

    private Descriptor unlisted(Digest digest) {
        try {
            return new Descriptor("", digest, files.size(name(digest)));
        } catch (IOException e) {
            throw missing(digest, e);
        }
    }

    private String fixWithNames() {
        TreeSet<String> names = new TreeSet<>();
        for (Manifest.Entry entry : top.entries()) {
            entry.name().ifPresent(names::add);
        }
        return names.isEmpty()
                ? "leave the tag away; images are named by @sha256:… there"
                : "add one of these tags: " + String.join(", ", names);
    }

    private Manifest select(Manifest.Index index, Platform platform) {
        Manifest.Entry entry =
                index.select(platform)
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot open " + source,
                                                "there is no image for "
                                                        + platform
                                                        + ", only for "
                                                        + index.platforms(),
                                                "choose one of these with --arch"));
        byte[] content = document(entry.descriptor(), Manifest.MAXIMUM_SIZE);
        return Manifest.parse(content, entry.descriptor().mediaType(), source);
    }

    private byte[] document(Descriptor descriptor, int limit) {
        byte[] content = files.read(name(descriptor.digest()), limit, source);
        Digest found = Digest.of(content);
        if (!found.equals(descriptor.digest())) {
            throw new Problem(
                    "cannot read blob " + descriptor.digest() + " of " + source,
                    "its digest is " + found,
                    "the copy is damaged: store the image anew");
        }
        return content;
    }

    private Problem missing(Digest digest, IOException e) {
        return new Problem(
                "cannot read blob " + digest + " of " + source,
                "it is missing",
                "the layout was not copied whole: copy it again",
                e);
    }

    static String name(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }
}
