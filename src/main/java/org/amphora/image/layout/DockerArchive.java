// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.layout;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.amphora.image.Descriptor;
import org.amphora.image.Digest;
import org.amphora.image.ImageConfig;
import org.amphora.image.ImageSource;
import org.amphora.image.Manifest;
import org.amphora.image.Platform;
import org.amphora.image.Reference;
import org.amphora.image.SourceImage;
import org.amphora.image.VerifiedStream;
import org.amphora.problem.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An image of a `docker save` archive: `manifest.json` names config and layers, which are tar
/// files (moby `image/tarexport`). The layers of old versions are at `ID/layer.tar`, repeated ones
/// are
/// symbolic links; since Docker 25 everything is at `blobs/sha256/`.
final class DockerArchive implements ImageSource {

    private static final String GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    private record Item(String config, List<String> names, List<String> layers) {}

    private final FileTree files;
    private final Reference.DockerArchive reference;
    private final Item item;
    private final ImageConfig config;
    private final Digest configDigest;

    /// Where in the archive a layer is; by digest, because equal layers are one.
    private final Map<Digest, String> places = new HashMap<>();

    private final List<Descriptor> layers = new ArrayList<>();

    private DockerArchive(FileTree files, Reference.DockerArchive reference, Item item)
            throws IOException {
        this.files = files;
        this.reference = reference;
        this.item = item;
        byte[] content = files.read(item.config, Manifest.MAXIMUM_SIZE, reference.toString());
        this.config = ImageConfig.parse(content, reference.toString());
        this.configDigest = Digest.of(content);
    }

    static DockerArchive open(FileTree files, Reference.DockerArchive reference)
            throws IOException {
        DockerArchive archive = new DockerArchive(files, reference, select(files, reference));
        archive.requireNamedDigest();
        archive.findLayers();
        return archive;
    }

    @Override
    public SourceImage image(Platform platform) {
        Descriptor self = new Descriptor("", configDigest, -1);
        return SourceImage.of(
                new Manifest.Image(self, self, layers, new byte[0]),
                config,
                platform,
                reference.toString(),
                "docker-archive",
                reference.toString().substring("docker-archive:".length()));
    }

    @Override
    public Optional<Manifest.Image> manifest(Platform platform) {
        return Optional.empty();
    }

    @Override
    public InputStream open(Descriptor blob) throws IOException {
        String place = places.get(blob.digest());
        if (place == null) {
            throw new IllegalArgumentException("no blob of this image: " + blob.digest());
        }
        return new VerifiedStream(files.open(place), blob, reference.toString());
    }

    @Override
    public void close() {
        try {
            files.close();
        } catch (IOException e) {
            // It was only read.
        }
    }

    private static Item select(FileTree files, Reference.DockerArchive reference) {
        if (!files.has("manifest.json")) {
            throw new Problem(
                    "cannot open " + reference,
                    "there is no docker archive: no file manifest.json",
                    files.has("index.json")
                            ? "it is an OCI archive: write oci-archive:" + reference.file()
                            : "make it with docker save, version 1.10 or later");
        }
        byte[] content = files.read("manifest.json", Manifest.MAXIMUM_SIZE, reference.toString());
        List<Item> items = items(content, reference);
        if (reference.name().isEmpty() && items.size() == 1) {
            return items.getFirst();
        }
        TreeSet<String> names = new TreeSet<>();
        for (Item item : items) {
            names.addAll(item.names);
            if (reference.name().isPresent() && isNamed(item, reference.name().get())) {
                return item;
            }
        }
        throw new Problem(
                "cannot open " + reference,
                reference
                        .name()
                        .map(name -> "there is no image " + name)
                        .orElse("the archive has " + items.size() + " images"),
                names.isEmpty()
                        ? "leave the name away; the images there have none"
                        : "name one of these: " + String.join(", ", names));
    }

    private static List<Item> items(byte[] content, Reference.DockerArchive reference) {
        List<Item> items = new ArrayList<>();
        try {
            for (JsonNode node : JsonMapper.builder().build().readTree(content).values()) {
                items.add(
                        new Item(
                                node.path("Config").asString(),
                                texts(node.path("RepoTags")),
                                texts(node.path("Layers"))));
            }
        } catch (JacksonException e) {
            throw new Problem(
                    "cannot open " + reference,
                    "manifest.json cannot be read: " + e.getOriginalMessage(),
                    "save the image anew",
                    e);
        }
        return items;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : array.values()) {
            texts.add(text.asString());
        }
        return texts;
    }

    /// `ubuntu:24.04` and `docker.io/library/ubuntu:24.04` are one name.
    private static boolean isNamed(Item item, String name) {
        for (String own : item.names) {
            if (own.equals(name) || canonical(own).equals(canonical(name))) {
                return true;
            }
        }
        return false;
    }

    private static String canonical(String name) {
        try {
            return Reference.parse("docker://" + name).toString();
        } catch (Problem e) {
            return name;
        }
    }

    private void requireNamedDigest() {
        String name = item.config.substring(item.config.lastIndexOf('/') + 1);
        String hex = name.endsWith(".json") ? name.substring(0, name.length() - 5) : name;
        if (hex.length() == 64 && !hex.equals(configDigest.hex())) {
            throw new Problem(
                    "cannot read " + item.config + " of " + reference,
                    "its digest is " + configDigest,
                    "the copy is damaged: save the image anew");
        }
    }

    /// An uncompressed layer has the digest that the config names as diffId.
    private void findLayers() throws IOException {
        List<Digest> diffIds = config.diffIds();
        for (int i = 0; i < item.layers.size(); i++) {
            String place = item.layers.get(i);
            long size;
            boolean isCompressed;
            try (InputStream in = files.open(place)) {
                size = files.size(place);
                byte[] magic = in.readNBytes(2);
                isCompressed = magic.length == 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b;
            } catch (NoSuchFileException e) {
                throw new Problem(
                        "cannot open " + reference,
                        "layer " + place + " is missing",
                        "check that the archive was copied whole",
                        e);
            }
            boolean isKnown = !isCompressed && i < diffIds.size();
            Digest digest = isKnown ? diffIds.get(i) : compute(place);
            layers.add(new Descriptor(isCompressed ? GZIP : "", digest, size));
            places.put(digest, place);
        }
    }

    private Digest compute(String place) throws IOException {
        MessageDigest sha256 = Digest.sha256();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = files.open(place)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
        }
        return Digest.finish(sha256);
    }
}
