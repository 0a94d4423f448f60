// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.amphora.problem.Problem;
import org.amphora.process.Command;
import org.amphora.yaml.Finding;
import org.amphora.yaml.YamlMap;

/// A site repository: where it is, what it says, and how it is changed. What counts is the last
/// commit; changes are commits.
public final class Site {
    private static final String VARIABLE = "AMPHORA_SITE";

    private final Path root;
    private final Git git;
    private final Map<String, Snapshot> snapshots = new ConcurrentHashMap<>();

    private Site(Path root, boolean trusted) {
        this.root = root;
        this.git = new Git(root, trusted);
    }

    /// The site in this directory.
    public static Site at(Path root) {
        return new Site(root.toAbsolutePath().normalize(), true);
    }

    /// The site that `AMPHORA_SITE` names, else the one that the directory lies in.
    ///
    /// @throws Problem when there is none
    public static Site find(Map<String, String> environment, Path directory) {
        String named = environment.getOrDefault(VARIABLE, "");
        if (!named.isEmpty()) {
            Path root = directory.resolve(named).toAbsolutePath().normalize();
            if (!isSite(root)) {
                throw new Problem(
                        "cannot open the site " + root,
                        VARIABLE + " names it, but it has no apps/ and channels.yaml",
                        "correct " + VARIABLE + ", or make a site: amphora site init DIR");
            }
            return new Site(root, true);
        }
        Path here = directory.toAbsolutePath().normalize();
        for (Path at = here; at != null; at = at.getParent()) {
            if (isSite(at)) {
                return new Site(at, false);
            }
        }
        throw new Problem(
                "cannot find the site",
                here + " lies in none, and " + VARIABLE + " is not set",
                "amphora site init DIR && cd DIR, or set " + VARIABLE);
    }

    /// Makes a site that works at once: a git repository with its first commit.
    ///
    /// @throws Problem when the directory has something in it
    public static Site init(Path directory) {
        Path root = directory.toAbsolutePath().normalize();
        new SiteTemplate(root).write();
        return at(root);
    }

    /// Makes a repository the one that others have in common with this site.
    ///
    /// @param remote an empty repository, by any address that git takes
    /// @throws Problem when it cannot be reached or is not empty
    public void begin(String remote) {
        new Remote(root, git).begin(remote);
    }

    /// Gives the commits that are only here to the common repository.
    ///
    /// @throws Problem when others have pushed since the last pull; nothing is lost
    public void push() {
        new Remote(root, git).push();
    }

    /// Takes the commits of the others; those that are only here go on top.
    ///
    /// @throws Problem when both have changed the same; then all is as it was
    public void pull() {
        exclusively(
                () -> {
                    new Remote(root, git).pull();
                    return root;
                });
    }

    public Path root() {
        return root;
    }

    /// Where images lie that came from files, before a cluster has them.
    public Path images() {
        return own().resolve("images");
    }

    /// What the last commit says.
    public Catalog catalog() {
        return catalog(git.head());
    }

    /// The last commit.
    public String commit() {
        return git.head();
    }

    /// What the last commit allows.
    public Policy policy() {
        String text = git.text(git.head(), SiteReader.POLICY);
        return Policy.read(YamlMap.parse(SiteReader.POLICY, text, new ArrayList<>()));
    }

    /// What a commit says, all applications included.
    private Catalog catalog(String commit) {
        return read(commit, List.of("apps/"), Set.of());
    }

    /// What a commit says of some applications; of the others only where their channels point.
    public Catalog catalog(String commit, Set<String> apps) {
        return read(
                commit,
                apps.stream().map(app -> "apps/" + app + "/").toList(),
                identities(commit).keySet());
    }

    private Catalog read(String commit, List<String> apps, Set<String> others) {
        Map<String, String> files = new LinkedHashMap<>(snapshot(commit).rules());
        SequencedMap<String, String> ids =
                apps.isEmpty()
                        ? new LinkedHashMap<>()
                        : git.files(commit, apps.toArray(String[]::new));
        List<String> wanted =
                ids.entrySet().stream()
                        .filter(entry -> isRead(entry.getKey()))
                        .map(Map.Entry::getValue)
                        .toList();
        List<String> contents = git.contents(wanted);
        int at = 0;
        for (String path : ids.sequencedKeySet()) {
            files.put(path, isRead(path) ? contents.get(at++) : "");
        }
        return new SiteReader(root, others).read(commit, files, snapshot(commit).channels());
    }

