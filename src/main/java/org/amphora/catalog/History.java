// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.amphora.catalog.Review.Unapproved;
import org.amphora.yaml.YamlMap;

/// Whether what a commit says was brought there by people who may. Of each thing the last commit
/// that touched it counts: whoever made it, or merged it, vouches for what it leaves behind. Who
/// may is what the last approved state before it says, so that nobody lets himself in.
///
/// Things are: the channels of an application together with the files of versions that are in a
/// channel, and the rules, `policy.yaml` and `clusters/`. New versions are free.
final class History {
    /// Stands for `policy.yaml` and the clusters among names of applications.
    private static final String RULES = "";

    private static final String[] PATHS = {"channels.yaml", "policy.yaml", "clusters", "apps"};

    private final Git git;

    History(Git git) {
        this.git = git;
    }

    /// What of these applications, and of the rules, was brought by somebody who may not.
    Review review(String commit, Set<String> apps) {
        SortedMap<String, Unapproved> found = new TreeMap<>();
        if (hadApprovers(commit)) {
            Set<String> things = new TreeSet<>(apps);
            things.add(RULES);
            walk(List.of(commit), things)
                    .forEach(
                            (thing, commits) ->
                                    replay(
                                                    commits,
                                                    thing,
                                                    maintainersBefore(commits.getLast(), thing))
                                            .ifPresent(bad -> found.put(thing, bad)));
        }
        return new Review(Optional.ofNullable(found.remove(RULES)), found);
    }

    /// Without approvers at any time there is nothing to compare with.
    private boolean hadApprovers(String commit) {
        List<String> ids = new ArrayList<>();
        for (Git.Commit each : git.chain(List.of(commit), SiteReader.POLICY)) {
            each.files().values().stream()
                    .map(Map.Entry::getValue)
                    .filter(History::isThere)
                    .forEach(ids::add);
        }
        return git.contents(ids).stream().anyMatch(text -> !policy(text).approvers().isEmpty());
    }

    /// The commits that touched each thing, the last one first, back to one by an approver.
    private SortedMap<String, List<Git.Commit>> walk(List<String> range, Set<String> things) {
        SortedMap<String, List<Git.Commit>> touching = new TreeMap<>();
        Set<String> open = new HashSet<>(things);
        for (Git.Commit commit : git.chain(range, PATHS)) {
            if (open.isEmpty()) {
                break;
            }
            Set<String> touched = touched(commit, open);
            touched.forEach(
                    thing -> touching.computeIfAbsent(thing, _ -> new ArrayList<>()).add(commit));
            if (!touched.isEmpty() && refusal(commit, List.of()).isEmpty()) {
                open.removeAll(touched);
            }
        }
        return touching;
    }

    /// Which of these things a commit touched.
    private Set<String> touched(Git.Commit commit, Set<String> open) {
        Set<String> things = new HashSet<>();
        Optional<Map.Entry<String, String>> channels =
                Optional.ofNullable(commit.files().get(SiteReader.CHANNELS));
        boolean isOnlyRules = open.equals(Set.of(RULES));
        if (channels.isPresent() && !isOnlyRules) {
            Map<String, String> before = blocks(channels.get().getKey());
            Map<String, String> after = blocks(channels.get().getValue());
            Set<String> all = new HashSet<>(before.keySet());
            all.addAll(after.keySet());
            all.removeIf(app -> before.getOrDefault(app, "").equals(after.getOrDefault(app, "")));
            things.addAll(all);
        }
        Map<String, String> offered = null;
        for (String path : commit.files().keySet()) {
            String[] parts = path.split("/");
            if (path.equals(SiteReader.POLICY) || parts[0].equals("clusters")) {
                things.add(RULES);
            } else if (parts[0].equals("apps")
                    && parts.length > 3
                    && open.contains(parts[1])
                    && !things.contains(parts[1])) {
                offered = offered == null ? blocksBefore(commit) : offered;
                String block = offered.getOrDefault(parts[1], "");
                if (published(parts[1], block).contains(parts[2])) {
                    things.add(parts[1]);
                }
            }
        }
        things.retainAll(open);
        return things;
    }

    /// What is wrong with a thing after these commits.
    ///
    /// @param commits the last one first
    /// @param maintainers those of the approved state before them
    private Optional<Unapproved> replay(
            List<Git.Commit> commits, String thing, List<String> maintainers) {
        Optional<Unapproved> verdict = Optional.empty();
        List<String> known = maintainers;
        for (Git.Commit commit : commits.reversed()) {
            verdict = refusal(commit, known);
            if (verdict.isPresent()) {
                Optional<Optional<Unapproved>> merged = merged(commit, thing, known);
                verdict = merged.isPresent() ? merged.get() : verdict;
            }
            known = verdict.isPresent() ? known : maintainers(commit.id(), thing);
        }
        return verdict;
    }

