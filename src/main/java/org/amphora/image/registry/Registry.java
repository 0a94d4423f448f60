// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.amphora.progress.Progress;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One image of a registry. Nothing is asked before it is needed; the manifest is asked for once.
public final class Registry implements ImageSource {

    private static final int TAGS_TO_NAME = 8;
    private static final int DEEPEST_INDEX = 3;
    private static final int PAGES_AT_MOST = 1000;

    private final Reference.Registry reference;
    private final Access access;
    private final RegistryOptions options;
    private final Progress progress;
    private final String base;
    private final Map<String, Manifest.Image> manifests = new HashMap<>();

    private Registry(Reference.Registry reference, RegistryOptions options, Progress progress) {
        this.reference = reference;
        this.options = options;
        this.progress = progress;
        this.access = new Access(new Http(options), reference, options);
        String host =
                reference.host().equals("docker.io") ? "registry-1.docker.io" : reference.host();
        this.base =
                (options.noHttps() ? "http://" : "https://")
                        + host
                        + "/v2/"
                        + reference.repository()
                        + "/";
    }

    /// An image by its name; sends nothing yet.
    ///
    /// @param progress shows the download of each blob
    public static ImageSource open(
            Reference.Registry reference, RegistryOptions options, Progress progress) {
        return new Registry(reference, options, progress);
    }

    /// Whether a problem is that the registry could not be asked, as against that it refused.
    public static boolean isUnreachable(Problem problem) {
        return problem.getCause() instanceof ConnectException
                || problem.getCause() instanceof SocketTimeoutException
                || problem.getCause() instanceof UnknownHostException;
    }

    /// All tags of a repository.
    ///
    /// @throws Problem when the registry does not tell
    public static List<String> tags(
            Reference.Registry repository, RegistryOptions options, Progress progress) {
        return new Registry(repository, options, progress).allTags();
    }

    /// Whether a registry answers, asked once and without credentials.
    ///
    /// @param host with its port, when it has one
    /// @return its HTTP status; 200 and 401 are those of a registry
    /// @throws IOException when there is no answer
    /// @throws Problem when the answer makes no sense, or the host is no name of a host
    public static int status(String host, RegistryOptions options) throws IOException {
        URI address;
        try {
            address = new URI((options.noHttps() ? "http://" : "https://") + host + "/v2/");
        } catch (URISyntaxException e) {
            throw new Problem(
                    "cannot ask the registry " + host,
                    "that is not the name of a host",
                    "write it as in references: registry.example.org:5000",
                    e);
        }
        try (Http.Response response = new Http(options).getOnce(address)) {
            return response.status();
        }
    }

    @Override
    public SourceImage image(Platform platform) {
        Manifest.Image manifest = require(platform);
        byte[] config = config(manifest.config());
        return SourceImage.of(
                manifest,
                ImageConfig.parse(config, reference.toString()),
                platform,
                reference.toString(),
                "docker",
                reference.toString().substring("docker://".length()));
    }

    @Override
    public Optional<Manifest.Image> manifest(Platform platform) {
        return Optional.of(require(platform));
    }

    @Override
    public InputStream open(Descriptor blob) {
        return new VerifiedStream(
                new BlobStream(
                        access,
                        URI.create(base + "blobs/" + blob.digest()),
                        blob,
                        reference,
                        options,
                        progress),
                blob,
                reference.toString());
    }

    @Override
    public void close() {}

    private synchronized Manifest.Image require(Platform platform) {
        Manifest.Image known = manifests.get(platform.toString());
        if (known != null) {
            return known;
        }
        String name =
                reference
                        .digest()
                        .map(Digest::toString)
                        .orElseGet(() -> reference.tag().orElse("latest"));
        Manifest found = fetch(name, reference.digest());
        for (int depth = 0; found instanceof Manifest.Index index; depth++) {
            if (depth == DEEPEST_INDEX) {
                throw new Problem(
                        "cannot use " + reference,
                        "indexes lead to indexes, more than " + DEEPEST_INDEX + " deep",
                        "push the image again");
            }
            Digest chosen =
                    index.select(platform)
                            .orElseThrow(() -> noPlatform(platform, index))
                            .descriptor()
                            .digest();
            found = fetch(chosen.toString(), Optional.of(chosen));
        }
        Manifest.Image manifest = (Manifest.Image) found;
        manifests.put(platform.toString(), manifest);
        return manifest;
    }

    private Problem noPlatform(Platform platform, Manifest.Index index) {
        return new Problem(
                "cannot use " + reference,
                "there is no image for " + platform + ", only for " + index.platforms(),
                "choose one of these with --arch, or another image");
    }

