// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.yaml.YamlMap;

/// What `channels.yaml` says, and how it is changed: only the block of one application, so that
/// comments elsewhere stay and branches that touch other applications merge.
///
/// @param general channels by application
/// @param special by application, then by cluster: what differs there
record ChannelsFile(
        SortedMap<String, Channels> general,
        SortedMap<String, SortedMap<String, Channels>> special) {

    Channels of(String app, String cluster) {
        Channels all = general.getOrDefault(app, Channels.NONE);
        Channels over = special.getOrDefault(app, new TreeMap<>()).get(cluster);
        return over == null ? all : all.with(over);
    }

    /// What one block says.
    static Channels read(YamlMap block) {
        Map<String, Channels.Deprecation> deprecated = new TreeMap<>();
        YamlMap old = block.map("deprecated");
        for (String version : old.keys()) {
            YamlMap how = old.map(version);
            deprecated.put(
                    version,
                    new Channels.Deprecation(how.date("after"), how.text("message").orElse("")));
            how.refuseOthers();
        }
        return new Channels(
                block.text("stable"),
                block.text("candidate"),
                block.list("earlier"),
                deprecated,
                block.map("withdrawn").texts());
    }

    /// Where an application's lines begin, counted from 1; 1 when it has none.
    static int line(String text, String app) {
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (topLevelKey(lines.get(i)).equals(app)) {
                return i + 1;
            }
        }
        return 1;
    }

    /// The text of the file after one application's channels have changed.
    ///
    /// @param cluster the cluster they are for; empty for all
    static String changed(
            String text, ChannelsFile before, String app, String cluster, Channels channels) {
        Channels general = before.general.getOrDefault(app, Channels.NONE);
        SortedMap<String, Channels> special =
                new TreeMap<>(before.special.getOrDefault(app, new TreeMap<>()));
        if (cluster.isEmpty()) {
            general = channels;
        } else {
            special.put(cluster, channels);
        }
        List<String> block = new ArrayList<>();
        block.add(app + ":");
        write(block, "  ", general);
        if (!special.isEmpty()) {
            block.add("  clusters:");
            special.forEach(
                    (name, over) -> {
                        block.add("    " + name + ":");
                        write(block, "      ", over);
                    });
        }
        return replaced(text, app, block);
    }

    private static void write(List<String> lines, String indent, Channels channels) {
        channels.stable().ifPresent(v -> lines.add(indent + "stable: " + quoted(v)));
        channels.candidate().ifPresent(v -> lines.add(indent + "candidate: " + quoted(v)));
        if (!channels.earlier().isEmpty()) {
            List<String> items = channels.earlier().stream().map(ChannelsFile::quoted).toList();
            lines.add(indent + "earlier: [" + String.join(", ", items) + "]");
        }
        if (!channels.deprecated().isEmpty()) {
            lines.add(indent + "deprecated:");
            channels.deprecated()
                    .forEach(
                            (version, how) -> {
                                lines.add(indent + "  " + quoted(version) + ":");
                                how.after()
                                        .ifPresent(day -> lines.add(indent + "    after: " + day));
                                lines.add(indent + "    message: " + quoted(how.message()));
                            });
        }
        if (!channels.withdrawn().isEmpty()) {
            lines.add(indent + "withdrawn:");
            for (Map.Entry<String, String> entry : channels.withdrawn().entrySet()) {
                lines.add(indent + "  " + quoted(entry.getKey()) + ": " + quoted(entry.getValue()));
            }
        }
    }

    /// The text with other lines for an application; without it when there are none.
    static String replaced(String text, String app, List<String> block) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        int from = -1;
        int before = lines.size();
        for (int i = 0; i < lines.size(); i++) {
            String key = topLevelKey(lines.get(i));
            if (key.equals(app)) {
                from = i;
            } else if (!key.isEmpty() && key.compareTo(app) > 0 && before == lines.size()) {
                before = i;
            }
        }
        if (from < 0) {
            lines.addAll(before, block);
        } else {
            int end = from + 1;
            while (end < lines.size() && isInside(lines.get(end))) {
                end++;
            }
            lines.subList(from, end).clear();
            lines.addAll(from, block);
        }
        return String.join("\n", lines) + "\n";
    }

    static boolean isInside(String line) {
        return line.startsWith(" ") && !line.isBlank();
    }

    static String topLevelKey(String line) {
        int colon = line.indexOf(':');
        if (colon <= 0 || line.startsWith(" ") || line.startsWith("#")) {
            return "";
        }
        return line.substring(0, colon).replace("\"", "").replace("'", "").strip();
    }

    /// A double-quoted YAML scalar (YAML 1.2.2, 7.3.1).
    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ' || c == 0x7f) {
                        out.append("\\x%02x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
