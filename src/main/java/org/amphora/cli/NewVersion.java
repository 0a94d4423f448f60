// SPDX-License-Identifier: Apache-2.0
package org.amphora.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.amphora.catalog.AppFile;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.deployment.ImagePool;
import org.amphora.image.Digest;
import org.amphora.image.Reference;
import org.amphora.image.store.Sources;
import org.amphora.problem.Problem;
import org.amphora.updates.Tags;
import org.jspecify.annotations.Nullable;

/// Adds versions to a site, images fetched as the caller's options say.
record NewVersion(Site site, Fetching fetching, Terminal terminal) {

    /// A version whose image exists.
    void add(
            VersionId id,
            Reference image,
            @Nullable String summary,
            List<String> commands,
            List<String> runs,
            List<String> maintainers) {
        Path file = fetching.store(terminal).sif(image, fetching.options());
        Digest digest = new ImagePool(site.images()).hidden().add(file);
        Optional<String> from =
                image instanceof Reference.Local ? Optional.empty() : Optional.of(image.toString());
        new AppFile(site)
                .add(
                        new AppFile.Addition(
                                id,
                                Optional.ofNullable(summary),
                                Optional.of(digest),
                                from,
                                Optional.empty(),
                                commands,
                                runs,
                                maintainers));
        terminal.info("added " + id + ", image " + digest.shortHex());
    }

    /// A version like the newest one, from a newer tag or with the next recipe.
    ///
    /// @param name with a version, or without one for the newest tag
    void update(String name, Optional<String> tag, Optional<Path> recipe) {
        int slash = name.indexOf('/');
        String app = slash < 0 ? name : name.substring(0, slash);
        AppVersion newest = site.catalog(site.commit(), Set.of(app)).versions(app).getLast();
        if (recipe.isPresent() || newest.recipe().isPresent()) {
            VersionId id = VersionId.parse(name);
            AppFile files = new AppFile(site);
            files.add(
                    new AppFile.Addition(
                            id,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of(
                                    recipe.map(NewVersion::read)
                                            .orElseGet(
                                                    () -> files.nextRecipe(newest, id.version()))),
                            List.of(),
                            List.of(),
                            List.of()));
            terminal.info("added " + id + "; the next amphora deploy builds it");
            return;
        }
        Reference.Registry old =
                newest.registry().orElseThrow(() -> unknown(newest, "its image is of no registry"));
        String current = old.tag().orElseThrow(() -> unknown(newest, old + " has no tag"));
        String wanted = tag.orElseGet(() -> newestTag(newest, old, current, name));
        VersionId id =
                slash >= 0
                        ? VersionId.parse(name)
                        : Tags.version(newest.id().version(), current, wanted)
                                .map(version -> new VersionId(app, version))
                                .orElseThrow(
                                        () ->
                                                unknown(
                                                        newest,
                                                        "its version cannot be told from the tag "
                                                                + wanted));
        Reference.Registry image =
                new Reference.Registry(
                        old.host(), old.repository(), Optional.of(wanted), Optional.empty());
        add(id, image, null, List.of(), List.of(), List.of());
    }

    private String newestTag(
            AppVersion newest, Reference.Registry old, String current, String name) {
        List<String> newer = Tags.newer(current, Sources.tags(old, fetching.options()));
        String version = name.contains("/") ? name.substring(name.indexOf('/') + 1) : "";
        return newer.stream()
                .filter(
                        tag ->
                                version.isEmpty()
                                        || tag.equals(version)
                                        || Tags.version(newest.id().version(), current, tag)
                                                .filter(version::equals)
                                                .isPresent())
                .findFirst()
                .orElseThrow(
                        () ->
                                unknown(
                                        newest,
                                        old.repository()
                                                + " has no tag that is newer than "
                                                + current
                                                + (version.isEmpty() ? "" : " and is " + version)));
    }

    private static AppFile.Recipe read(Path recipe) {
        String name = String.valueOf(recipe.getFileName());
        try {
            return new AppFile.Recipe(name, Map.of(name, Files.readString(recipe)));
        } catch (IOException e) {
            throw new Problem(
                    "cannot read recipe " + recipe, e.toString(), "name a definition file", e);
        }
    }

    private static Problem unknown(AppVersion newest, String why) {
        return new Problem(
                "cannot update " + newest.id().app(),
                why,
                "name version and image: amphora app update "
                        + newest.id().app()
                        + "/VERSION --image IMAGE");
    }
}
