// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.amphora.Needs;
import org.amphora.process.Command;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Histories made with git by an approver (boss), a maintainer (ann) and somebody else (eve).
class ReviewIT {
    private static final String APP =
            "summary: a tool\nimage: docker://docker.io/library/debian:12\n";
    private static final String CHANNELS = "channels.yaml";

    @TempDir private Path folder;
    private Site site;

    @BeforeEach
    void makeSite() {
        Needs.program("git");
        site = Site.init(folder.resolve("site"));
        write("policy.yaml", "approvers: [boss@example.org]\n");
        write("apps/tool/1.0/app.yaml", APP + "maintainers: [ann@example.org]\n");
        write("apps/tool/1.1/app.yaml", APP + "maintainers: [eve@example.org]\n");
        write(CHANNELS, "tool:\n  stable: \"1.0\"\n");
        commit("boss", "Begin");
    }

    @Test
    void knowsTheLastCommitHoweverGitKeepsIt() {
        String last = git(List.of("rev-parse", "HEAD")).run().output().strip();
        assertThat(site.commit()).isEqualTo(last);
        git("pack-refs", "--all");
        assertThat(site.root().resolve(".git/refs/heads")).isEmptyDirectory();
        assertThat(site.commit()).isEqualTo(last);
        git("checkout", "-q", "--detach");
        assertThat(site.commit()).isEqualTo(last);
        Path other = folder.resolve("worktree");
        git("worktree", "add", "-q", other.toString());
        assertThat(Site.at(other).commit()).isEqualTo(last);
    }

    @Test
    void acceptsApproversAndMaintainers() {
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("ann", "By a maintainer");
        assertThat(refused()).isEmpty();
        write(CHANNELS, "tool:\n  stable: \"1.0\"\n");
        commit("boss", "By an approver");
        assertThat(refused()).isEmpty();
    }

    @Test
    void namesWhoToAsk() {
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        String commit = commit("eve", "By somebody else");
        assertThat(site.review(site.commit(), Set.of("tool")).apps().get("tool"))
                .isEqualTo(
                        new Review.Unapproved(
                                CHANNELS,
                                commit,
                                "eve <eve@example.org>",
                                "who is not one of those who may",
                                List.of("boss@example.org", "ann@example.org")));
        assertThat(site.unapproved().getFirst().toString())
                .startsWith("channels.yaml:1: tool: commit " + commit.substring(0, 8))
                .contains("ask one of boss@example.org, ann@example.org");
    }

    @Test
    void seesThatFilesOfAnOfferedVersionChange() {
        write("apps/tool/1.0/app.yaml", APP + "maintainers: [eve@example.org]\n");
        commit("eve", "Let myself in");
        assertThat(refused()).containsExactly("tool");
    }

    @Test
    void letsNobodyInWhoBroughtHisOwnVersion() {
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("eve", "Become the maintainer");
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n  earlier: [\"1.0\"]\n");
        commit("eve", "As the maintainer");
        assertThat(refused()).containsExactly("tool");
        write(CHANNELS, "tool:\n  stable: \"1.0\"\n");
        commit("ann", "Put it right");
        assertThat(refused()).isEmpty();
    }

    @Test
    void leavesNewVersionsToEverybody() {
        write("apps/tool/2.0/app.yaml", APP);
        write("apps/other/1.0/app.yaml", APP);
        commit("eve", "Add versions");
        assertThat(refused()).isEmpty();
    }

    @Test
    void seesThatAWithdrawalIsTakenBack() {
        write(CHANNELS, "tool:\n  stable: \"1.0\"\n  withdrawn:\n    \"1.1\": wrong\n");
        commit("boss", "Withdraw");
        write(CHANNELS, "tool:\n  stable: \"1.0\"\n");
        commit("eve", "Take it back");
        assertThat(refused()).containsExactly("tool");
    }

    @Test
    void guardsTheRules() {
        write("policy.yaml", "approvers: []\n");
        commit("eve", "Drop the approvers");
        assertThat(site.review(site.commit(), Set.of()).rules()).isPresent();
        git("revert", "--no-edit", "HEAD");
        commit("boss", "Nothing");
        write("clusters/local.yaml", "root: .amphora/other\n");
        commit("boss", "Move the cluster");
        assertThat(site.review(site.commit(), Set.of()).rules()).isEmpty();
    }

