// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.image.Digest;
import org.amphora.image.Reference;
import org.amphora.problem.Problem;
import org.amphora.yaml.Finding;
import org.amphora.yaml.YamlMap;

/// Turns the files of a site into a catalog, and notes all that is wrong with them.
final class SiteReader {
    private static final int LINGER_AT_MOST = 3600;
    static final String CHANNELS = "channels.yaml";
    static final String POLICY = "policy.yaml";

    private final Path root;
    private final Set<String> others;
    private final List<Finding> findings = new ArrayList<>();
    private final SortedMap<String, List<AppVersion>> apps = new TreeMap<>();
    private final SortedMap<String, Cluster> clusters = new TreeMap<>();
    private final Set<String> versions = new HashSet<>();

    /// @param others names of applications that exist and are not read
    SiteReader(Path root, Set<String> others) {
        this.root = root;
        this.others = others;
    }

    /// @param files texts by path below the root
    Catalog read(String commit, Map<String, String> files) {
        return read(commit, files, ChannelsText.of(files.getOrDefault(CHANNELS, "")));
    }

    /// @param channelsText of these files
    Catalog read(String commit, Map<String, String> files, ChannelsText channelsText) {
        files.forEach(
                (path, text) -> {
                    if (path.startsWith("clusters/") && path.endsWith(".yaml")) {
                        readCluster(path, text);
                    }
                });
        files.forEach(
                (path, text) -> {
                    if (path.startsWith("apps/") && path.endsWith("/app.yaml")) {
                        readApp(path, text, files);
                    }
                });
        apps.values()
                .forEach(
                        list ->
                                list.sort(
                                        (a, b) ->
                                                VersionId.compare(
                                                        a.id().version(), b.id().version())));
        ChannelsFile channels = readChannels(channelsText);
        Policy policy =
                Policy.read(YamlMap.parse(POLICY, files.getOrDefault(POLICY, ""), findings));
        checkSources(policy);
        checkClashes(channels);
        return new Catalog(
                commit, apps, channels, policy, clusters, findings.stream().sorted().toList());
    }

    private void readApp(String path, String text, Map<String, String> files) {
        String[] parts = path.split("/");
        if (parts.length != 4) {
            findings.add(new Finding(path, 1, "an app.yaml belongs into apps/NAME/VERSION/"));
            return;
        }
        for (String part : List.of(parts[1], parts[2])) {
            if (!VersionId.isName(parts[1]) || !VersionId.isVersion(parts[2])) {
                findings.add(new Finding(path, 1, VersionId.nameRule(part)));
                return;
            }
        }
        VersionId id = new VersionId(parts[1], parts[2]);
        YamlMap yaml = YamlMap.parse(path, text, findings);
        YamlMap image = yaml.isMap("image") ? yaml.map("image") : YamlMap.parse(path, "", findings);
        Optional<String> plain = yaml.isMap("image") ? Optional.empty() : yaml.text("image");
        Optional<Digest> digest = digest(image);
        Optional<String> from = image.text("from").or(() -> plain);
        image.refuseOthers();
        from.ifPresent(reference -> checkReference(yaml, reference));
        Optional<String> recipe = yaml.text("recipe");
        recipe.filter(
                        name ->
                                !files.containsKey(
                                        path.substring(0, path.lastIndexOf('/') + 1) + name))
                .ifPresent(
                        name ->
                                yaml.note(
                                        "recipe", "there is no file " + name + " beside app.yaml"));
        if (digest.isEmpty() && from.isEmpty() && recipe.isEmpty()) {
            yaml.note("image", "neither image nor recipe says where the image comes from");
        }
        AppVersion app =
                new AppVersion(
                        id,
                        new AppVersion.About(
                                yaml.required("summary"),
                                yaml.text("homepage"),
                                yaml.text("licence"),
                                yaml.list("keywords"),
                                yaml.text("cite")),
                        yaml.list("maintainers"),
                        digest,
                        from,
                        recipe,
                        commands(yaml),
                        environment(yaml),
                        new AppVersion.Needs(yaml.flag("gpu"), yaml.flag("mpi"), resources(yaml)),
                        yaml.list("tests"),
                        yaml.list("runs"),
                        clusterNames(yaml),
                        yaml.list("conflicts"));
        yaml.refuseOthers();
        versions.add(id.toString());
        apps.computeIfAbsent(id.app(), name -> new ArrayList<>()).add(app);
    }

