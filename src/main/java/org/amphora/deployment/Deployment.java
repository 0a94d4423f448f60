// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.amphora.catalog.AppVersion;
import org.amphora.catalog.Catalog;
import org.amphora.catalog.Channels;
import org.amphora.catalog.Cluster;
import org.amphora.catalog.Review;
import org.amphora.catalog.Site;
import org.amphora.catalog.VersionId;
import org.amphora.image.Digest;
import org.amphora.modulefile.Modulefiles;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.yaml.Finding;
import org.jspecify.annotations.Nullable;

/// Brings one cluster to what the last commit of the site says. While it is open no other
/// deployment changes the cluster; whoever loads a module or runs a command meanwhile sees each
/// application either as it was or as it will be. Killed at any point, the next one goes on.
public final class Deployment implements AutoCloseable {
    /// Part of each key: raised when the same catalog gives other files than before.
    private static final String FORMAT = "2";

    private static final int FINDINGS_AT_MOST = 5;

    private final Cluster cluster;
    private final Layout layout;
    private final CommandFiles commands;
    private final ImageFinder images;
    private final StartCopies copies;
    private final Review review;
    private final MadeImages made;
    private final Retirement retirement;
    private final @Nullable FileChannel lock;
    private final Catalog catalog;
    private final SortedMap<String, String> keys = new TreeMap<>();
    private final SortedMap<String, Optional<State>> before = new TreeMap<>();
    private final SortedMap<String, List<AppVersion>> versions = new TreeMap<>();
    private final Set<VersionId> failed = new HashSet<>();
    private final SortedMap<String, String> kept = new TreeMap<>();

    /// What there is to choose.
    ///
    /// @param cluster name of the cluster; the only one when empty
    /// @param starter `amphora-start` of this installation
    /// @param making where images come from that no pool has
    public record Setting(Optional<String> cluster, Path starter, Making making, Clock clock) {}

    /// What a deployment has done.
    ///
    /// @param removed how many retired things were removed
    /// @param failures why versions were left out that should be there
    public record Outcome(List<Change> changes, int removed, List<Problem> failures) {
        public Outcome {
            changes = List.copyOf(changes);
            failures = List.copyOf(failures);
        }

        /// Whether the cluster is as the catalog says.
        public boolean isComplete() {
            return failures.isEmpty()
                    && changes.stream().noneMatch(change -> change.kind() == Change.Kind.KEEP);
        }
    }

    private Deployment(
            Site site,
            Catalog rules,
            Cluster cluster,
            Setting setting,
            @Nullable FileChannel lock) {
        this.cluster = cluster;
        this.layout = new Layout(cluster.root());
        this.lock = lock;
        Path starter = cluster.starter().map(Path::of).orElse(setting.starter());
        this.commands = new CommandFiles(cluster, starter);
        this.images =
                new ImageFinder(
                        new ImagePool(layout.images()),
                        new ImagePool(site.images()),
                        setting.making());
        this.copies = new StartCopies(layout.copies());
        this.made =
                new MadeImages(
                        site, rules.commit(), new ImagePool(site.images()), setting.making());
        this.retirement = new Retirement(layout, setting.clock());
        Map<String, String> identities = site.identities(rules.commit());
        String where = cluster + "\n" + starter;
        identities.forEach((app, id) -> keys.put(app, key(rules, app, id, where)));
        Set<String> changed = new TreeSet<>();
        for (Map.Entry<String, String> entry : keys.entrySet()) {
            Optional<String> current = State.key(layout, entry.getKey());
            if (current.filter(entry.getValue()::equals).isEmpty()) {
                changed.add(entry.getKey());
            }
        }
        for (String app : Tree.names(layout.root().resolve("apps"))) {
            if (!keys.containsKey(app) && State.key(layout, app).isPresent()) {
                changed.add(app);
            }
        }
        this.review = site.review(rules.commit(), changed);
        requireApproved(review);
        changed.removeAll(review.apps().keySet());
        this.catalog = site.catalog(rules.commit(), changed);
        for (String app : changed) {
            before.put(app, State.current(layout, app));
            versions.put(
                    app,
                    catalog.apps().getOrDefault(app, List.of()).stream().map(made::known).toList());
        }
        requireSound(catalog);
    }

