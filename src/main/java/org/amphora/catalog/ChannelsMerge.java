// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// `channels.yaml` after two people have changed it: application by application, whatever lines
/// are neighbours.
///
/// @param text the merged file
/// @param both what both have changed, each in another way: names of applications, and `comments`
///     for the lines that belong to none; the text has them as `ours`
record ChannelsMerge(String text, Set<String> both) {

    /// @param base what both started from
    /// @param ours whose comments and order are kept
    static ChannelsMerge of(String base, String ours, String theirs) {
        Map<String, String> before = ChannelsText.blocks(base);
        Map<String, String> mine = ChannelsText.blocks(ours);
        Map<String, String> other = ChannelsText.blocks(theirs);
        Set<String> apps = new TreeSet<>(before.keySet());
        apps.addAll(other.keySet());
        Set<String> both = new TreeSet<>();
        String text = ours;
        for (String app : apps) {
            String was = before.getOrDefault(app, "");
            String now = other.getOrDefault(app, "");
            String here = mine.getOrDefault(app, "");
            boolean changed = !now.equals(was) && !now.equals(here);
            if (changed && here.equals(was)) {
                text = ChannelsFile.replaced(text, app, now.lines().toList());
            } else if (changed) {
                both.add(app);
            }
        }
        if (!outside(theirs).equals(outside(base))) {
            both.add("comments");
        }
        return new ChannelsMerge(text, both);
    }

    private static List<String> outside(String text) {
        return text.lines()
                .filter(line -> ChannelsFile.topLevelKey(line).isEmpty())
                .filter(line -> !ChannelsFile.isInside(line) && !line.isBlank())
                .toList();
    }
}
