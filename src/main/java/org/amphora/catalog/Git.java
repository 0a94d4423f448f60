// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.locks.LockSupport;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// The `git` program on one repository. Objects are read in one process, whatever their number.
final class Git {
    private static final String INSTALL = "apt-get install git; then try again";

    private static final String REFERENCE = "ref: ";
    private static final int LOCK_TRIES = 20;
    private static final long LOCK_WAIT_NANOSECONDS = 100_000_000;

    private final Path root;
    private final boolean trusted;

    /// @param trusted whether the repository may belong to somebody else: git refuses those unless
    ///     told, because a repository's settings can name programs to run
    Git(Path root, boolean trusted) {
        this.root = root;
        this.trusted = trusted;
    }

    /// Runs git and gives what it writes.
    ///
    /// @param what the operation for the message when it fails
    String run(String what, String fix, String... words) {
        return command(words).run().orProblem(what, fix).output();
    }

    /// Whether git ends with status 0.
    boolean holds(String... words) {
        return tried(words).isSuccess();
    }

    /// Runs git, whatever becomes of it.
    Command.Result tried(String... words) {
        return command(words).run();
    }

    /// Puts the commits that another branch lacks on top of it.
    Command.Result rebase(String onto) {
        List<String> words = new ArrayList<>(identity());
        words.addAll(List.of("rebase", "-q", onto));
        return command(words.toArray(String[]::new)).run();
    }

    /// Goes on with a {@link #rebase} after a conflict in a file has been resolved.
    Command.Result continueRebase(String path) {
        change(List.of("add", "--"), List.of(path));
        List<String> words = new ArrayList<>(identity());
        words.addAll(List.of("-c", "core.editor=true", "rebase", "--continue"));
        return command(words.toArray(String[]::new)).run();
    }

    /// The commit that HEAD names.
    String head() {
        return recordedHead().orElseGet(this::askedHead);
    }

