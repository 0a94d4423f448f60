// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// `channels.yaml` by its lines, without a YAML parser: which belong to which application, and what
/// those say that are in the usual form.
///
/// @param blocks the lines of each application, as they are written: they are the same when nobody
///     has touched them
/// @param pointers what blocks say that {@link #pointers(String, String)} can read
record ChannelsText(
        String text, SortedMap<String, String> blocks, SortedMap<String, Channels> pointers) {
    private static final String STABLE = "  stable: ";
    private static final String CANDIDATE = "  candidate: ";
    private static final String EARLIER = "  earlier: [";

    static ChannelsText of(String text) {
        SortedMap<String, String> blocks = blocks(text);
        SortedMap<String, Channels> pointers = new TreeMap<>();
        blocks.forEach(
                (app, block) ->
                        pointers(app, block).ifPresent(channels -> pointers.put(app, channels)));
        return new ChannelsText(text, blocks, pointers);
    }

    static SortedMap<String, String> blocks(String text) {
        SortedMap<String, String> blocks = new TreeMap<>();
        String app = "";
        StringBuilder block = new StringBuilder();
        int end;
        for (int at = 0; at < text.length(); at = end + 1) {
            int newline = text.indexOf('\n', at);
            end = newline < 0 ? text.length() : newline;
            String line = text.substring(at, end);
            String key = ChannelsFile.topLevelKey(line);
            if (!key.isEmpty()) {
                keep(blocks, app, block);
                app = key;
            }
            if (!app.isEmpty() && (!key.isEmpty() || ChannelsFile.isInside(line))) {
                block.append(line).append('\n');
            }
        }
        keep(blocks, app, block);
        return blocks;
    }

    private static void keep(Map<String, String> blocks, String app, StringBuilder block) {
        if (!app.isEmpty()) {
            blocks.merge(app, block.toString(), String::concat);
        }
        block.setLength(0);
    }

    /// What a block says that has nothing but pointers, in the form that promotions write; empty
    /// for all others. Nearly all blocks of a site are so, and need no YAML parser.
    static Optional<Channels> pointers(String app, String block) {
        String[] lines = block.split("\n");
        Optional<String> stable = Optional.empty();
        Optional<String> candidate = Optional.empty();
        List<String> earlier = List.of();
        if (!lines[0].equals(app + ":") || lines.length < 2) {
            return Optional.empty();
        }
        for (int i = 1; i < lines.length; i++) {
            String line = lines[i];
            if (line.startsWith(STABLE) && stable.isEmpty()) {
                stable = version(line.substring(STABLE.length()));
            } else if (line.startsWith(CANDIDATE) && candidate.isEmpty()) {
                candidate = version(line.substring(CANDIDATE.length()));
            } else if (line.startsWith(EARLIER) && line.endsWith("]") && earlier.isEmpty()) {
                earlier = versions(line.substring(EARLIER.length(), line.length() - 1));
            } else {
                return Optional.empty();
            }
        }
        int read = (int) (stable.stream().count() + candidate.stream().count());
        return read + (earlier.isEmpty() ? 0 : 1) == lines.length - 1
                ? Optional.of(new Channels(stable, candidate, earlier, Map.of(), Map.of()))
                : Optional.empty();
    }

    private static Optional<String> version(String item) {
        if (item.length() > 2 && item.startsWith("\"") && item.endsWith("\"")) {
            return Optional.of(item.substring(1, item.length() - 1)).filter(VersionId::isVersion);
        }
        return Optional.empty();
    }

    private static List<String> versions(String items) {
        List<String> versions = new ArrayList<>();
        for (String item : items.split(", ")) {
            Optional<String> version = version(item);
            if (version.isEmpty()) {
                return List.of();
            }
            versions.add(version.get());
        }
        return versions;
    }

    /// The text with the lines of some applications, and comments, empty, so that all others stay
    /// where they are; empty when nothing is left.
    String without(Set<String> apps) {
        StringBuilder rest = new StringBuilder(text.length());
        boolean dropped = false;
        boolean isEmpty = true;
        for (String line : text.lines().toList()) {
            String key = ChannelsFile.topLevelKey(line);
            if (!key.isEmpty()) {
                dropped = apps.contains(key);
            }
            boolean isLeftOut =
                    line.startsWith("#")
                            || dropped && (!key.isEmpty() || ChannelsFile.isInside(line));
            rest.append(isLeftOut ? "" : line).append('\n');
            isEmpty &= isLeftOut || line.isBlank();
        }
        return isEmpty ? "" : rest.toString();
    }
}