    /// What a deployment would change. Writes nothing and waits for nobody.
    ///
    /// @throws Problem when the site has mistakes
    public static List<Change> preview(Site site, Setting setting) {
        Catalog rules = site.catalog(site.commit(), Set.of());
        requireSound(rules);
        return new Deployment(site, rules, cluster(rules, setting), setting, null).changes();
    }

    private static Cluster cluster(Catalog rules, Setting setting) {
        return setting.cluster().map(rules::cluster).orElseGet(rules::onlyCluster);
    }

    /// Opens a deployment of the site's last commit; waits while another one is at work.
    ///
    /// @throws Problem when the site has mistakes
    public static Deployment open(Site site, Setting setting) {
        Catalog rules = site.catalog(site.commit(), Set.of());
        requireSound(rules);
        Cluster cluster = cluster(rules, setting);
        Layout layout = new Layout(cluster.root());
        Tree.makeDirectories(layout.root());
        FileChannel lock = null;
        try {
            lock =
                    FileChannel.open(
                            layout.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            var _ = lock.lock();
            // What was committed while this one waited counts.
            String commit = site.commit();
            Catalog now = commit.equals(rules.commit()) ? rules : site.catalog(commit, Set.of());
            return new Deployment(site, now, cluster, setting, lock);
        } catch (IOException e) {
            close(lock);
            throw new Problem(
                    "cannot deploy to " + cluster.name(),
                    layout.lock() + ": " + e.getMessage(),
                    "deploy as the user that owns " + layout.root(),
                    e);
        } catch (Problem e) {
            close(lock);
            throw e;
        }
    }

    /// Where a cluster has something that people name in scripts.
    ///
    /// @param what `modules`, for the module tool that the environment shows; `lmod`, `tcl`,
    ///     `images`, `commands`, `root`
    public static Path path(Cluster cluster, String what, Map<String, String> environment) {
        Layout layout = new Layout(cluster.root());
        return switch (what) {
            case "modules" ->
                    layout.modules(
                            environment.containsKey("MODULES_CMD")
                                            && !environment.containsKey("LMOD_CMD")
                                    ? "tcl"
                                    : "lmod");
            case "lmod", "tcl" -> layout.modules(what);
            case "images" -> layout.images();
            case "commands" -> layout.root().resolve("commands");
            case "root" -> layout.root();
            default ->
                    throw new Problem(
                            "cannot tell the path of " + what,
                            "a cluster has modules (lmod, tcl), images, commands and a root",
                            "amphora site path modules");
        };
    }

    public Cluster cluster() {
        return cluster;
    }

    public String commit() {
        return catalog.commit();
    }

    /// What differs between the cluster and the catalog. Changes nothing.
    public List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        before.forEach((app, state) -> changes.add(change(app, state)));
        review.apps()
                .forEach(
                        (app, by) ->
                                changes.add(
                                        new Change(app, Change.Kind.KEEP, List.of(by.toString()))));
        kept.forEach((app, why) -> changes.add(new Change(app, Change.Kind.KEEP, List.of(why))));
        return changes;
    }

    /// Makes the changes: first all new files, then all switches.
    ///
    /// A version whose image cannot be made is left out; the next deployment tries again.
    public Outcome apply() {
        List<Problem> failures = makeImages();
        before.forEach((app, _) -> stage(app));
        if (!before.isEmpty()) {
            // One flush for all: after a crash of the machine no switch leads to an empty file.
            Command.of("sync", "-f", layout.root().toString())
                    .run()
                    .orProblem("cannot write " + layout.root(), "check the file system");
        }
        List<Change> changes = changes();
        before.forEach(this::switchOver);
        return new Outcome(
                changes, retirement.sweep(catalog.policy().grace(), this::used), failures);
    }

    private List<Problem> makeImages() {
        List<Problem> failures = new ArrayList<>();
        for (String app : List.copyOf(versions.keySet())) {
            List<AppVersion> known = new ArrayList<>();
            Set<String> missing = new TreeSet<>();
            for (AppVersion version : versions.getOrDefault(app, List.of())) {
                try {
                    known.add(isToBeMade(version) ? made.made(version) : version);
                } catch (Problem e) {
                    failures.add(e);
                    known.add(version);
                    missing.add(version.id().version());
                    failed.add(version.id());
                }
            }
            versions.put(app, known);
            leaveOut(app, missing);
        }
        return failures;
    }

