// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.amphora.image.tree.ImageTree;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Conda's records: `conda-meta/NAME.json` with the files of a package and, for what somebody asked
/// for, `requested_spec`; older tools note that in `conda-meta/history` alone.
final class Conda {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> PREFIXES =
            List.of(
                    "/usr/local",
                    "/opt/conda",
                    "/opt/mamba",
                    "/opt/miniconda",
                    "/opt/miniconda3",
                    "/env");
    private static final List<String> ENVIRONMENTS =
            List.of("/opt/conda/envs", "/opt/mamba/envs", "/opt");

    private Conda() {}

    static List<PackagedCommand> commands(ImageTree tree) {
        Set<String> prefixes = new java.util.TreeSet<>(PREFIXES);
        for (String directory : ENVIRONMENTS) {
            tree.names(directory).forEach(name -> prefixes.add(directory + "/" + name));
        }
        List<PackagedCommand> commands = new ArrayList<>();
        for (String prefix : prefixes) {
            List<String> names = tree.names(prefix + "/conda-meta");
            if (!names.isEmpty()) {
                Set<String> asked =
                        asked(PackagedCommands.text(tree, prefix + "/conda-meta/history"));
                for (String name : names) {
                    if (name.endsWith(".json")) {
                        add(tree, prefix, name, asked, commands);
                    }
                }
            }
        }
        return commands;
    }

    private static void add(
            ImageTree tree,
            String prefix,
            String file,
            Set<String> asked,
            List<PackagedCommand> commands) {
        JsonNode record;
        try {
            record = JSON.readTree(PackagedCommands.text(tree, prefix + "/conda-meta/" + file));
        } catch (JacksonException e) {
            // A damaged record tells nothing; the others still do.
            return;
        }
        String name = record.path("name").asString("");
        boolean wanted =
                asked.contains(name)
                        || !record.path("requested_spec").asString("").isEmpty()
                        || !record.path("requested_specs").isEmpty();
        for (JsonNode each : record.path("files")) {
            String path = prefix + "/" + each.asString("");
            PackagedCommands.name(tree, path, Set.of(prefix + "/bin"))
                    .ifPresent(
                            command ->
                                    commands.add(
                                            new PackagedCommand(
                                                    command,
                                                    path,
                                                    name,
                                                    record.path("version").asString(""),
                                                    "conda",
                                                    wanted)));
        }
    }

    /// Names in lines such as `# update specs: ['samtools=1.20', "htslib"]`.
    static Set<String> asked(String history) {
        Set<String> names = new HashSet<>();
        for (String line : history.split("\n", -1)) {
            if (line.startsWith("# update specs:") || line.startsWith("# install specs:")) {
                for (String spec : line.substring(line.indexOf(':') + 1).split("[\\[\\]'\", ]+")) {
                    String name = spec.substring(spec.lastIndexOf(':') + 1).split("[=<>!~ ]", 2)[0];
                    if (!name.isEmpty()) {
                        names.add(name);
                    }
                }
            }
        }
        return names;
    }
}