    /// Why somebody may not make a commit; empty when he may.
    private Optional<Unapproved> refusal(Git.Commit commit, List<String> maintainers) {
        Policy policy = policy(before(commit, SiteReader.POLICY));
        Approval approval = Approval.of(policy, maintainers);
        if (approval.isOpen()) {
            return Optional.empty();
        }
        String why = "who is not one of those who may";
        if (policy.signed()) {
            String signer = git.signer(commit.id());
            if (includes(approval, signer)) {
                return Optional.empty();
            }
            why =
                    signer.isEmpty()
                            ? "without a signature that is known here"
                            : "signed by " + signer + ", " + why;
        } else if (approval.includes(commit.author()) || approval.includes(commit.committer())) {
            return Optional.empty();
        }
        boolean rules = commit.files().keySet().stream().noneMatch(History::concernsApps);
        return Optional.of(
                new Unapproved(
                        rules ? SiteReader.POLICY : SiteReader.CHANNELS,
                        commit.id(),
                        commit.name() + " <" + commit.author() + ">",
                        why,
                        approval.names()));
    }

    private static boolean concernsApps(String path) {
        return path.equals(SiteReader.CHANNELS) || path.startsWith("apps/");
    }

    /// What the other side of a merge says about a thing that the merge took over from there as it
    /// was; empty when it is no such merge.
    private Optional<Optional<Unapproved>> merged(
            Git.Commit commit, String thing, List<String> maintainers) {
        for (String parent : commit.parents().stream().skip(1).toList()) {
            if (state(parent, thing).equals(state(commit.id(), thing))) {
                List<String> side = List.of(parent, "^" + commit.parents().getFirst());
                List<Git.Commit> commits = walk(side, Set.of(thing)).get(thing);
                if (commits != null) {
                    return Optional.of(replay(commits, thing, maintainers));
                }
            }
        }
        return Optional.empty();
    }

    /// A signer is a mail address, or a name with one between angle brackets.
    private static boolean includes(Approval approval, String signer) {
        int open = signer.lastIndexOf('<');
        String mail = open < 0 ? signer : signer.substring(open + 1).replace(">", "");
        return !mail.isEmpty() && approval.includes(mail);
    }

    /// All that the thing consists of, as text.
    private String state(String commit, String thing) {
        if (thing.equals(RULES)) {
            return git.files(commit, SiteReader.POLICY, "clusters").toString();
        }
        String block =
                ChannelsText.blocks(git.text(commit, SiteReader.CHANNELS)).getOrDefault(thing, "");
        Map<String, String> versions = new TreeMap<>(git.files(commit, "apps/" + thing));
        Set<String> published = published(thing, block);
        versions.keySet().removeIf(path -> !published.contains(path.split("/")[2]));
        return block + versions;
    }

    /// The maintainers before a commit; those of the version that it brings when there was none.
    private List<String> maintainersBefore(Git.Commit commit, String app) {
        String parent = commit.parents().isEmpty() ? "" : commit.parents().getFirst();
        boolean isOffered = stable(app, blocksBefore(commit).getOrDefault(app, "")).isPresent();
        return maintainers(isOffered ? parent : commit.id(), app);
    }

    /// The maintainers of the version that is stable in a commit; without one, of the first that is
    /// in a channel.
    private List<String> maintainers(String commit, String app) {
        if (app.equals(RULES)) {
            return List.of();
        }
        String block =
                ChannelsText.blocks(git.text(commit, SiteReader.CHANNELS)).getOrDefault(app, "");
        Optional<String> version =
                stable(app, block).or(() -> published(app, block).stream().findFirst());
        String path = "apps/" + app + "/" + version.orElse("") + "/app.yaml";
        return YamlMap.parse(path, git.text(commit, path), new ArrayList<>()).list("maintainers");
    }

    private static Optional<String> stable(String app, String block) {
        Optional<Channels> pointers = ChannelsText.pointers(app, block);
        return pointers.isPresent()
                ? pointers.get().stable()
                : block.isEmpty() ? Optional.empty() : parsed(app, block).text("stable");
    }

    /// The versions that a block puts into channels, on whatever cluster.
    private static Set<String> published(String app, String block) {
        Optional<Channels> pointers = ChannelsText.pointers(app, block);
        if (pointers.isPresent()) {
            return pointers.get().versions();
        } else if (block.isEmpty()) {
            return Set.of();
        }
        YamlMap map = parsed(app, block);
        Set<String> versions = new TreeSet<>(ChannelsFile.read(map).versions());
        YamlMap clusters = map.map("clusters");
        clusters.keys()
                .forEach(name -> versions.addAll(ChannelsFile.read(clusters.map(name)).versions()));
        return versions;
    }

    private static YamlMap parsed(String app, String block) {
        return YamlMap.parse(SiteReader.CHANNELS, block, new ArrayList<>()).map(app);
    }

    private static Policy policy(String text) {
        return Policy.read(YamlMap.parse(SiteReader.POLICY, text, new ArrayList<>()));
    }

    private Map<String, String> blocksBefore(Git.Commit commit) {
        return ChannelsText.blocks(before(commit, SiteReader.CHANNELS));
    }

    private String before(Git.Commit commit, String path) {
        return commit.parents().isEmpty() ? "" : git.text(commit.parents().getFirst(), path);
    }

    private Map<String, String> blocks(String id) {
        return isThere(id) ? ChannelsText.blocks(git.contents(List.of(id)).getFirst()) : Map.of();
    }

    /// git writes zeros for the side where a file does not exist.
    private static boolean isThere(String id) {
        return id.chars().anyMatch(c -> c != '0');
    }
}