    /// An application goes without a version that cannot be made, unless users have that version
    /// already: then it stays as it is.
    private void leaveOut(String app, Set<String> missing) {
        Optional<State> state = before.getOrDefault(app, Optional.empty());
        if (state.stream()
                .flatMap(old -> old.versions().keySet().stream())
                .anyMatch(missing::contains)) {
            before.remove(app);
            kept.put(app, String.join(", ", missing) + ": its image cannot be made");
        } else if (!missing.isEmpty()) {
            String without = Digest.of(String.join("\n", missing)).shortHex();
            // Another key, so that the next deployment tries again.
            keys.computeIfPresent(app, (_, key) -> key + "-without-" + without);
        }
    }

    /// The versions whose images have to be made first.
    public List<String> toBeMade() {
        return versions.values().stream()
                .flatMap(List::stream)
                .filter(this::isToBeMade)
                .map(version -> version.id().toString())
                .toList();
    }

    private boolean isToBeMade(AppVersion version) {
        return version.image().isEmpty()
                && version.isFor(cluster.name())
                && MadeImages.isMakeable(version);
    }

    @Override
    public void close() {
        close(lock);
    }

    private static void close(@Nullable FileChannel lock) {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot close the lock", e);
        }
    }

    private static void requireSound(Catalog catalog) {
        List<Finding> findings = catalog.findings();
        if (!findings.isEmpty()) {
            throw new Problem(
                    "cannot deploy",
                    "the last commit has mistakes:\n"
                            + String.join(
                                    "\n",
                                    findings.stream()
                                            .limit(FINDINGS_AT_MOST)
                                            .map(Finding::toString)
                                            .toList()),
                    "amphora lint shows all; correct and commit them");
        }
    }

    private static void requireApproved(Review review) {
        if (review.rules().isPresent()) {
            throw new Problem(
                    "cannot deploy",
                    review.rules().get().file() + ": " + review.rules().get(),
                    "amphora lint shows all that is not approved");
        }
    }

    private String key(Catalog rules, String app, String identity, String where) {
        return Digest.of(
                        String.join(
                                "\n",
                                FORMAT,
                                identity,
                                rules.channels(app, cluster.name()).toString(),
                                where))
                .shortHex();
    }

    /// The versions of an application that this cluster gets: those that have an image.
    private List<AppVersion> versions(String app) {
        return versions.getOrDefault(app, List.of()).stream()
                .filter(version -> version.isFor(cluster.name()) && version.image().isPresent())
                .toList();
    }

    private Change change(String app, Optional<State> old) {
        if (!keys.containsKey(app)) {
            return new Change(app, Change.Kind.REMOVE, List.of("leaves the catalog"));
        }
        Channels channels = catalog.channels(app, cluster.name());
        SortedMap<String, State.Version> known =
                new TreeMap<>(old.map(State::versions).orElseGet(TreeMap::new));
        List<String> details = new ArrayList<>();
        for (AppVersion version : versions.getOrDefault(app, List.of())) {
            String number = version.id().version();
            String status = channels.status(number).toString();
            State.Version was = known.remove(number);
            if (!version.isFor(cluster.name())) {
                details.add(number + ": not for this cluster");
            } else if (failed.contains(version.id())) {
                details.add(number + ": left out, its image cannot be made");
            } else if (isToBeMade(version)) {
                details.add(number + ": new, " + status + ", its image is made first");
            } else if (version.image().isEmpty()) {
                details.add(number + ": left out, it has no image yet");
            } else if (was == null) {
                details.add(number + ": new, " + status);
            } else if (!was.status().equals(status)) {
                details.add(number + ": " + was.status() + " -> " + status);
            } else if (!was.image().startsWith(version.image().get().hex())) {
                details.add(number + ": another image");
            }
        }
        known.keySet().forEach(number -> details.add(number + ": removed"));
        if (details.isEmpty()) {
            details.add("other settings");
        }
        return new Change(app, old.isPresent() ? Change.Kind.UPDATE : Change.Kind.ADD, details);
    }

    /// Writes all files that the next state of an application needs beside those of the present
    /// one.
    private void stage(String app) {
        String key = keys.get(app);
        if (key == null) {
            return;
        }
        Channels channels = catalog.channels(app, cluster.name());
        List<AppVersion> versions = versions(app);
        State state = new State(key, new TreeMap<>());
        for (AppVersion version : versions) {
            Path image = images.get(version, version.image().orElseThrow());
            Optional<Path> beside = copies.of(version, image);
            SortedMap<String, byte[]> files = commands.of(version, image, beside);
            String name = CommandFiles.name(version, files);
            Tree.make(layout.commands(app).resolve(name), files, true);
            String number = version.id().version();
            state.versions()
                    .put(
                            number,
                            new State.Version(
                                    channels.status(number).toString(),
                                    String.valueOf(image.getFileName()),
                                    name,
                                    beside.map(path -> String.valueOf(path.getFileName()))
                                            .orElse("")));
        }
        SortedMap<String, byte[]> files = new TreeMap<>();
        Modulefiles.of(
                        versions,
                        channels,
                        version -> layout.bin(app, version.id().version()).toString())
                .forEach((name, text) -> files.put(name, text.getBytes(StandardCharsets.UTF_8)));
        files.put(State.FILE, state.text().getBytes(StandardCharsets.UTF_8));
        Tree.make(layout.state(app, key), files, false);
    }

    private void switchOver(String app, Optional<State> old) {
        String key = keys.get(app);
        if (key == null) {
            Modulefiles.TOOLS.forEach(tool -> Tree.delete(layout.modules(tool).resolve(app)));
            Tree.delete(layout.current(app));
            old.ifPresent(state -> retire(app, state, new TreeMap<>()));
            return;
        }
        SortedMap<String, State.Version> versions = State.of(layout, app, key).versions();
        // Commands first: a module never leads to a directory that is not there.
        versions.forEach(
                (number, version) ->
                        Tree.link(layout.commands(app).resolve(number), version.commands()));
        Tree.link(layout.current(app), key);
        for (String tool : Modulefiles.TOOLS) {
            Tree.link(layout.modules(tool).resolve(app), "../../apps/" + app + "/current/" + tool);
        }
        old.ifPresent(state -> retire(app, state, versions));
    }

    private void retire(String app, State old, SortedMap<String, State.Version> now) {
        Optional<String> key = Optional.ofNullable(keys.get(app));
        if (key.filter(old.key()::equals).isEmpty()) {
            retirement.retire(layout.state(app, old.key()));
        }
        old.versions()
                .forEach(
                        (number, version) -> {
                            State.Version next = now.get(number);
                            if (next == null) {
                                retirement.retire(layout.commands(app).resolve(number));
                            }
                            if (next == null || !next.commands().equals(version.commands())) {
                                retirement.retire(layout.commands(app).resolve(version.commands()));
                            }
                            if (next == null || !next.copies().equals(version.copies())) {
                                retireUnused(layout.copies(), version.copies());
                            }
                            if (next == null || !next.image().equals(version.image())) {
                                retireUnused(layout.images(), version.image());
                            }
                        });
    }

    /// An image that has become restricted, or copies of its files, must not stay readable for all,
    /// running jobs or not: those that have it open go on.
    private void retireUnused(Path directory, String name) {
        if (name.isEmpty()) {
            return;
        }
        Path path = directory.resolve(name);
        boolean restricted =
                before.keySet().stream()
                        .flatMap(app -> versions(app).stream())
                        .anyMatch(
                                version ->
                                        !version.runs().isEmpty()
                                                && version.image()
                                                        .map(Digest::hex)
                                                        .filter(name::startsWith)
                                                        .isPresent());
        if (restricted && !isUsed(path)) {
            Tree.delete(path);
        } else {
            retirement.retire(path);
        }
    }

    private boolean isUsed(Path path) {
        return used().contains(path);
    }

    /// All that the current states need.
    private Set<Path> used() {
        Set<Path> used = new HashSet<>();
        for (String app : Tree.names(layout.root().resolve("apps"))) {
            State.current(layout, app)
                    .ifPresent(
                            state -> {
                                used.add(layout.state(app, state.key()));
                                state.versions()
                                        .forEach(
                                                (number, version) -> {
                                                    Path commandsOf = layout.commands(app);
                                                    used.add(commandsOf.resolve(number));
                                                    used.add(
                                                            commandsOf.resolve(version.commands()));
                                                    used.add(
                                                            layout.images()
                                                                    .resolve(version.image()));
                                                    used.add(
                                                            layout.copies()
                                                                    .resolve(version.copies()));
                                                });
                            });
        }
        return used;
    }
}
