// SPDX-License-Identifier: Apache-2.0
package org.amphora.image;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.amphora.problem.Problem;

/// The text forms of {@link Reference}. Names follow distribution-spec v1.1.1 "Pulling manifests"
/// (repository and tag) and github.com/distribution/reference (what is a host). Loaded at every
/// launch, so without regular expressions.
final class ReferenceParser {

    private static final String DOCKER_HUB = "docker.io";
    private static final int TAG_LENGTH = 128;
    private static final int REPOSITORY_LENGTH = 255;
    private static final String KNOWN =
            "use docker://NAME, oci:DIR, oci-archive:FILE, docker-archive:FILE, or the path of a SIF,"
                    + " SquashFS file or directory";

    private final String text;

    private ReferenceParser(String text) {
        this.text = text;
    }

    static Reference parse(String text) {
        return new ReferenceParser(text).parse();
    }

    private Reference parse() {
        int colon = text.indexOf(':');
        String scheme = colon < 0 ? "" : text.substring(0, colon);
        if (!isScheme(scheme)) {
            return new Reference.Local(path(text));
        }
        String rest = text.substring(colon + 1);
        boolean slashes = rest.startsWith("//");
        return switch (scheme) {
            case "docker" -> docker(rest);
            case "oci" -> {
                Named named = named(rest);
                yield new Reference.OciLayout(named.path, named.name, named.digest);
            }
            case "oci-archive" -> {
                Named named = named(rest);
                yield new Reference.OciArchive(named.path, named.name, named.digest);
            }
            case "docker-archive" -> dockerArchive(rest);
            case "docker-daemon" ->
                    throw problem(
                            "images inside a Docker daemon are not read",
                            "docker save -o image.tar NAME, then docker-archive:image.tar");
            default -> {
                if (slashes) {
                    throw problem("unknown scheme " + scheme + "://", fixOf(scheme, rest));
                }
                // `samtools:1.9--h9071d68_10` is a fine file name.
                yield new Reference.Local(path(text));
            }
        };
    }

    private static String fixOf(String scheme, String rest) {
        return switch (scheme) {
            case "library", "shub" ->
                    "the image library of "
                            + (scheme.equals("shub") ? "Singularity Hub" : "Sylabs")
                            + " is not read; fetch the SIF file with another tool and give its path";
            case "oras" -> "SIF files in registries are not read yet; oras pull it, give its path";
            case "http", "https" ->
                    "download the file first (curl -LO) and give its path; for an image of a"
                            + " registry write docker:"
                            + rest;
            case "file" -> "leave the scheme away: " + rest.substring(2);
            case "instance" -> "instances are not supported yet; name the image itself";
            default -> {
                String lower = scheme.toLowerCase(Locale.ROOT);
                yield lower.equals("docker") ? "write docker:" + rest : KNOWN;
            }
        };
    }

    private Reference docker(String rest) {
        if (!rest.startsWith("//")) {
            String name = rest.startsWith("/") ? rest.substring(1) : rest;
            throw problem(
                    "two slashes are missing after docker:",
                    name.isEmpty() ? "write docker://NAME" : "write docker://" + name);
        }
        Digested digested = digested(rest.substring(2));
        String name = digested.rest;
        String host = DOCKER_HUB;
        int slash = name.indexOf('/');
        if (slash >= 0 && isHost(name.substring(0, slash))) {
            host = host(name.substring(0, slash));
            name = name.substring(slash + 1);
        }
        Optional<String> tag = Optional.empty();
        int colon = name.lastIndexOf(':');
        if (colon >= 0) {
            tag = Optional.of(tag(name.substring(colon + 1)));
            name = name.substring(0, colon);
        } else if (digested.digest.isEmpty()) {
            tag = Optional.of("latest");
        }
        if (host.equals(DOCKER_HUB) && name.indexOf('/') < 0) {
            requireRepository(name);
            name = "library/" + name;
        }
        requireRepository(name);
        return new Reference.Registry(host, name, tag, digested.digest);
    }

    private Reference dockerArchive(String rest) {
        String plain = rest.startsWith("//") ? rest.substring(2) : rest;
        int colon = plain.indexOf(':');
        if (colon < 0) {
            return new Reference.DockerArchive(path(plain), Optional.empty());
        }
        String name = plain.substring(colon + 1);
        if (name.isEmpty()) {
            throw problem("nothing after the colon", "leave the colon away or name an image");
        }
        return new Reference.DockerArchive(path(plain.substring(0, colon)), Optional.of(name));
    }

    private record Named(Path path, Optional<String> name, Optional<Digest> digest) {}

    private Named named(String rest) {
        Digested digested = digested(rest.startsWith("//") ? rest.substring(2) : rest);
        String plain = digested.rest;
        int colon = plain.indexOf(':');
        if (colon < 0) {
            return new Named(path(plain), Optional.empty(), digested.digest);
        }
        String name = plain.substring(colon + 1);
        if (name.isEmpty()) {
            throw problem("nothing after the colon", "leave the colon away or name a tag");
        }
        return new Named(path(plain.substring(0, colon)), Optional.of(name), digested.digest);
    }

