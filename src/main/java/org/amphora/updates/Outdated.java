// SPDX-License-Identifier: Apache-2.0
package org.amphora.updates;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Gatherers;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Overview;
import org.amphora.catalog.VersionId;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;

/// Applications for which there is something newer.
///
/// @param id the newest version of the catalog, or the one that somebody has loaded
/// @param newest what there is now
/// @param newer how many there are in between, that one included
public record Outdated(VersionId id, String newest, int newer) {
    /// More questions at once would only be refused.
    private static final int QUESTIONS_AT_ONCE = 8;

    /// What registries answered about applications.
    ///
    /// @param unknown why nothing is known of the others
    public record Report(List<Outdated> outdated, List<Problem> unknown) {
        public Report {
            outdated = List.copyOf(outdated);
            unknown = List.copyOf(unknown);
        }
    }

    /// Asks the registries that images came from.
    ///
    /// @param tags all tags of a repository
    public static Report ask(
            List<AppVersion> newest, Function<Reference.Registry, List<String>> tags) {
        List<Outdated> outdated = new ArrayList<>();
        List<Problem> unknown = new ArrayList<>();
        newest.stream()
                .gather(Gatherers.mapConcurrent(QUESTIONS_AT_ONCE, app -> answer(app, tags)))
                .forEach(
                        answer -> {
                            answer.outdated().ifPresent(outdated::add);
                            answer.problem().ifPresent(unknown::add);
                        });
        return new Report(outdated, unknown);
    }

    /// The modules among those loaded for which another version is stable.
    ///
    /// @param loaded as `LOADEDMODULES` has them, between colons
    public static List<Outdated> loaded(String loaded, Overview overview) {
        List<Outdated> outdated = new ArrayList<>();
        for (String module : loaded.split(":")) {
            int slash = module.indexOf('/');
            String app = slash < 0 ? module : module.substring(0, slash);
            Optional<Overview.Entry> entry = overview.entry(app);
            Optional<VersionId> id =
                    slash < 0 ? Optional.empty() : VersionId.of(app, module.substring(slash + 1));
            if (entry.isPresent() && id.isPresent()) {
                newer(id.get(), entry.get()).ifPresent(outdated::add);
            }
        }
        return outdated;
    }

    private static Optional<Outdated> newer(VersionId id, Overview.Entry entry) {
        Optional<String> stable =
                entry.stable().filter(version -> VersionId.compare(version, id.version()) > 0);
        return stable.map(
                version ->
                        new Outdated(
                                id,
                                version,
                                (int)
                                        entry.versions().stream()
                                                .filter(v -> VersionId.compare(v, id.version()) > 0)
                                                .filter(v -> VersionId.compare(v, version) <= 0)
                                                .count()));
    }

    private record Answer(Optional<Outdated> outdated, Optional<Problem> problem) {}

    private static Answer answer(AppVersion app, Function<Reference.Registry, List<String>> tags) {
        Optional<Reference.Registry> from = app.registry();
        Optional<String> tag = from.flatMap(Reference.Registry::tag);
        if (from.isEmpty() || tag.isEmpty()) {
            return new Answer(Optional.empty(), Optional.empty());
        }
        try {
            List<String> newer = Tags.newer(tag.get(), tags.apply(from.get()));
            return new Answer(
                    newer.stream()
                            .findFirst()
                            .map(newest -> new Outdated(app.id(), newest, newer.size())),
                    Optional.empty());
        } catch (Problem e) {
            return new Answer(Optional.empty(), Optional.of(e));
        }
    }
}
