// SPDX-License-Identifier: Apache-2.0
package org.amphora.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;

/// A container that was created or run, and the process that is or was it.
///
/// @param startTime of the process, in clock ticks after the boot; tells it from a later one with
///     the same id
public record Container(
        String id, Path bundle, long pid, String startTime, Map<String, String> annotations) {

    private static final String OCI_VERSION = "1.2.0";

    /// `runtime.md#state`.
    public enum Status {
        CREATED,
        RUNNING,
        STOPPED
    }

    public Container {
        annotations = Map.copyOf(annotations);
    }

    static Container of(String id, Bundle bundle, long pid) {
        return new Container(
                id, bundle.directory(), pid, startTime(pid).orElse("-"), bundle.annotations());
    }

    static Container parse(JsonNode node) {
        Map<String, String> annotations = new LinkedHashMap<>();
        node.path("annotations")
                .forEachEntry((name, value) -> annotations.put(name, value.asString("")));
        return new Container(
                node.path("id").asString(""),
                Path.of(node.path("bundle").asString("")),
                node.path("pid").asLong(),
                node.path("startTime").asString(""),
                annotations);
    }

    boolean isAlive() {
        return startTime(pid).equals(Optional.of(startTime));
    }

    /// As it is kept.
    SequencedMap<String, Object> row() {
        SequencedMap<String, Object> row = new LinkedHashMap<>();
        row.put("ociVersion", OCI_VERSION);
        row.put("id", id);
        row.put("pid", pid);
        row.put("bundle", bundle.toString());
        row.put("annotations", annotations);
        row.put("startTime", startTime);
        return row;
    }

    /// As `state` prints it (`runtime.md#state`).
    public SequencedMap<String, Object> state(Status status) {
        SequencedMap<String, Object> row = row();
        row.remove("startTime");
        row.put("status", status.name().toLowerCase(java.util.Locale.ROOT));
        if (status == Status.STOPPED) {
            row.put("pid", 0);
        }
        return row;
    }

    /// Field 22 of `proc_pid_stat(5)`; empty when there is no such process, or only its remains.
    private static Optional<String> startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") ? Optional.empty() : Optional.of(fields[19]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