    /// What listings need of the last commit. What has changed since somebody asked last is read,
    /// the rest is remembered, for everybody who may write to the repository.
    public Overview overview() {
        String commit = git.head();
        Path file = root.resolve(".git/amphora.overview");
        Overview known = Overview.parse(Files.isReadable(file) ? text(file) : "");
        if (known.commit().equals(commit)) {
            return known;
        }
        Map<String, Overview.Entry> before = known.byName();
        Map<String, String> identities = identities(commit);
        Catalog rules = catalog(commit, Set.of());
        Set<String> changed = new HashSet<>();
        identities.forEach(
                (app, identity) -> {
                    Overview.Entry entry = before.get(app);
                    if (entry == null
                            || !entry.identity().equals(identity)
                            || !entry.stable().equals(rules.channels(app).stable())
                            || !entry.candidate().equals(rules.channels(app).candidate())) {
                        changed.add(app);
                    }
                });
        Catalog catalog = changed.isEmpty() ? rules : catalog(commit, changed);
        List<Overview.Entry> entries = new ArrayList<>();
        identities.forEach(
                (app, identity) -> {
                    if (!changed.contains(app)) {
                        entries.add(before.get(app));
                    } else if (catalog.apps().containsKey(app)) {
                        entries.add(Overview.Entry.of(catalog, app, identity));
                    }
                });
        Overview overview = Overview.of(commit, entries);
        if (Files.isWritable(root.resolve(".git"))) {
            write(file, overview.text());
        }
        return overview;
    }

