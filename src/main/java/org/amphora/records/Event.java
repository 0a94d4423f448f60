// SPDX-License-Identifier: Apache-2.0
package org.amphora.records;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Something that somebody did with Amphora. Each becomes an entry of the audit chain and a row of
/// its table. None of the components names a person.
public sealed interface Event {

    /// The tables that rows of events are in.
    List<String> TABLES = List.of("builds", "checks", "publications", "deployments");

    /// An image was built, or could not be.
    ///
    /// @param source the recipe or reference
    /// @param revision commit of the repository that the recipe lies in; empty when it lies in none
    ///     or has changes that are not committed
    /// @param image where it was written
    /// @param digest of the file; empty for directories, and when it failed
    /// @param result `ok`, or what failed
    record Build(
            String source,
            String revision,
            String image,
            String digest,
            Duration took,
            String result)
            implements Event {}

    /// An image was checked against nodes.
    ///
    /// @param node the nodes' names
    /// @param request how it was to be started
    /// @param verdict `fits`, `warnings` or `fails`
    /// @param findings names of the checks that found something
    record Check(
            String image,
            String digest,
            String node,
            String request,
            String verdict,
            String findings)
            implements Event {}

    /// A channel of the catalog was changed.
    ///
    /// @param change `promote`, `propose`, `rollback`, `deprecate` or `withdraw`
    /// @param version empty for a rollback
    /// @param cluster where; everywhere when empty
    /// @param revision the commit of the site
    record Publication(
            String change,
            String application,
            String version,
            String cluster,
            String revision,
            String reason)
            implements Event {}

    /// A cluster was brought to a commit of the site.
    ///
    /// @param changed how many applications changed
    /// @param removed how many old things were removed
    /// @param changes what changed, for people
    record Deployment(String cluster, String revision, long changed, long removed, String changes)
            implements Event {}

    /// The actions whose rows are in a table.
    static List<String> actions(String table) {
        return switch (table) {
            case "builds" -> List.of("build");
            case "checks" -> List.of("check");
            case "publications" ->
                    List.of("promote", "propose", "rollback", "deprecate", "withdraw");
            case "deployments" -> List.of("deploy");
            default -> throw new IllegalArgumentException("no table of events: " + table);
        };
    }

    /// The one of {@link #TABLES} that has its row.
    default String table() {
        return switch (this) {
            case Build _ -> "builds";
            case Check _ -> "checks";
            case Publication _ -> "publications";
            case Deployment _ -> "deployments";
        };
    }

    /// One word for what was done.
    default String action() {
        return switch (this) {
            case Build _ -> "build";
            case Check _ -> "check";
            case Publication event -> event.change;
            case Deployment _ -> "deploy";
        };
    }

    /// What it was done to: a version, a digest, a cluster.
    default String subject() {
        return switch (this) {
            case Build event -> event.digest.isEmpty() ? event.image : event.digest;
            case Check event -> event.digest.isEmpty() ? event.image : event.digest;
            case Publication event ->
                    event.application + (event.version.isEmpty() ? "" : "/" + event.version);
            case Deployment event -> event.cluster;
        };
    }

    /// Its row: texts and whole numbers by column.
    default SequencedMap<String, Object> columns() {
        SequencedMap<String, Object> row = new LinkedHashMap<>();
        switch (this) {
            case Build event -> {
                row.put("source", event.source);
                row.put("revision", event.revision);
                row.put("image", event.image);
                row.put("digest", event.digest);
                row.put("milliseconds", event.took.toMillis());
                row.put("result", event.result);
            }
            case Check event -> {
                row.put("image", event.image);
                row.put("digest", event.digest);
                row.put("node", event.node);
                row.put("request", event.request);
                row.put("verdict", event.verdict);
                row.put("findings", event.findings);
            }
            case Publication event -> {
                row.put("change", event.change);
                row.put("application", event.application);
                row.put("version", event.version);
                row.put("cluster", event.cluster);
                row.put("revision", event.revision);
                row.put("reason", event.reason);
            }
            case Deployment event -> {
                row.put("cluster", event.cluster);
                row.put("revision", event.revision);
                row.put("changed", event.changed);
                row.put("removed", event.removed);
                row.put("changes", event.changes);
            }
        }
        return row;
    }
}
