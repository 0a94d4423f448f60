// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;
import org.amphora.yaml.Finding;

/// New versions: `app.yaml` and what lies beside it.
public final class AppFile {

    private final Site site;

    public AppFile(Site site) {
        this.site = site;
    }

    /// Writes the commented file that people start from; it is not committed.
    ///
    /// @return its path
    public Path begin(VersionId id) {
        requireNew(id);
        site.write(Map.of(path(id), SiteTemplate.app(id.app())));
        return site.root().resolve(path(id));
    }

    /// What a new version is made from. What is not given is taken over from the newest version
    /// that there is.
    ///
    /// @param summary what it is for
    /// @param image digest of the SIF file, when it is known
    /// @param from where the image can be had again
    /// @param recipe a definition file, instead of an image
    /// @param commands `NAME` or `NAME=PROGRAM [ARGUMENT …]`
    public record Addition(
            VersionId id,
            Optional<String> summary,
            Optional<Digest> image,
            Optional<String> from,
            Optional<Recipe> recipe,
            List<String> commands,
            List<String> runs,
            List<String> maintainers) {}

    /// A definition file and what it copies into the image.
    ///
    /// @param name of the definition file
    /// @param files texts by path beside `app.yaml`, itself among them
    public record Recipe(String name, Map<String, String> files) {
        public Recipe {
            files = Map.copyOf(files);
        }
    }

    /// A version and the texts that lie beside its `app.yaml`.
    public record New(AppVersion app, Map<String, String> files) {
        public New {
            files = Map.copyOf(files);
        }
    }

    /// Writes and commits one version.
    public void add(Addition addition) {
        VersionId id = addition.id();
        site.exclusively(
                () -> {
                    Catalog catalog = site.catalog(site.commit(), Set.of(id.app()));
                    Optional<AppVersion> newest =
                            Optional.ofNullable(catalog.apps().get(id.app())).map(List::getLast);
                    New version =
                            new New(
                                    version(addition, newest),
                                    addition.recipe().map(Recipe::files).orElse(Map.of()));
                    commit(catalog, List.of(version), Map.of(), "Add " + id);
                    return version;
                });
    }

    /// The recipe of the newest version with another version number in it, and the files beside it.
    ///
    /// @throws Problem when that version has no recipe
    public Recipe nextRecipe(AppVersion newest, String version) {
        String name =
                newest.recipe()
                        .orElseThrow(
                                () ->
                                        new Problem(
                                                "cannot update " + newest.id(),
                                                "it has neither a recipe nor an image of a registry",
                                                "amphora app update NAME/VERSION --image IMAGE"));
        Map<String, String> files = site.texts(site.commit(), newest.id());
        files.remove("app.yaml");
        String old = Pattern.quote(newest.id().version());
        files.computeIfPresent(
                name,
                (_, text) ->
                        text.replaceAll(
                                "(?<![\\w.])" + old + "(?![\\w]|\\.\\d)",
                                Matcher.quoteReplacement(version)));
        return new Recipe(name, files);
    }

    /// Writes and commits several versions at once.
    ///
    /// @param others texts by path below the site's directory that go with them
    /// @throws Problem when one of them is there already, or is not as the site wants it
    public void addAll(List<New> versions, Map<String, String> others, String subject) {
        site.exclusively(
                () -> {
                    commit(site.catalog(site.commit(), Set.of()), versions, others, subject);
                    return versions;
                });
    }

    /// Whether the site has the version, committed or not.
    public boolean exists(VersionId id) {
        return Files.exists(site.root().resolve(path(id)));
    }

    private void commit(
            Catalog catalog, List<New> versions, Map<String, String> others, String subject) {
        Map<String, String> files = new LinkedHashMap<>();
        for (New version : versions) {
            VersionId id = version.app().id();
            requireNew(id);
            requireAllowed(catalog.policy(), version.app());
            files.put(path(id), AppText.of(version.app()));
            version.files().forEach((name, text) -> files.put("apps/" + id + "/" + name, text));
        }
        requireSound(catalog, versions, files);
        files.putAll(others);
        site.commitAlone(files, subject, "");
    }

    private static void requireAllowed(Policy policy, AppVersion app) {
        Optional<String> from = app.from().filter(reference -> !policy.allowsSource(reference));
        if (from.isPresent()) {
            throw new Problem(
                    "cannot add " + app.id(),
                    "policy.yaml does not allow images from " + from.get(),
                    "sources: allows " + String.join(", ", policy.sources()));
        }
    }

    private void requireSound(Catalog catalog, List<New> versions, Map<String, String> files) {
        Map<String, String> all = new LinkedHashMap<>(files);
        // Versions name clusters; what these are is not the question here.
        catalog.clusters()
                .keySet()
                .forEach(name -> all.put("clusters/" + name + ".yaml", "root: /"));
        List<Finding> findings = new SiteReader(site.root(), Set.of()).read("", all).findings();
        if (!findings.isEmpty()) {
            throw new Problem(
                    "cannot add " + versions.getFirst().app().id(),
                    findings.getFirst().message(),
                    "correct the options");
        }
    }

    private static AppVersion version(Addition addition, Optional<AppVersion> newest) {
        AppVersion old = newest.orElseGet(() -> AppVersion.of(addition.id()));
        return new AppVersion(
                addition.id(),
                new AppVersion.About(
                        addition.summary().orElse(old.about().summary()),
                        old.about().homepage(),
                        old.about().licence(),
                        old.about().keywords(),
                        old.about().cite()),
                orElse(addition.maintainers(), old.maintainers()),
                addition.image(),
                addition.from(),
                addition.recipe().map(Recipe::name),
                orElse(
                        addition.commands().stream().map(ExposedCommand::parse).toList(),
                        old.commands()),
                old.environment(),
                old.needs(),
                old.tests(),
                orElse(addition.runs(), old.runs()),
                old.clusters(),
                old.conflicts());
    }

    private static <T> List<T> orElse(List<T> given, List<T> old) {
        return given.isEmpty() ? old : given;
    }

    private static String path(VersionId id) {
        return "apps/" + id + "/app.yaml";
    }

    private void requireNew(VersionId id) {
        if (exists(id)) {
            throw new Problem(
                    "cannot add " + id,
                    path(id) + " exists already",
                    "choose another version: what was published never changes");
        }
    }
}