    private Manifest fetch(String name, Optional<Digest> pinned) {
        URI address = URI.create(base + "manifests/" + name);
        Map<String, String> accept = Map.of("Accept", String.join(", ", Manifest.MEDIA_TYPES));
        try (Http.Response response = access.get(address, accept)) {
            if (response.status() == 404) {
                throw unknown(response, name);
            }
            requireOk(response, "the manifest");
            byte[] content = response.read(Manifest.MAXIMUM_SIZE + 1);
            if (content.length > Manifest.MAXIMUM_SIZE) {
                throw nonsense("the manifest has more than " + Manifest.MAXIMUM_SIZE + " bytes");
            }
            long announced = response.contentLength();
            if (announced >= 0 && content.length != announced) {
                throw nonsense(
                        "the manifest stops after "
                                + content.length
                                + " of "
                                + announced
                                + " bytes");
            }
            Digest digest = Digest.of(content);
            if (pinned.isPresent() && !pinned.get().equals(digest)) {
                throw nonsense("asked for manifest " + pinned.get() + " it gave " + digest);
            }
            return Manifest.parse(
                    content, response.header("Content-Type").orElse(""), reference.toString());
        } catch (IOException e) {
            throw nonsense("the manifest breaks off: " + e.getMessage());
        }
    }

    private byte[] config(Descriptor descriptor) {
        if (descriptor.size() > Manifest.MAXIMUM_SIZE) {
            throw nonsense("the config has " + descriptor.size() + " bytes");
        }
        Descriptor small = descriptor;
        try (InputStream in =
                new VerifiedStream(
                        new BlobStream(
                                access,
                                URI.create(base + "blobs/" + small.digest()),
                                small,
                                reference,
                                options,
                                Progress.NONE),
                        small,
                        reference.toString())) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw nonsense("the config breaks off: " + e.getMessage());
        }
    }

    private void requireOk(Http.Response response, String part) {
        if (response.status() != 200) {
            String said = RegistryErrors.of(response);
            throw nonsense(
                    "asked for "
                            + part
                            + " it answered "
                            + response.status()
                            + (said.isEmpty() ? "" : " (" + said + ")"));
        }
    }

    private Problem nonsense(String why) {
        return new Problem(
                "registry " + reference.host() + " does not give " + reference,
                why,
                "check that a registry runs there, and try again later");
    }

    private Problem unknown(Http.Response response, String name) {
        String said = RegistryErrors.of(response);
        List<String> tags = tags();
        String why =
                tags.isEmpty()
                        ? "registry "
                                + reference.host()
                                + " knows no "
                                + reference.repository()
                                + ":"
                                + name
                        : "repository " + reference.repository() + " has no " + name;
        return new Problem(
                "there is no " + reference,
                why + (said.isEmpty() ? "" : " (" + said + ")"),
                tags.isEmpty()
                        ? "check host, repository and tag"
                        : "use one of its tags: " + String.join(", ", tags));
    }

    /// Some tags, the last ones first; none when the registry does not tell.
    private List<String> tags() {
        try {
            List<String> tags = allTags().reversed();
            return tags.size() > TAGS_TO_NAME ? tags.subList(0, TAGS_TO_NAME) : tags;
        } catch (Problem e) {
            return List.of();
        }
    }

    /// All tags of the repository, page by page (distribution-spec v1.1.1 "Listing Tags").
    private List<String> allTags() {
        List<String> tags = new ArrayList<>();
        Optional<URI> page = Optional.of(URI.create(base + "tags/list"));
        for (int pages = 0; page.isPresent(); pages++) {
            if (pages == PAGES_AT_MOST) {
                throw nonsense("its list of tags has no end");
            }
            URI address = page.get();
            try (Http.Response response = access.get(address, Map.of())) {
                requireOk(response, "the list of tags");
                JsonNode list =
                        JsonMapper.builder()
                                .build()
                                .readTree(response.read(Manifest.MAXIMUM_SIZE))
                                .path("tags");
                list.values().forEach(tag -> tags.add(tag.asString("")));
                page = response.header("Link").flatMap(link -> next(address, link));
            } catch (IOException | JacksonException e) {
                throw nonsense("the list of tags cannot be read: " + e.getMessage());
            }
        }
        return tags;
    }

    /// `<ADDRESS>; rel="next"` (RFC 8288); only on the same host, because credentials go along.
    private static Optional<URI> next(URI page, String link) {
        int end = link.indexOf('>');
        if (!link.startsWith("<") || end < 0 || !link.substring(end).contains("next")) {
            return Optional.empty();
        }
        URI address = page.resolve(link.substring(1, end));
        return page.getAuthority().equals(address.getAuthority())
                ? Optional.of(address)
                : Optional.empty();
    }
}
