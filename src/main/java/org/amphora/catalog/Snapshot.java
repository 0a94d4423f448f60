// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// What a commit says beside the files of applications, read in two calls of git whatever the
/// number of applications.
///
/// @param identities object ids by application of its directory: the same id, the same files
/// @param rules texts by path of the channels, the policy and the clusters
/// @param channels what those texts say of the channels
record Snapshot(
        SequencedMap<String, String> identities,
        SequencedMap<String, String> rules,
        ChannelsText channels) {
    private static final String APPS = "apps/";
    private static final String CLUSTERS = "clusters/";

    static Snapshot of(Git git, String commit) {
        SequencedMap<String, String> identities = new LinkedHashMap<>();
        SequencedMap<String, String> ids = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry :
                git.children(commit, APPS, CLUSTERS, SiteReader.CHANNELS, SiteReader.POLICY)
                        .entrySet()) {
            String path = entry.getKey();
            if (path.startsWith(APPS) && path.endsWith("/")) {
                identities.put(path.substring(APPS.length(), path.length() - 1), entry.getValue());
            } else if (!path.startsWith(APPS) && path.endsWith(".yaml")) {
                ids.put(path, entry.getValue());
            }
        }
        List<String> texts = git.contents(List.copyOf(ids.values()));
        SequencedMap<String, String> rules = new LinkedHashMap<>();
        int at = 0;
        for (String path : ids.sequencedKeySet()) {
            rules.put(path, texts.get(at++));
        }
        return new Snapshot(
                identities, rules, ChannelsText.of(rules.getOrDefault(SiteReader.CHANNELS, "")));
    }
}