    private static Optional<Digest> digest(YamlMap image) {
        return image.text("digest")
                .flatMap(
                        text -> {
                            try {
                                return Optional.of(Digest.parse(text));
                            } catch (IllegalArgumentException e) {
                                image.note("digest", String.valueOf(e.getMessage()));
                                return Optional.empty();
                            }
                        });
    }

    private static void checkReference(YamlMap yaml, String reference) {
        try {
            Reference.parse(reference);
        } catch (Problem e) {
            yaml.note("image", e.why());
        }
    }

    private static List<ExposedCommand> commands(YamlMap yaml) {
        List<ExposedCommand> commands = new ArrayList<>();
        if (!yaml.isMap("commands")) {
            for (String name : yaml.list("commands")) {
                if (ExposedCommand.isName(name)) {
                    commands.add(new ExposedCommand(name, List.of(name)));
                } else {
                    yaml.note("commands", "\"" + name + "\" is no name of a command");
                }
            }
            return commands;
        }
        YamlMap map = yaml.map("commands");
        for (String name : map.keys()) {
            List<String> argv = map.list(name);
            if (!ExposedCommand.isName(name)) {
                map.note(name, "\"" + name + "\" is no name of a command");
            } else if (argv.isEmpty() || argv.getFirst().isBlank()) {
                map.note(name, "the command " + name + " starts nothing");
            } else {
                commands.add(new ExposedCommand(name, argv));
            }
        }
        return commands;
    }

