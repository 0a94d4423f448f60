// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.amphora.image.Digest;
import org.amphora.problem.Problem;

/// New `app.yaml` files.
public final class AppFile {

    private final Site site;

    public AppFile(Site site) {
        this.site = site;
    }

    /// Writes the commented file that people start from; it is not committed.
    ///
    /// @return its path
    public java.nio.file.Path begin(VersionId id) {
        String path = path(id);
        requireNew(id);
        site.write(Map.of(path, SiteTemplate.app(id.app())));
        return site.root().resolve(path);
    }

    /// What a new version is made from.
    ///
    /// @param summary what it is for; that of the newest version when empty
    /// @param from where the image can be had again
    /// @param commands `NAME` or `NAME=PROGRAM [ARGUMENT …]`; those of the newest version when
    ///     empty
    public record Addition(
            VersionId id,
            Optional<String> summary,
            Digest image,
            Optional<String> from,
            List<String> commands,
            List<String> runs,
            List<String> maintainers) {}

    /// Writes and commits a version whose image is known. What is not given is taken over from the
    /// newest version that there is.
    public void add(Addition addition) {
        site.exclusively(
                () -> {
                    write(addition);
                    return addition;
                });
    }

    private void write(Addition addition) {
        VersionId id = addition.id();
        requireNew(id);
        Catalog catalog = site.catalog(site.commit(), java.util.Set.of(id.app()));
        Optional<AppVersion> newest =
                Optional.ofNullable(catalog.apps().get(id.app())).map(List::getLast);
        addition.from()
                .filter(from -> !catalog.policy().allowsSource(from))
                .ifPresent(
                        from -> {
                            throw new Problem(
                                    "cannot add " + id,
                                    "policy.yaml does not allow images from " + from,
                                    "sources: allows "
                                            + String.join(", ", catalog.policy().sources()));
                        });
        String text = text(addition, newest);
        List<Finding> findings =
                new SiteReader(site.root(), java.util.Set.of())
                        .read("", Map.of(path(id), text))
                        .findings();
        if (!findings.isEmpty()) {
            throw new Problem(
                    "cannot add " + id, findings.getFirst().message(), "correct the options");
        }
        site.commitAlone(Map.of(path(id), text), "Add " + id, "");
    }

    private static String text(Addition addition, Optional<AppVersion> newest) {
        List<String> lines = new ArrayList<>();
        lines.add("# yaml-language-server: $schema=../../../app.schema.json");
        lines.add(
                "summary: "
                        + quoted(
                                addition.summary()
                                        .or(() -> newest.map(app -> app.about().summary()))
                                        .orElse(addition.id().app())));
        newest.ifPresent(app -> about(lines, app));
        list(
                lines,
                "maintainers",
                addition.maintainers().isEmpty()
                        ? newest.map(AppVersion::maintainers).orElse(List.of())
                        : addition.maintainers());
        lines.add("image:");
        lines.add("  digest: " + addition.image());
        addition.from().ifPresent(from -> lines.add("  from: " + quoted(from)));
        commands(lines, addition, newest);
        newest.ifPresent(app -> rest(lines, app));
        list(
                lines,
                "runs",
                addition.runs().isEmpty()
                        ? newest.map(AppVersion::runs).orElse(List.of())
                        : addition.runs());
        return String.join("\n", lines) + "\n";
    }

    private static void about(List<String> lines, AppVersion app) {
        app.about().homepage().ifPresent(text -> lines.add("homepage: " + quoted(text)));
        app.about().licence().ifPresent(text -> lines.add("licence: " + quoted(text)));
        app.about().cite().ifPresent(text -> lines.add("cite: " + quoted(text)));
        list(lines, "keywords", app.about().keywords());
    }

    private static void commands(
            List<String> lines, Addition addition, Optional<AppVersion> newest) {
        lines.add("commands:");
        for (String given : addition.commands()) {
            int equals = given.indexOf('=');
            String name = equals < 0 ? given : given.substring(0, equals);
            List<String> argv =
                    equals < 0
                            ? List.of(name)
                            : List.of(given.substring(equals + 1).strip().split(" +"));
            lines.add("  " + quoted(name) + ": " + flow(argv));
        }
        if (addition.commands().isEmpty()) {
            List<ExposedCommand> old = newest.map(AppVersion::commands).orElse(List.of());
            old.forEach(c -> lines.add("  " + quoted(c.name()) + ": " + flow(c.argv())));
            if (old.isEmpty()) {
                lines.removeLast();
            }
        }
    }

    private static void rest(List<String> lines, AppVersion app) {
        map(lines, "environment", app.environment());
        map(lines, "resources", app.needs().resources());
        if (app.needs().gpu()) {
            lines.add("gpu: true");
        }
        if (app.needs().mpi()) {
            lines.add("mpi: true");
        }
        list(lines, "tests", app.tests());
        list(lines, "clusters", app.clusters());
        list(lines, "conflicts", app.conflicts());
    }

    private static void list(List<String> lines, String key, List<String> items) {
        if (!items.isEmpty()) {
            lines.add(key + ": " + flow(items));
        }
    }

    private static void map(List<String> lines, String key, Map<String, String> map) {
        if (!map.isEmpty()) {
            lines.add(key + ":");
            map.forEach((name, value) -> lines.add("  " + quoted(name) + ": " + quoted(value)));
        }
    }

    private static String flow(List<String> items) {
        return "[" + String.join(", ", items.stream().map(AppFile::quoted).toList()) + "]";
    }

    private static String quoted(String text) {
        return ChannelsFile.quoted(text);
    }

    private static String path(VersionId id) {
        return "apps/" + id + "/app.yaml";
    }

    private void requireNew(VersionId id) {
        if (java.nio.file.Files.exists(site.root().resolve(path(id)))) {
            throw new Problem(
                    "cannot add " + id,
                    path(id) + " exists already",
                    "choose another version: what was published never changes");
        }
    }
}
