// SPDX-License-Identifier: Apache-2.0
package org.amphora.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;

/// What a recipe starts from.
sealed interface Base {

    /// An image of a registry, a layout, an archive, or a local file or directory.
    record Image(Reference reference) implements Base {}

    /// A Debian or Ubuntu system, installed from its archive.
    ///
    /// @param suite e.g. `trixie`
    /// @param mirror where the archive is; the host's own when empty
    /// @param include packages beyond the minimum
    record Debian(String suite, Optional<String> mirror, List<String> include) implements Base {}

    /// An empty tree.
    record Scratch() implements Base {}

    /// The headers of a recipe, understood.
    ///
    /// @throws Problem when the agent is unknown or lacks a header
    static Base of(Definition definition) {
        String agent = definition.header("bootstrap").orElseThrow().toLowerCase(Locale.ROOT);
        return switch (agent) {
            case "docker" -> docker(definition);
            case "oci", "oci-archive", "docker-archive" -> {
                String from = require(definition, agent, "From");
                yield new Image(Reference.parse(agent + ":" + withoutSlashes(from)));
            }
            case "localimage" -> local(definition);
            case "scratch" -> new Scratch();
            case "debootstrap" -> debian(definition);
            case "docker-daemon" ->
                    throw problem(
                            definition,
                            "images inside a Docker daemon are not read",
                            "docker save -o image.tar NAME, then Bootstrap: docker-archive and"
                                    + " From: image.tar");
            case "library", "shub", "oras" ->
                    throw problem(
                            definition,
                            "bootstrap agent " + agent + " is not supported yet",
                            "fetch the image by other means, then Bootstrap: localimage");
            default ->
                    throw problem(
                            definition,
                            "bootstrap agent " + agent + " is not supported",
                            "use docker, oci, oci-archive, docker-archive, localimage, scratch or"
                                    + " debootstrap");
        };
    }

    private static Base docker(Definition definition) {
        StringBuilder name = new StringBuilder("docker://");
        definition.header("registry").ifPresent(r -> name.append(r).append('/'));
        definition.header("namespace").ifPresent(n -> name.append(n).append('/'));
        String from = require(definition, "docker", "From");
        return new Image(Reference.parse(name.append(withoutSlashes(from)).toString()));
    }

    private static Base local(Definition definition) {
        if (definition.header("fingerprints").isPresent()) {
            throw problem(
                    definition,
                    "Fingerprints: wants signatures of the base image, and they cannot be verified"
                            + " yet",
                    "verify the image by other means and remove the line");
        }
        return new Image(new Reference.Local(Path.of(require(definition, "localimage", "From"))));
    }

    private static Base debian(Definition definition) {
        List<String> include =
                Stream.of(definition.header("include").orElse("").split("[\\s,]+"))
                        .filter(p -> !p.isEmpty())
                        .toList();
        String suite = require(definition, "debootstrap", "OSVersion");
        // Both become arguments of apt, which would take them for options.
        for (String word : Stream.concat(Stream.of(suite), include.stream()).toList()) {
            if (word.startsWith("-")) {
                throw problem(
                        definition,
                        "no name of a suite or package: " + word,
                        "a name begins with a letter or digit");
            }
        }
        return new Debian(suite, definition.header("mirrorurl"), include);
    }

    private static String require(Definition definition, String agent, String key) {
        return definition
                .header(key.toLowerCase(Locale.ROOT))
                .orElseThrow(
                        () ->
                                problem(
                                        definition,
                                        "Bootstrap: " + agent + " needs a " + key + ": line",
                                        "add one before the first section"));
    }

    private static String withoutSlashes(String from) {
        return from.startsWith("//") ? from.substring(2) : from;
    }

    private static Problem problem(Definition definition, String why, String fix) {
        return new Problem("cannot build " + definition.name(), why, fix);
    }
}
