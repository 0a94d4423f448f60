// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.amphora.problem.Problem;

/// What a registry or a layout says an image consists of: an image manifest, or an index that leads
/// to one for each platform. OCI (image-spec v1.1.1 `manifest.md`, `image-index.md`) and Docker
/// (schema 2, manifest list) are the same but for media types.
public sealed interface Manifest {

    /// More than any real manifest has; what is larger is not read. The limit of distribution-spec
    /// v1.1.1 "Pushing Manifests".
    int MAXIMUM_SIZE = 4 << 20;

    /// The media types to ask a registry for.
    List<String> MEDIA_TYPES =
            List.of(
                    "application/vnd.oci.image.index.v1+json",
                    "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json",
                    "application/vnd.docker.distribution.manifest.v2+json");

    /// The manifest of one image.
    ///
    /// @param self descriptor of this document
    /// @param content the document, byte for byte; not to be changed
    @SuppressWarnings("ArrayRecordComponent")
    record Image(Descriptor self, Descriptor config, List<Descriptor> layers, byte[] content)
            implements Manifest {
        public Image {
            layers = List.copyOf(layers);
        }
    }

    /// A list of manifests.
    record Index(Descriptor self, List<Entry> entries) implements Manifest {
        public Index {
            entries = List.copyOf(entries);
        }

        /// The entry that suits the platform best: the same variant, or one that the processor
        /// also runs, or the only entry that names no platform.
        public Optional<Entry> select(Platform platform) {
            Entry best = null;
            int bestRank = Integer.MAX_VALUE;
            for (Entry entry : entries) {
                int rank =
                        entry.descriptor
                                .platform()
                                .map(offered -> platform.rank(offered))
                                .orElse(Platform.UNNAMED);
                if (rank < bestRank) {
                    best = entry;
                    bestRank = rank;
                }
            }
            return Optional.ofNullable(best);
        }

        /// The platforms on offer, for people.
        public String platforms() {
            List<String> names = new ArrayList<>();
            for (Entry entry : entries) {
                String name = entry.descriptor.platform().map(Platform::toString).orElse("");
                // Attestations of buildx call themselves unknown/unknown.
                if (!name.isEmpty() && !name.startsWith("unknown/") && !names.contains(name)) {
                    names.add(name);
                }
            }
            return names.isEmpty() ? "none" : String.join(", ", names);
        }
    }

    /// One entry of an index.
    record Entry(Descriptor descriptor, Map<String, String> annotations) {
        private static final String NAME = "org.opencontainers.image.ref.name";

        public Entry {
            annotations = Map.copyOf(annotations);
        }

        /// Its name in a layout (image-spec v1.1.1 `annotations.md`).
        public Optional<String> name() {
            return Optional.ofNullable(annotations.get(NAME));
        }
    }

    Descriptor self();

    /// Reads a document.
    ///
    /// @param mediaType as its transport has it; its own `mediaType` goes before
    /// @param source where it comes from, for messages
    /// @throws Problem when it is neither, or not of a container image
    static Manifest parse(byte[] content, String mediaType, String source) {
        Json json = Json.object(content, "manifest", source);
        String type = json.text("mediaType").orElse(bare(mediaType));
        Descriptor self = new Descriptor(type, Digest.of(content), content.length);
        if (json.integer("schemaVersion") == 1
                || type.contains("docker.distribution.manifest.v1+")) {
            throw new Problem(
                    "cannot read the manifest of " + source,
                    "it is of Docker's schema 1, which was given up in 2017",
                    "push the image again with a current tool");
        }
        boolean isIndex = json.has("manifests");
        if (isIndex && (json.has("layers") || json.has("config"))) {
            throw json.problem("it is a manifest and an index at once");
        }
        if (isIndex) {
            List<Entry> entries = new ArrayList<>();
            for (Json entry : json.objects("manifests")) {
                entries.add(new Entry(entry.descriptor(), entry.map("annotations")));
            }
            return new Index(self, entries);
        }
        if (!json.has("config") || !json.has("layers")) {
            throw json.problem("it has neither 'manifests' nor 'config' and 'layers'");
        }
        Descriptor config = json.object("config").descriptor();
        requireContainer(config.mediaType(), source);
        List<Descriptor> layers = new ArrayList<>();
        for (Json layer : json.objects("layers")) {
            layers.add(layer.descriptor());
        }
        return new Image(self, config, layers, content);
    }

    private static void requireContainer(String configType, String source) {
        String type = configType.toLowerCase(Locale.ROOT);
        if (type.isEmpty()
                || type.equals("application/vnd.oci.image.config.v1+json")
                || type.equals("application/vnd.docker.container.image.v1+json")
                || type.equals("application/octet-stream")) {
            return;
        }
        throw new Problem(
                "cannot use " + source + " as a container image",
                "it holds something else, of type " + configType,
                type.contains("sif")
                        ? "fetch the SIF file with oras pull and give its path"
                        : "name an image");
    }

    /// A media type without its parameters.
    private static String bare(String mediaType) {
        int semicolon = mediaType.indexOf(';');
        return (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon)).strip();
    }
}
