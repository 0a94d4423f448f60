// SPDX-License-Identifier: Apache-2.0
package org.amphora.catalog;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.problem.Problem;
import org.amphora.yaml.Finding;

/// What one state of a site says: applications, channels, policy, clusters. Immutable.
public final class Catalog {

    private final String commit;
    private final SortedMap<String, List<AppVersion>> apps;
    private final ChannelsFile channels;
    private final Policy policy;
    private final SortedMap<String, Cluster> clusters;
    private final List<Finding> findings;

    Catalog(
            String commit,
            SortedMap<String, List<AppVersion>> apps,
            ChannelsFile channels,
            Policy policy,
            SortedMap<String, Cluster> clusters,
            List<Finding> findings) {
        this.commit = commit;
        SortedMap<String, List<AppVersion>> copy = new TreeMap<>();
        apps.forEach((name, versions) -> copy.put(name, List.copyOf(versions)));
        this.apps = Collections.unmodifiableSortedMap(copy);
        this.channels = channels;
        this.policy = policy;
        this.clusters = Collections.unmodifiableSortedMap(clusters);
        this.findings = List.copyOf(findings);
    }

    /// The commit it was read from; empty for the working tree.
    public String commit() {
        return commit;
    }

    /// All versions by application, in the order in which module tools sort them.
    public SortedMap<String, List<AppVersion>> apps() {
        return apps;
    }

    public Policy policy() {
        return policy;
    }

    /// What is wrong with the files, by file and line. What is wrong is read as absent.
    public List<Finding> findings() {
        return findings;
    }

    /// The channels of an application, as they are for every cluster that says nothing else.
    public Channels channels(String app) {
        return channels.general().getOrDefault(app, Channels.NONE);
    }

    /// The channels of an application on a cluster.
    public Channels channels(String app, String cluster) {
        return channels.of(app, cluster);
    }

    /// The versions of an application, in the order in which module tools sort them.
    ///
    /// @throws Problem when there is none of that name
    public List<AppVersion> versions(String app) {
        List<AppVersion> versions = apps.get(app);
        if (versions == null) {
            List<String> near =
                    apps.keySet().stream().filter(name -> name.contains(app)).limit(5).toList();
            throw new Problem(
                    "cannot find the application " + app,
                    "the catalog has " + apps.size() + " applications, none of that name",
                    near.isEmpty()
                            ? "amphora search WORD"
                            : "did you mean " + String.join(" or ", near) + "?");
        }
        return versions;
    }

    /// One version.
    ///
    /// @throws Problem when there is no such version
    public AppVersion version(VersionId id) {
        List<AppVersion> versions = versions(id.app());
        return versions.stream()
                .filter(version -> version.id().equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot find " + id,
                                        "the catalog has of it "
                                                + String.join(
                                                        ", ",
                                                        versions.stream()
                                                                .map(v -> v.id().version())
                                                                .toList()),
                                        "amphora show " + id.app()));
    }

    /// The cluster of a name.
    ///
    /// @throws Problem when there is none of that name
    public Cluster cluster(String name) {
        return Optional.ofNullable(clusters.get(name))
                .orElseThrow(
                        () ->
                                new Problem(
                                        "cannot find the cluster " + name,
                                        "the site has " + String.join(", ", clusters.keySet()),
                                        "write clusters/" + name + ".yaml and commit it"));
    }

    /// The cluster that is meant when none is named: the only one.
    ///
    /// @throws Problem when there are several
    public Cluster onlyCluster() {
        if (clusters.size() == 1) {
            return clusters.values().iterator().next();
        }
        throw new Problem(
                "cannot tell which cluster is meant",
                "the site has " + String.join(", ", clusters.keySet()),
                "name one: --cluster NAME");
    }

    /// What users see first of an application: the stable version, else the newest.
    public AppVersion face(String app) {
        List<AppVersion> versions = versions(app);
        Optional<String> stable = channels(app).stable();
        return versions.stream()
                .filter(version -> stable.filter(version.id().version()::equals).isPresent())
                .findFirst()
                .orElse(versions.getLast());
    }

    ChannelsFile channelsFile() {
        return channels;
    }

    Map<String, Cluster> clusters() {
        return clusters;
    }
}
