// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.amphora.problem.Problem;
import org.amphora.process.Command;

/// The repository that several people's sites have in common: `origin`, by any address that git
/// takes. What is committed here is never lost: a push or pull that fails leaves all commits as
/// they were.
final class Remote {
    private static final int SUBJECTS_AT_MOST = 5;
    private static final String ORIGIN = "origin";

    private final Path root;
    private final Git git;

    Remote(Path root, Git git) {
        this.root = root;
        this.git = git;
    }

    /// Names an empty repository as the common one and gives it the first commits.
    void begin(String address) {
        git.run("cannot use " + address, "git remote -v", "remote", "add", ORIGIN, address);
        Command.Result heads = git.tried("ls-remote", "--heads", ORIGIN);
        if (!heads.isSuccess()) {
            throw unreachable(heads);
        }
        if (!heads.output().isBlank()) {
            throw new Problem(
                    "cannot begin a site in " + address,
                    "it has commits already",
                    "git clone " + address + " DIR, and work there");
        }
        push();
    }

    /// @throws Problem when somebody else has pushed since the last pull
    void push() {
        requireOrigin();
        Command.Result result = git.tried("push", "-q", "-u", ORIGIN, "HEAD");
        if (result.isSuccess()) {
            return;
        }
        String said = result.errors();
        if (!said.contains("[rejected]") && !said.contains("fetch first")) {
            throw unreachable(result);
        }
        throw new Problem(
                "cannot push to " + address(),
                "others have pushed meanwhile" + theirs(),
                "amphora site pull, then amphora site push; your commits are kept");
    }

    /// Puts the commits that are only here on top of those of the others.
    ///
    /// @throws Problem when both have changed the same
    void pull() {
        requireOrigin();
        Command.Result fetched = git.tried("fetch", "-q", ORIGIN);
        if (!fetched.isSuccess()) {
            throw unreachable(fetched);
        }
        Command.Result result = git.rebase(upstream());
        Set<String> apps = Set.of();
        while (!result.isSuccess() && conflicts().equals(SiteReader.CHANNELS)) {
            // The stages of a conflict (git-merge(1), HOW TO RESOLVE CONFLICTS): 2 is what the
            // others have, 3 the commit that goes on top.
            ChannelsMerge merge = ChannelsMerge.of(stage(1), stage(2), stage(3));
            apps = merge.both();
            if (!apps.isEmpty()) {
                break;
            }
            Site.write(root.resolve(SiteReader.CHANNELS), merge.text());
            result = git.continueRebase(SiteReader.CHANNELS);
        }
        if (result.isSuccess()) {
            return;
        }
        String both = conflicts();
        var _ = git.tried("rebase", "--abort");
        if (both.isEmpty()) {
            throw new Problem(
                    "cannot pull from " + address(),
                    result.errors().strip(),
                    "git -C " + root + " status");
        }
        throw new Problem(
                "cannot put your commits on top of those of " + address(),
                "both change "
                        + both.replace("\n", ", ")
                        + (apps.isEmpty() ? "" : " (" + String.join(", ", apps) + ")")
                        + theirs(),
                "all is as it was before. To do yours again on top of theirs: git -C "
                        + root
                        + " reset --hard "
                        + upstream()
                        + ", then the amphora commands anew (your commit stays known as "
                        + git.head().substring(0, 8)
                        + "); or resolve it with git pull --rebase");
    }

    private String conflicts() {
        return git.tried("diff", "--name-only", "--diff-filter=U").output().strip();
    }

    private String stage(int number) {
        return git.text(":" + number, SiteReader.CHANNELS);
    }

    private String upstream() {
        return ORIGIN + "/" + git.tried("rev-parse", "--abbrev-ref", "HEAD").output().strip();
    }

    private String theirs() {
        var _ = git.tried("fetch", "-q", ORIGIN);
        List<String> lines =
                git.tried("log", "--format=%an: %s", "-" + SUBJECTS_AT_MOST, "HEAD.." + upstream())
                        .output()
                        .lines()
                        .toList();
        return lines.isEmpty() ? "" : ":\n" + String.join("\n", lines);
    }

    private void requireOrigin() {
        if (address().isEmpty()) {
            throw new Problem(
                    "cannot tell where to push to or pull from",
                    "the site has no remote named " + ORIGIN,
                    "git -C " + root + " remote add " + ORIGIN + " ADDRESS");
        }
    }

    private String address() {
        return git.tried("remote", "get-url", ORIGIN).output().strip();
    }

    private Problem unreachable(Command.Result result) {
        return new Problem(
                "cannot reach " + address(),
                "git says: " + result.errors().strip(),
                "check the address (git -C " + root + " remote -v) and your key");
    }
}
