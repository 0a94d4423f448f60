// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.amphora.problem.Problem;

/// Changes of the channels: promote, roll back, deprecate, withdraw. Each is a commit with the
/// caller as author; the next deployment brings it to the clusters. Several at once wait for each
/// other.
public final class ChannelChanges {

    private final Site site;

    /// What was done.
    ///
    /// @param summary for the person
    /// @param commit of the change; empty when there was nothing to do
    public record Outcome(String summary, Optional<String> commit) {}

    public ChannelChanges(Site site) {
        this.site = site;
    }

    /// Offers a version as the stable one.
    ///
    /// @param cluster where; everywhere when empty
    public Outcome promote(VersionId id, Optional<String> cluster, String reason) {
        return change(
                id.app(),
                Optional.of(id.version()),
                cluster,
                "Promote " + id + " to stable" + on(cluster),
                reason,
                channels -> {
                    requireOffered(id, channels);
                    return channels.promoted(id.version());
                });
    }

    /// Offers a version for trial.
    public Outcome propose(VersionId id, Optional<String> cluster, String reason) {
        return change(
                id.app(),
                Optional.of(id.version()),
                cluster,
                "Promote " + id + " to candidate" + on(cluster),
                reason,
                channels -> {
                    requireOffered(id, channels);
                    return channels.proposed(id.version());
                });
    }

    /// Offers the version again that was stable before.
    public Outcome rollBack(String app, Optional<String> cluster, String reason) {
        return change(
                app,
                Optional.empty(),
                cluster,
                "Roll back " + app + on(cluster),
                reason,
                channels ->
                        channels.rolledBack()
                                .orElseThrow(
                                        () ->
                                                new Problem(
                                                        "cannot roll back " + app,
                                                        "no version was stable before "
                                                                + channels.stable()
                                                                        .orElse("any other"),
                                                        "amphora promote "
                                                                + app
                                                                + "/VERSION --to stable")));
    }

    /// Warns who uses a version, and refuses it from a day on.
    public Outcome deprecate(VersionId id, Optional<LocalDate> after, String message) {
        return change(
                id.app(),
                Optional.of(id.version()),
                Optional.empty(),
                "Deprecate " + id + after.map(day -> " after " + day).orElse(""),
                message,
                channels ->
                        channels.deprecating(
                                id.version(), new Channels.Deprecation(after, message)));
    }

    /// Refuses a version from now on.
    public Outcome withdraw(VersionId id, String reason) {
        return change(
                id.app(),
                Optional.of(id.version()),
                Optional.empty(),
                "Withdraw " + id,
                reason,
                channels -> channels.withdrawing(id.version(), reason));
    }

    private static String on(Optional<String> cluster) {
        return cluster.map(name -> " on " + name).orElse("");
    }

    private static void requireOffered(VersionId id, Channels channels) {
        String reason = channels.withdrawn().get(id.version());
        if (reason != null) {
            throw new Problem(
                    "cannot promote " + id,
                    "it was withdrawn: " + reason,
                    "amphora log "
                            + id.app()
                            + " shows when; take it out of withdrawn: in channels.yaml first");
        }
    }

    private Outcome change(
            String app,
            Optional<String> version,
            Optional<String> cluster,
            String subject,
            String reason,
            UnaryOperator<Channels> how) {
        return site.exclusively(
                () -> {
                    String commit = site.commit();
                    site.requireCommittedChannels(commit);
                    Catalog catalog = site.catalog(commit, Set.of(app));
                    version.ifPresent(v -> catalog.version(new VersionId(app, v)));
                    cluster.ifPresent(catalog::cluster);
                    requireApproval(catalog, app, version, subject);
                    Channels before =
                            cluster.map(name -> catalog.channels(app, name))
                                    .orElseGet(() -> catalog.channels(app));
                    Channels after = how.apply(before);
                    if (after.equals(before)) {
                        return new Outcome(
                                "nothing to do: " + app + " is as asked already", Optional.empty());
                    }
                    String text =
                            ChannelsFile.changed(
                                    site.channelsText(),
                                    catalog.channelsFile(),
                                    app,
                                    cluster.orElse(""),
                                    cluster.isPresent() ? after.pointers() : after);
                    site.commitAlone(Map.of(SiteReader.CHANNELS, text), subject, reason);
                    return new Outcome(summary(app, before, after), Optional.of(site.commit()));
                });
    }

    /// The maintainers of what users get now decide, so that nobody lets himself in with the
    /// version that he brings.
    private void requireApproval(
            Catalog catalog, String app, Optional<String> version, String subject) {
        AppVersion deciding =
                catalog.channels(app)
                        .stable()
                        .or(() -> version)
                        .map(v -> catalog.version(new VersionId(app, v)))
                        .orElseGet(() -> catalog.face(app));
        Approval approval = Approval.of(catalog.policy(), deciding.maintainers());
        if (!approval.isOpen()) {
            approval.require(site.author(), app, subject);
        }
    }

    private static String summary(String app, Channels before, Channels after) {
        if (!before.stable().equals(after.stable())) {
            return app
                    + ": stable "
                    + before.stable().orElse("-")
                    + " -> "
                    + after.stable().orElse("-");
        } else if (!before.candidate().equals(after.candidate())) {
            return app
                    + ": candidate "
                    + before.candidate().orElse("-")
                    + " -> "
                    + after.candidate().orElse("-");
        }
        List<String> what =
                List.of(
                        String.join(", ", after.deprecated().keySet()),
                        String.join(", ", after.withdrawn().keySet()));
        return app
                + ": deprecated "
                + (what.getFirst().isEmpty() ? "-" : what.getFirst())
                + "; withdrawn "
                + (what.getLast().isEmpty() ? "-" : what.getLast());
    }
}
