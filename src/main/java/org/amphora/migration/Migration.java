// SPDX-License-Identifier: Apache-2.0
package org.amphora.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.amphora.catalog.AppFile;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;

/// What can be brought from somewhere into a site, and why the rest cannot. Looking changes
/// nothing, and nothing of what is found is run.
public final class Migration {
    /// Texts of a definition file, a modulefile or a list of packages are shorter.
    static final int LARGEST_TEXT = 1 << 20;

    /// What is to be brought.
    public enum Kind {
        /// `container.yaml` files of a registry of shpc.
        SHPC,
        /// A directory of SIF files, with or without modulefiles.
        MODULES,
        /// An `environment.yml`.
        CONDA,
        /// A directory of definition files.
        RECIPES
    }

    /// What becomes of a thing.
    public enum Outcome {
        TAKEN,
        /// Something is wrong with it: it is put aside for somebody to look at.
        QUARANTINED,
        /// There is nothing wrong with it, but it has no place in a site.
        LEFT;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// A thing and what becomes of it.
    ///
    /// @param subject the thing, by file and name
    /// @param reason why, or what to know about it; may be empty when it is taken
    public record Item(String subject, Outcome outcome, String reason) {}

    private final Path source;
    private final Kind kind;
    private final Findings found;

    private Migration(Path source, Kind kind, Findings found) {
        this.source = source;
        this.kind = kind;
        this.found = found;
    }

    /// What is wanted of a source.
    ///
    /// @param kind recognised by what lies there when empty
    /// @param name what to call it, where there is one application only
    /// @param allTags of registries' entries all versions, not the latest alone
    public record Request(
            Path source, Optional<Kind> kind, Optional<VersionId> name, boolean allTags) {}

    /// Looks at a source.
    ///
    /// @throws Problem when there is nothing that can be brought
    public static Migration of(Request request) {
        Path source = request.source().toAbsolutePath().normalize();
        List<Path> files = files(source);
        Kind kind = request.kind().orElseGet(() -> recognised(source, files));
        Findings found = new Findings();
        switch (kind) {
            case SHPC -> new ShpcEntries(source, request.allTags(), found).read(files);
            case MODULES -> new ImageFiles(source, found).read(files);
            case CONDA -> new CondaEnvironment(request.name(), found).read(files);
            case RECIPES -> new Definitions(source, request.name(), found).read(files);
        }
        if (found.isEmpty()) {
            throw unknown(source);
        }
        return new Migration(source, kind, found);
    }

    public Kind kind() {
        return kind;
    }

    /// What becomes of each thing in a site: what the site has already is left.
    public List<Item> items(Site site) {
        List<Item> items = new ArrayList<>(found.items());
        AppFile apps = new AppFile(site);
        Set<VersionId> seen = new HashSet<>();
        for (Draft draft : found.drafts()) {
            boolean again = !seen.add(draft.id());
            if (again || apps.exists(draft.id())) {
                String why = again ? "another one has this name" : "the site has it already";
                items.add(new Item(draft.subject(), Outcome.LEFT, draft.id() + ": " + why));
            } else {
                items.add(new Item(draft.subject(), Outcome.TAKEN, draft.story()));
            }
        }
        return items;
    }

    /// Writes and commits what is taken, and beside it, under `quarantine/`, what is put aside.
    ///
    /// @param pool takes an image file into the site's pool
    public void apply(Site site, Function<Path, Digest> pool) {
        AppFile apps = new AppFile(site);
        Set<VersionId> seen = new HashSet<>();
        List<AppFile.New> versions = new ArrayList<>();
        for (Draft draft : found.drafts()) {
            if (seen.add(draft.id()) && !apps.exists(draft.id())) {
                versions.add(draft.version(pool));
            }
        }
        Map<String, String> aside = found.quarantine(kind);
        if (!versions.isEmpty() || !aside.isEmpty()) {
            apps.addAll(
                    versions,
                    aside,
                    "Import "
                            + (versions.size() == 1 ? "1 version" : versions.size() + " versions")
                            + " from "
                            + source.getFileName());
        }
    }

    private static Kind recognised(Path source, List<Path> files) {
        List<String> names =
                files.stream().map(file -> String.valueOf(file.getFileName())).toList();
        if (names.contains("container.yaml")) {
            return Kind.SHPC;
        } else if (names.stream().anyMatch(ImageFiles::isImage)) {
            return Kind.MODULES;
        } else if (names.stream().anyMatch(Definitions::isDefinition)) {
            return Kind.RECIPES;
        } else if (files.size() == 1 || names.stream().anyMatch(CondaEnvironment::isEnvironment)) {
            return Kind.CONDA;
        }
        throw unknown(source);
    }

    private static Problem unknown(Path source) {
        return new Problem(
                "cannot import " + source,
                "there is no container.yaml, no SIF file, no environment.yml and no definition file",
                "name the directory or file where they are");
    }

    private static List<Path> files(Path source) {
        try (Stream<Path> all = Files.walk(source)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("/.git/"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new Problem(
                    "cannot import " + source, e.toString(), "name a directory or file", e);
        }
    }
}