    private record Digested(String rest, Optional<Digest> digest) {}

    private Digested digested(String name) {
        int at = name.lastIndexOf('@');
        if (at < 0 || name.indexOf(':', at) < 0) {
            return new Digested(name, Optional.empty());
        }
        try {
            return new Digested(
                    name.substring(0, at), Optional.of(Digest.parse(name.substring(at + 1))));
        } catch (IllegalArgumentException e) {
            throw problem(
                    String.valueOf(e.getMessage()),
                    "write @sha256: and the 64 digits in lower case");
        }
    }

    private String host(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        boolean hasPort = end >= 0 && end < host.length();
        String name = end <= 0 ? host : host.substring(0, end);
        String port = hasPort ? host.substring(end) : "";
        if (!isHostName(name)) {
            throw problem("no host name: " + name, "write docker://HOST[:PORT]/REPOSITORY");
        }
        if (hasPort && !isPort(port)) {
            throw problem("no port number: " + port, "write docker://HOST:PORT/REPOSITORY");
        }
        String lower = name.toLowerCase(Locale.ROOT);
        return (lower.equals("index.docker.io") ? DOCKER_HUB : lower) + port;
    }

    private String tag(String tag) {
        boolean fits = !tag.isEmpty() && tag.length() <= TAG_LENGTH;
        for (int i = 0; fits && i < tag.length(); i++) {
            char c = tag.charAt(i);
            fits = isAsciiLetterOrDigit(c) || c == '_' || i > 0 && (c == '.' || c == '-');
        }
        if (!fits) {
            throw problem(
                    tag.isEmpty() ? "empty tag" : "no tag: " + tag,
                    "a tag has letters, digits, '_', '.', '-', at most 128");
        }
        return tag;
    }

    private void requireRepository(String name) {
        if (name.isEmpty()) {
            throw problem("no repository name", "write docker://[HOST/]REPOSITORY[:TAG]");
        }
        if (!isRepository(name)) {
            String lower = name.toLowerCase(Locale.ROOT);
            throw problem(
                    "no repository name: " + name,
                    isRepository(lower)
                            ? "repository names are lower case: " + lower
                            : "a repository name has lower-case letters and digits, separated by"
                                    + " '/', '.', '_', '-'");
        }
        if (name.length() > REPOSITORY_LENGTH) {
            throw problem("repository name of " + name.length() + " characters", "at most 255");
        }
    }

    private Path path(String path) {
        if (path.isEmpty()) {
            throw problem("no path", KNOWN);
        }
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw problem(e.getReason(), "give the path of an existing file");
        }
    }

    private Problem problem(String why, String fix) {
        return new Problem("cannot understand image name '" + text + "'", why, fix);
    }

    /// What stands before the first slash is a host if it cannot be a part of a repository name.
    /// Unlike docker, upper case alone makes no host: in lower case it would be none.
    private static boolean isHost(String first) {
        return first.equals("localhost") || first.indexOf('.') >= 0 || first.indexOf(':') >= 0;
    }

    private static boolean isHostName(String name) {
        if (name.startsWith("[")) {
            boolean fits = name.length() > 3 && name.endsWith("]");
            for (int i = 1; fits && i < name.length() - 1; i++) {
                char c = name.charAt(i);
                fits = Character.digit(c, 16) >= 0 && c < 128 || c == ':' || c == '.';
            }
            return fits;
        }
        boolean fits = !name.isEmpty() && isAsciiLetterOrDigit(name.charAt(0));
        for (int i = 1; fits && i < name.length(); i++) {
            char c = name.charAt(i);
            fits = isAsciiLetterOrDigit(c) || c == '.' || c == '-' || c == '_';
        }
        return fits;
    }

    private static boolean isPort(String colonAndPort) {
        if (colonAndPort.length() < 2
                || colonAndPort.length() > 6
                || colonAndPort.charAt(0) != ':') {
            return false;
        }
        int port = 0;
        for (int i = 1; i < colonAndPort.length(); i++) {
            char c = colonAndPort.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            port = 10 * port + c - '0';
        }
        return port > 0 && port < 65536;
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/…)*` of distribution-spec v1.1.1.
    private static boolean isRepository(String name) {
        int separators = 1;
        char last = '/';
        for (int i = 0; i <= name.length(); i++) {
            char c = i < name.length() ? name.charAt(i) : '/';
            if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
                separators = 0;
            } else if (c == '/' || c == '.') {
                if (separators > 0) {
                    return false;
                }
                separators++;
            } else if (c == '_') {
                if (separators > 1 || separators == 1 && last != '_') {
                    return false;
                }
                separators++;
            } else if (c == '-') {
                if (separators > 0 && last != '-') {
                    return false;
                }
                separators++;
            } else {
                return false;
            }
            last = c;
        }
        return true;
    }

    private static boolean isAsciiLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private static boolean isScheme(String text) {
        boolean fits = !text.isEmpty();
        for (int i = 0; fits && i < text.length(); i++) {
            char c = text.charAt(i);
            fits = isAsciiLetterOrDigit(c) || i > 0 && (c == '+' || c == '.' || c == '-');
        }
        return fits;
    }
}