    /// What the files on disk say, committed or not.
    public Catalog workingTree() {
        Map<String, String> files = new LinkedHashMap<>();
        for (String name : SiteReader.textFiles()) {
            Path start = root.resolve(name);
            if (!Files.exists(start)) {
                continue;
            }
            try (Stream<Path> all = Files.walk(start)) {
                for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                    String path = root.relativize(file).toString();
                    files.put(path, isRead(path) ? text(file) : "");
                }
            } catch (IOException e) {
                throw problem("cannot read the site " + root, e);
            }
        }
        return new SiteReader(root, Set.of()).read("", files);
    }

    /// Names of files of the site that differ from the last commit.
    public List<String> uncommitted() {
        return git.run(
                        "cannot read the site " + root,
                        "git -C " + root + " status",
                        "status",
                        "--porcelain",
                        "--",
                        "apps",
                        "clusters",
                        "channels.yaml",
                        "policy.yaml")
                .lines()
                .map(line -> line.substring(3))
                .toList();
    }

    /// Object ids by application of the last commit's directories: an application whose id is the
    /// same has not changed.
    public Map<String, String> identities(String commit) {
        return snapshot(commit).identities();
    }

    private Snapshot snapshot(String commit) {
        return snapshots.computeIfAbsent(commit, id -> Snapshot.of(git, id));
    }

    /// Object ids by name of the files of one version, those in directories below it included.
    public Map<String, String> files(String commit, VersionId id) {
        Map<String, String> files = new TreeMap<>();
        String directory = "apps/" + id + "/";
        git.files(commit, directory)
                .forEach((path, object) -> files.put(path.substring(directory.length()), object));
        return files;
    }

    /// Texts by name of the files of one version.
    SequencedMap<String, String> texts(String commit, VersionId id) {
        Map<String, String> ids = files(commit, id);
        List<String> contents = git.contents(List.copyOf(ids.values()));
        SequencedMap<String, String> texts = new LinkedHashMap<>();
        int at = 0;
        for (String name : ids.keySet()) {
            texts.put(name, contents.get(at++));
        }
        return texts;
    }

    /// Writes the files of one version, as a commit has them, into an empty directory.
    public void export(String commit, VersionId id, Path directory) {
        Path archive = directory.resolve(".archive.tar");
        String what = "cannot read " + id + " of " + commit;
        git.run(
                what,
                "git -C " + root + " fsck",
                "archive",
                "--format=tar",
                "--output=" + archive,
                commit + ":apps/" + id);
        Command.of("tar", "-xf", archive.toString(), "-C", directory.toString())
                .run()
                .orProblem(what, "check that the temporary directory has space");
        try {
            Files.delete(archive);
        } catch (IOException e) {
            throw problem("cannot remove " + archive, e);
        }
    }

    /// Where the site keeps what its machine makes and git does not have.
    public Path own() {
        return root.resolve(".amphora");
    }

    /// Whether people brought the state of these applications, and of the rules, who may.
    public Review review(String commit, Set<String> apps) {
        return new History(git).review(commit, apps);
    }

    /// The same of the last commit and all applications, by file and line.
    public List<Finding> unapproved() {
        String commit = git.head();
        Review review = review(commit, identities(commit).keySet());
        List<Finding> findings = new ArrayList<>();
        review.rules().ifPresent(by -> findings.add(new Finding(by.file(), 1, by.toString())));
        review.apps()
                .forEach(
                        (app, by) ->
                                findings.add(
                                        new Finding(
                                                by.file(),
                                                ChannelsFile.line(channelsText(), app),
                                                app + ": " + by)));
        return findings;
    }

    /// The commits that concern an application, the last one first.
    public List<Revision> log(String app) {
        List<Revision> revisions = new ArrayList<>();
        // One subject names the application in each commit that changes its channels.
        String format = "--format=%H%x1f%ct%x1f%an <%ae>%x1f%s%x1f%b%x1e";
        String output =
                git.run(
                        "cannot read the history of " + app,
                        "git -C " + root + " log",
                        "log",
                        format,
                        "HEAD",
                        "--",
                        "apps/" + app,
                        "channels.yaml");
        for (String record : output.split("\u001e")) {
            String[] fields = record.stripLeading().split("\u001f", -1);
            if (fields.length == 5 && concerns(fields[0], fields[3], app)) {
                revisions.add(
                        new Revision(
                                fields[0],
                                Instant.ofEpochSecond(Long.parseLong(fields[1])),
                                fields[2],
                                fields[3],
                                fields[4].strip()));
            }
        }
        return revisions;
    }

    /// Writes files and commits them, alone.
    ///
    /// @param files texts by path below the root
    /// @param reason why; the body of the commit message, may be empty
    public void commit(Map<String, String> files, String subject, String reason) {
        exclusively(
                () -> {
                    commitAlone(files, subject, reason);
                    return files;
                });
    }

    /// The same by somebody who has the site for himself. Killed in between, whoever has the site
    /// next puts the files back.
    void commitAlone(Map<String, String> files, String subject, String reason) {
        List<String> paths = List.copyOf(files.keySet());
        write(pending(), String.join("\n", paths));
        write(files);
        git.commit(subject, reason, paths);
        try {
            Files.delete(pending());
        } catch (IOException e) {
            throw problem("cannot change the site " + root, e);
        }
    }

    private void recover() throws IOException {
        if (!Files.exists(pending())) {
            return;
        }
        List<String> paths = Files.readAllLines(pending());
        git.restore(paths);
        for (String path : paths) {
            if (!git.holds("cat-file", "-e", "HEAD:" + path)) {
                Files.deleteIfExists(root.resolve(path));
            }
        }
        Files.delete(pending());
    }

    private Path pending() {
        return root.resolve(".git/amphora.pending");
    }

    /// Writes files, each whole or not at all.
    public void write(Map<String, String> files) {
        files.forEach((path, text) -> write(root.resolve(path), text));
    }

    /// Does something while no other process changes the site; waits for those that do.
    <T> T exclusively(Supplier<T> work) {
        Path file = root.resolve(".git/amphora.lock");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            var _ = channel.lock();
            recover();
            return work.get();
        } catch (IOException e) {
            throw problem("cannot change the site " + root, e);
        }
    }

    /// Name and mail address of who acts, as git knows them.
    Map.Entry<String, String> author() {
        return git.author();
    }

    String channelsText() {
        Path file = root.resolve(SiteReader.CHANNELS);
        return Files.exists(file) ? text(file) : "";
    }

    /// Refuses to change the channels while they have changes of somebody who has not committed
    /// them.
    ///
    /// @param commit the last one
    void requireCommittedChannels(String commit) {
        String path = SiteReader.CHANNELS;
        if (!channelsText().equals(snapshot(commit).channels().text())
                && !git.holds("diff", "--quiet", commit, "--", path)) {
            throw new Problem(
                    "cannot change " + path,
                    "it has changes that are not committed",
                    "git -C " + root + " diff " + path + "; then commit or restore it");
        }
    }

    private boolean concerns(String commit, String subject, String app) {
        for (String word : subject.split("[ :,]")) {
            if (word.equals(app) || word.startsWith(app + "/")) {
                return true;
            }
        }
        // Somebody's own commit: it concerns the application when its directory has changed.
        return !git.run(
                        "cannot read the history of " + app,
                        "git -C " + root + " log",
                        "show",
                        "--format=",
                        "--name-only",
                        commit,
                        "--",
                        "apps/" + app)
                .isBlank();
    }

    private static boolean isSite(Path directory) {
        return Files.isDirectory(directory.resolve("apps"))
                && Files.isRegularFile(directory.resolve(SiteReader.CHANNELS));
    }

    private static boolean isRead(String path) {
        return path.endsWith(".yaml") && (!path.startsWith("apps/") || path.endsWith("/app.yaml"));
    }

    static void write(Path file, String text) {
        try {
            Path directory = Optional.ofNullable(file.getParent()).orElse(file);
            Files.createDirectories(directory);
            Path temporary = Files.createTempFile(directory, ".", ".new");
            Files.writeString(temporary, text);
            Files.setPosixFilePermissions(
                    temporary,
                    java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw problem("cannot write " + file, e);
        }
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw problem("cannot read " + file, e);
        }
    }

    private static Problem problem(String what, IOException e) {
        return new Problem(
                what, String.valueOf(e.getMessage()), "check the rights of the directory", e);
    }
}