    private static Map<String, String> environment(YamlMap yaml) {
        YamlMap map = yaml.map("environment");
        for (String name : map.keys()) {
            if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
                map.note(name, "\"" + name + "\" is no name of a variable");
            }
        }
        Map<String, String> variables = new TreeMap<>(map.texts());
        variables.keySet().removeIf(name -> !name.matches("[A-Za-z_][A-Za-z0-9_]*"));
        return variables;
    }

    private static Map<String, String> resources(YamlMap yaml) {
        YamlMap map = yaml.map("resources");
        Map<String, String> hints = new TreeMap<>();
        for (String name : List.of("cpus", "memory", "time", "gpus", "nodes")) {
            map.text(name).ifPresent(value -> hints.put(name, value));
        }
        map.refuseOthers();
        return hints;
    }

    private List<String> clusterNames(YamlMap yaml) {
        List<String> names = yaml.list("clusters");
        for (String name : names) {
            if (!clusters.containsKey(name)) {
                yaml.note("clusters", "there is no clusters/" + name + ".yaml");
            }
        }
        return names;
    }

    private ChannelsFile readChannels(ChannelsText text) {
        SortedMap<String, Channels> general = new TreeMap<>();
        SortedMap<String, SortedMap<String, Channels>> special = new TreeMap<>();
        text.pointers()
                .forEach(
                        (app, channels) -> {
                            if (isSound(app, channels)) {
                                general.put(app, channels);
                            }
                        });
        String rest = text.without(general.keySet());
        if (rest.isEmpty()) {
            return new ChannelsFile(general, special);
        }
        YamlMap yaml = YamlMap.parse(CHANNELS, rest, findings);
        Set<String> keys = new HashSet<>(general.keySet());
        keys.addAll(yaml.keys());
        if (!keys.equals(text.blocks().keySet())) {
            // Who changed which application is told by its lines.
            findings.add(
                    new Finding(
                            CHANNELS,
                            1,
                            "each application needs lines of its own, its name at the beginning of one"));
        }
        for (String app : yaml.keys()) {
            YamlMap block = yaml.map(app);
            if (!exists(app)) {
                yaml.note(app, "there is no application " + app + " in apps/");
            }
            general.put(app, channels(app, block));
            YamlMap perCluster = block.map("clusters");
            for (String cluster : perCluster.keys()) {
                if (!clusters.containsKey(cluster)) {
                    perCluster.note(cluster, "there is no clusters/" + cluster + ".yaml");
                }
                YamlMap over = perCluster.map(cluster);
                special.computeIfAbsent(app, name -> new TreeMap<>())
                        .put(cluster, channels(app, over));
                over.refuseOthers();
            }
            block.refuseOthers();
        }
        return new ChannelsFile(general, special);
    }

    private boolean exists(String app) {
        return apps.containsKey(app) || others.contains(app);
    }

    /// Whether there is nothing to note about channels that only point to versions.
    private boolean isSound(String app, Channels channels) {
        return apps.containsKey(app)
                ? channels.versions().stream().noneMatch(version -> isMissing(app, version))
                : others.contains(app);
    }

    private boolean isMissing(String app, String version) {
        return apps.containsKey(app) && !versions.contains(app + "/" + version);
    }

    private Channels channels(String app, YamlMap block) {
        Channels channels = ChannelsFile.read(block);
        for (String version : channels.versions()) {
            if (isMissing(app, version)) {
                block.note(keyOf(channels, version), "there is no apps/" + app + "/" + version);
            }
        }
        for (String version : channels.withdrawn().keySet()) {
            if (channels.stable().filter(version::equals).isPresent()) {
                block.note("stable", version + " is withdrawn and cannot be stable");
            }
        }
        return channels;
    }

    private static String keyOf(Channels channels, String version) {
        if (channels.stable().filter(version::equals).isPresent()) {
            return "stable";
        } else if (channels.candidate().filter(version::equals).isPresent()) {
            return "candidate";
        } else if (channels.earlier().contains(version)) {
            return "earlier";
        }
        return channels.deprecated().containsKey(version) ? "deprecated" : "withdrawn";
    }

    private void readCluster(String path, String text) {
        String name = path.substring("clusters/".length(), path.length() - ".yaml".length());
        YamlMap yaml = YamlMap.parse(path, text, findings);
        String directory = yaml.required("root");
        if (!VersionId.isName(name)) {
            findings.add(new Finding(path, 1, VersionId.nameRule(name)));
            return;
        }
        if (directory.chars().anyMatch(c -> c <= ' ' || c == '\'' || c == '"' || c == ':')) {
            yaml.note("root", "a path without white space, quotes and colons is needed");
        }
        clusters.put(
                name,
                new Cluster(
                        name,
                        root.resolve(directory).normalize(),
                        yaml.list("binds"),
                        yaml.text("starter"),
                        yaml.text("fuse-server"),
                        yaml.list("fragments"),
                        yaml.text("record"),
                        yaml.number("linger", Cluster.LINGER)));
        Optional<String> record = yaml.text("record");
        if (record.filter(to -> !to.equals("syslog") && !to.startsWith("/")).isPresent()) {
            yaml.note("record", "record must be syslog or an absolute directory");
        }
        if (yaml.number("linger", 0) > LINGER_AT_MOST) {
            yaml.note("linger", "linger must be at most " + LINGER_AT_MOST + " seconds");
        }
        yaml.refuseOthers();
    }

    private void checkSources(Policy policy) {
        for (List<AppVersion> list : apps.values()) {
            for (AppVersion app : list) {
                app.from()
                        .filter(from -> !policy.allowsSource(from))
                        .ifPresent(
                                from ->
                                        findings.add(
                                                new Finding(
                                                        "apps/" + app.id() + "/app.yaml",
                                                        1,
                                                        "policy.yaml does not allow images from "
                                                                + from)));
            }
        }
    }

    /// Two stable applications with the same command hide each other on PATH.
    private void checkClashes(ChannelsFile channels) {
        for (String cluster : clusters.keySet()) {
            Map<String, String> owners = new TreeMap<>();
            for (Map.Entry<String, List<AppVersion>> entry : apps.entrySet()) {
                Optional<String> stable = channels.of(entry.getKey(), cluster).stable();
                for (AppVersion app : entry.getValue()) {
                    if (stable.filter(app.id().version()::equals).isPresent()
                            && app.isFor(cluster)) {
                        checkClashes(app, owners);
                    }
                }
            }
        }
    }

    private void checkClashes(AppVersion app, Map<String, String> owners) {
        for (ExposedCommand command : app.commands()) {
            String owner = owners.putIfAbsent(command.name(), app.id().app());
            if (owner != null && !app.conflicts().contains(owner)) {
                Finding clash =
                        new Finding(
                                "apps/" + app.id() + "/app.yaml",
                                1,
                                "the command "
                                        + command.name()
                                        + " is also one of "
                                        + owner
                                        + "; rename it, or name "
                                        + owner
                                        + " under conflicts");
                if (!findings.contains(clash)) {
                    findings.add(clash);
                }
            }
        }
    }

    static Collection<String> textFiles() {
        return List.of("apps", "clusters", CHANNELS, POLICY);
    }
}