    /// The same from git's own files, which costs no process; empty when they are not of the usual
    /// kind (gitrepository-layout(5)) or belong to somebody whom git would not trust.
    private Optional<String> recordedHead() {
        Path directory = root.resolve(".git");
        try {
            if (!trusted
                    && !Files.getOwner(directory)
                            .getName()
                            .equals(System.getProperty("user.name"))) {
                return Optional.empty();
            }
            String head = Files.readString(directory.resolve("HEAD")).strip();
            if (!head.startsWith(REFERENCE) || head.contains("..")) {
                return Optional.of(head).filter(Git::isId);
            }
            String name = head.substring(REFERENCE.length());
            Path loose = directory.resolve(name);
            if (Files.exists(loose)) {
                return Optional.of(Files.readString(loose).strip()).filter(Git::isId);
            }
            return Files.readAllLines(directory.resolve("packed-refs")).stream()
                    .filter(line -> line.endsWith(" " + name))
                    .map(line -> line.substring(0, line.indexOf(' ')))
                    .filter(Git::isId)
                    .findFirst();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    /// SHA-1, or SHA-256 (git-init(1), `--object-format`).
    private static boolean isId(String text) {
        return (text.length() == 40 || text.length() == 64)
                && text.chars().allMatch(c -> Character.digit(c, 16) >= 0);
    }

    private String askedHead() {
        Command.Result result = command("rev-parse", "--verify", "-q", "HEAD").run();
        if (result.isSuccess()) {
            return result.output().strip();
        }
        String said = result.errors().strip();
        throw new Problem(
                "cannot read the site " + root,
                said.isEmpty() ? "the repository has no commit yet" : said,
                said.contains("dubious ownership")
                        ? "name the site in AMPHORA_SITE if you trust its owner"
                        : "git -C "
                                + root
                                + " add -A && git -C "
                                + root
                                + " commit -m 'First state'");
    }

    /// Object ids by path of the files of a commit under some paths.
    SequencedMap<String, String> files(String commit, String... paths) {
        List<String> words = new ArrayList<>(List.of("ls-tree", "-r", "-z", commit, "--"));
        words.addAll(List.of(paths));
        return entries(words);
    }

    /// Object ids by path of what lies directly under some paths of a commit, directories included:
    /// those of directories end in `/`.
    SequencedMap<String, String> children(String commit, String... paths) {
        List<String> words = new ArrayList<>(List.of("ls-tree", "-z", commit, "--"));
        words.addAll(List.of(paths));
        return entries(words);
    }

    /// The contents of objects, in the order of the ids, as UTF-8.
    List<String> contents(List<String> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        try {
            Path request = Files.createTempFile("amphora-git-", "");
            Path reply = Files.createTempFile("amphora-git-", "");
            try {
                Files.writeString(request, String.join("\n", ids) + "\n");
                command("cat-file", "--batch")
                        .withInput(new Command.Input.File(request))
                        .withOutput(new Command.Output.File(reply))
                        .run()
                        .orProblem("cannot read the site " + root, "git -C " + root + " fsck");
                try (InputStream in = new BufferedInputStream(Files.newInputStream(reply))) {
                    return parse(in, ids.size());
                }
            } finally {
                Files.delete(request);
                Files.delete(reply);
            }
        } catch (IOException e) {
            throw new Problem(
                    "cannot read the site " + root,
                    String.valueOf(e.getMessage()),
                    "check that the temporary directory has space",
                    e);
        }
    }

    /// A commit and what it changes against its first parent.
    ///
    /// @param author mail address, as `committer`
    /// @param files object ids by path, before and after; all zeros where there is none
    record Commit(
            String id,
            List<String> parents,
            String name,
            String author,
            String committer,
            SequencedMap<String, Map.Entry<String, String>> files) {}

    /// The commits that lead to one, by first parents, the last one first; those that change
    /// something under the paths.
    ///
    /// @param range as `HEAD`, or `A ^B` in two words
    List<Commit> chain(List<String> range, String... paths) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "log",
                                "--first-parent",
                                "--diff-merges=first-parent",
                                "--raw",
                                "--no-abbrev",
                                "--no-renames",
                                "--format=%x1e%H%x1f%P%x1f%an%x1f%ae%x1f%ce"));
        words.addAll(range);
        words.add("--");
        words.addAll(List.of(paths));
        List<Commit> commits = new ArrayList<>();
        String output = run("cannot read the site " + root, INSTALL, words.toArray(String[]::new));
        for (String record : output.split("\u001e")) {
            List<String> lines = record.lines().filter(line -> !line.isEmpty()).toList();
            if (!lines.isEmpty()) {
                commits.add(commit(lines));
            }
        }
        return commits;
    }

    private static Commit commit(List<String> lines) {
        String[] fields = lines.getFirst().split("\u001f", -1);
        SequencedMap<String, Map.Entry<String, String>> files = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            // :MODE SP MODE SP ID SP ID SP STATUS TAB PATH (git-diff(1), RAW OUTPUT FORMAT)
            String[] words = line.substring(0, line.indexOf('\t')).split(" ");
            String path = line.substring(line.indexOf('\t') + 1);
            // Names with characters that are not plain come between quotes.
            files.put(
                    path.startsWith("\"") ? path.substring(1) : path,
                    Map.entry(words[2], words[3]));
        }
        List<String> parents = fields[1].isEmpty() ? List.of() : List.of(fields[1].split(" "));
        return new Commit(fields[0], parents, fields[2], fields[3], fields[4], files);
    }

    /// Who signed a commit, as the keys say that git trusts here (git-log(1), `%GS`); empty when
    /// nobody did or the signature does not hold.
    String signer(String commit) {
        String[] fields =
                run(
                                "cannot read the site " + root,
                                INSTALL,
                                "log",
                                "-1",
                                "--format=%G?%x1f%GS",
                                commit)
                        .strip()
                        .split("\u001f", -1);
        // G: good; U: good, by a key of the keyring whose owner nobody vouched for (git-log(1)).
        return (fields[0].equals("G") || fields[0].equals("U")) && fields.length == 2
                ? fields[1]
                : "";
    }

    /// The text of a file of a commit; empty when it has none of that name.
    String text(String commit, String path) {
        Command.Result result = command("cat-file", "blob", commit + ":" + path).run();
        return result.isSuccess() ? result.output() : "";
    }

    /// Commits these paths and nothing else, as git's settings name the author.
    void commit(String subject, String body, List<String> paths) {
        change(List.of("add", "--"), paths);
        List<String> commit = new ArrayList<>(identity());
        commit.addAll(List.of("commit", "-q", "-m", subject));
        if (!body.isBlank()) {
            commit.addAll(List.of("-m", body));
        }
        commit.add("--");
        change(commit, paths);
    }

    /// Brings files back to what the last commit has of them; those that it does not have are left.
    void restore(List<String> paths) {
        change(List.of("reset", "-q", "--"), paths);
        for (String path : paths) {
            if (holds("cat-file", "-e", "HEAD:" + path)) {
                change(List.of("checkout", "-q", "HEAD", "--"), List.of(path));
            }
        }
    }

    /// A git of a command that was killed may still be at work: its lock is waited for.
    private void change(List<String> words, List<String> paths) {
        List<String> all = new ArrayList<>(words);
        all.addAll(paths);
        Command command = command(all.toArray(String[]::new));
        Command.Result result = command.run();
        for (int i = 0;
                i < LOCK_TRIES && result.errors().contains("index.lock': File exists");
                i++) {
            LockSupport.parkNanos(LOCK_WAIT_NANOSECONDS);
            result = command.run();
        }
        result.orProblem("cannot commit to " + root, "git -C " + root + " status");
    }

    private SequencedMap<String, String> entries(List<String> words) {
        SequencedMap<String, String> entries = new LinkedHashMap<>();
        String output = run("cannot read the site " + root, INSTALL, words.toArray(String[]::new));
        for (String line : output.split("\0")) {
            // MODE SP TYPE SP ID TAB PATH (git-ls-tree(1), OUTPUT FORMAT)
            int tab = line.indexOf('\t');
            if (tab > 0 && !line.startsWith("120000")) {
                entries.put(
                        line.substring(tab + 1) + (line.startsWith("040000") ? "/" : ""),
                        line.substring(line.lastIndexOf(' ', tab) + 1, tab));
            }
        }
        return entries;
    }

    private static List<String> parse(InputStream in, int count) throws IOException {
        // ID SP TYPE SP SIZE LF CONTENT LF (git-cat-file(1), BATCH OUTPUT)
        DataInputStream data = new DataInputStream(in);
        List<String> contents = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ByteArrayOutputStream header = new ByteArrayOutputStream();
            for (int b = data.readUnsignedByte(); b != '\n'; b = data.readUnsignedByte()) {
                header.write(b);
            }
            String line = header.toString(StandardCharsets.UTF_8);
            byte[] content;
            try {
                content = new byte[Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1))];
            } catch (NumberFormatException e) {
                throw new IOException("git says " + line, e);
            }
            data.readFully(content);
            data.readUnsignedByte();
            contents.add(new String(content, StandardCharsets.UTF_8));
        }
        return contents;
    }

    private Command command(String... words) {
        List<String> argv = new ArrayList<>(List.of("git", "-C", root.toString()));
        if (trusted) {
            argv.addAll(List.of("-c", "safe.directory=" + root));
        }
        argv.addAll(List.of(words));
        Command command = Command.of(argv).with("LC_ALL", "C.UTF-8").with("GIT_PAGER", "");
        // A hook or alias of a surrounding git command must not redirect this one.
        for (String name : List.of("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")) {
            command = command.without(name);
        }
        return command;
    }

    /// Name and mail address of who acts: as git is told, else the login name on this machine.
    Map.Entry<String, String> author() {
        Command.Result ident = command("var", "GIT_AUTHOR_IDENT").run();
        if (ident.isSuccess()) {
            String line = ident.output();
            int open = line.indexOf('<');
            return Map.entry(
                    line.substring(0, open).strip(), line.substring(open + 1, line.indexOf('>')));
        }
        String login = System.getProperty("user.name", "unknown");
        String host =
                Command.of("uname", "-n")
                        .run()
                        .orProblem("cannot tell the host", "uname -n")
                        .output();
        return Map.entry(login, login + "@" + host.strip());
    }

    /// Settings that let git commit where nobody has told it a name.
    private List<String> identity() {
        Map.Entry<String, String> author = author();
        return List.of(
                "-c", "user.name=" + author.getKey(), "-c", "user.email=" + author.getValue());
    }
}
