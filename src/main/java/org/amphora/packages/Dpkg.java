// SPDX-License-Identifier: Apache-2.0
package org.amphora.packages;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.amphora.image.tree.ImageTree;

/// Debian's records: `/var/lib/dpkg/status`, the list of files of each package (deb-conffiles and
/// dpkg-query(1)), and what apt notes as installed automatically.
final class Dpkg {
    private static final String LISTS = "/var/lib/dpkg/info/";

    /// Priorities of what is in every system (Debian policy, 2.5).
    private static final Set<String> BASE = Set.of("required", "important", "standard");

    private Dpkg() {}

    static List<PackagedCommand> commands(ImageTree tree) {
        List<PackagedCommand> commands = new ArrayList<>();
        Set<String> automatic =
                automatic(PackagedCommands.text(tree, "/var/lib/apt/extended_states"));
        for (Map<String, String> fields :
                stanzas(PackagedCommands.text(tree, "/var/lib/dpkg/status"))) {
            String name = fields.getOrDefault("Package", "");
            if (!fields.getOrDefault("Status", "").endsWith(" installed")) {
                continue;
            }
            boolean wanted =
                    !automatic.contains(name)
                            && !BASE.contains(fields.getOrDefault("Priority", ""))
                            && !fields.getOrDefault("Essential", "").equals("yes");
            String architecture = fields.getOrDefault("Architecture", "");
            String list = PackagedCommands.text(tree, LISTS + name + ".list");
            if (list.isEmpty()) {
                list = PackagedCommands.text(tree, LISTS + name + ":" + architecture + ".list");
            }
            String version = fields.getOrDefault("Version", "");
            list.lines()
                    .forEach(
                            path ->
                                    PackagedCommands.name(tree, path)
                                            .ifPresent(
                                                    command ->
                                                            commands.add(
                                                                    new PackagedCommand(
                                                                            command, path, name,
                                                                            version, "dpkg",
                                                                            wanted))));
        }
        return commands;
    }

    private static Set<String> automatic(String states) {
        Set<String> names = new HashSet<>();
        for (Map<String, String> fields : stanzas(states)) {
            if (fields.getOrDefault("Auto-Installed", "").equals("1")) {
                names.add(fields.getOrDefault("Package", ""));
            }
        }
        return names;
    }

    /// Paragraphs of `Field: value` (deb822(5)); continued lines are left out.
    static List<Map<String, String>> stanzas(String text) {
        List<Map<String, String>> stanzas = new ArrayList<>();
        Map<String, String> fields = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            int colon = line.indexOf(':');
            if (line.isBlank()) {
                if (!fields.isEmpty()) {
                    stanzas.add(fields);
                }
                fields = new HashMap<>();
            } else if (colon > 0 && !line.startsWith(" ") && !line.startsWith("\t")) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        if (!fields.isEmpty()) {
            stanzas.add(fields);
        }
        return stanzas;
    }
}