    @Test
    void letsAnApproverMergeWhatOthersPropose() {
        git("checkout", "-q", "-b", "proposal");
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("eve", "Propose");
        git("checkout", "-q", "main");
        as("boss", "merge", "--no-ff", "-q", "-m", "Accept", "proposal");
        assertThat(refused()).isEmpty();
    }

    @Test
    void doesNotBlameWhoPulls() {
        git("checkout", "-q", "-b", "mine");
        write("apps/mine/1.0/app.yaml", APP);
        commit("eve", "Add an application");
        git("checkout", "-q", "main");
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("ann", "Promote");
        git("checkout", "-q", "mine");
        as("eve", "merge", "--no-ff", "-q", "-m", "Pull", "main");
        assertThat(refused()).isEmpty();
    }

    @Test
    void seesWhatAMergeSlipsIn() {
        git("checkout", "-q", "-b", "mine");
        write("apps/mine/1.0/app.yaml", APP);
        commit("eve", "Add an application");
        git("checkout", "-q", "main");
        as("eve", "merge", "--no-ff", "--no-commit", "-q", "mine");
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("eve", "Merge and more");
        assertThat(refused()).containsExactly("tool");
    }

    @Test
    void wantsSignaturesWhereThePolicySaysSo() throws IOException {
        Needs.program("ssh-keygen");
        Path keys = Files.createDirectory(folder.resolve("keys"));
        StringBuilder allowed = new StringBuilder();
        for (String who : List.of("boss", "eve")) {
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys.resolve(who).toString());
            allowed.append(who)
                    .append("@example.org ")
                    .append(Files.readString(keys.resolve(who + ".pub")));
        }
        Files.writeString(keys.resolve("allowed"), allowed);
        git("config", "gpg.format", "ssh");
        git("config", "gpg.ssh.allowedSignersFile", keys.resolve("allowed").toString());
        write("policy.yaml", "approvers: [boss@example.org]\nsigned: required\n");
        commit("boss", "Want signatures");

        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("boss", "Forged, or forgotten");
        assertThat(site.review(site.commit(), Set.of("tool")).apps().get("tool").why())
                .isEqualTo("without a signature that is known here");
        git("config", "user.signingKey", keys.resolve("eve").toString());
        write(CHANNELS, "tool:\n  stable: \"1.0\"\n");
        commit("boss", "Forged", "-S");
        assertThat(refused()).containsExactly("tool");
        git("config", "user.signingKey", keys.resolve("boss").toString());
        write(CHANNELS, "tool:\n  stable: \"1.1\"\n");
        commit("boss", "Signed", "-S");
        assertThat(refused()).isEmpty();
    }

    @Test
    void asksThePromoterTheSame() {
        git("config", "user.email", "eve@example.org");
        git("config", "user.name", "eve");
        Needs.that(
                System.getenv("GIT_AUTHOR_EMAIL") == null, "git-author", "GIT_AUTHOR_EMAIL is set");
        ChannelChanges changes = new ChannelChanges(site);
        assertThatThrownBy(
                        () ->
                                changes.promote(
                                        VersionId.parse("tool/1.1"), Optional.empty(), "mine"))
                .hasMessageContaining("neither approver of the site nor maintainer of tool");
    }

    private Set<String> refused() {
        return site.review(site.commit(), Set.of("tool", "other", "mine")).apps().keySet();
    }

    private void write(String path, String text) {
        Site.write(site.root().resolve(path), text);
    }

    private String commit(String who, String subject, String... options) {
        git("add", "-A");
        String[] words = new String[options.length + 5];
        System.arraycopy(options, 0, words, 5, options.length);
        System.arraycopy(
                new String[] {"commit", "-q", "--allow-empty", "-m", subject}, 0, words, 0, 5);
        as(who, words);
        return site.commit();
    }

    private void as(String who, String... words) {
        Command command = git(List.of(words));
        for (String role : List.of("AUTHOR", "COMMITTER")) {
            command =
                    command.with("GIT_" + role + "_NAME", who)
                            .with("GIT_" + role + "_EMAIL", who + "@example.org");
        }
        command.run().orProblem("cannot prepare the test", "see above");
    }

    private void git(String... words) {
        as("boss", words);
    }

    private Command git(List<String> words) {
        List<String> argv = new ArrayList<>(List.of("git", "-C", site.root().toString()));
        argv.addAll(words);
        return Command.of(argv);
    }

    private static void run(String... words) {
        Command.of(words).run().orProblem("cannot prepare the test", "see above");
    }
}
