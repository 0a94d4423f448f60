// SPDX-License-Identifier: Apache-2.0
package org.amphora.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.amphora.problem.Problem;

/// What a cluster has of one application: the file `state` beside its modulefiles.
///
/// @param key what the state was made from; the same key, the same state
/// @param versions by number
record State(String key, SortedMap<String, Version> versions) {
    static final String FILE = "state";
    private static final String HEADER = "amphora-state 1";

    /// @param status as `stable`
    /// @param image name of the file in the pool
    /// @param commands name of the directory of its commands
    /// @param copies name of the directory with copies of its files; empty when there is none
    record Version(String status, String image, String commands, String copies) {}

    String text() {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        versions.forEach(
                (number, version) ->
                        text.append(number)
                                .append('\t')
                                .append(version.status())
                                .append('\t')
                                .append(version.image())
                                .append('\t')
                                .append(version.commands())
                                .append('\t')
                                .append(version.copies())
                                .append('\n'));
        return text.toString();
    }

    /// The key of the current state; empty when the cluster does not have the application.
    static Optional<String> key(Layout layout, String app) {
        try {
            return Optional.of(Files.readSymbolicLink(layout.current(app)).toString());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unreadable(layout.current(app), e);
        }
    }

    /// The current state.
    static Optional<State> current(Layout layout, String app) {
        return key(layout, app).map(key -> of(layout, app, key));
    }

    /// A state that was made, current or not.
    static State of(Layout layout, String app, String key) {
        return read(layout.state(app, key).resolve(FILE), key);
    }

    private static State read(Path file, String key) {
        try {
            SortedMap<String, Version> versions = new TreeMap<>();
            for (String line : Files.readAllLines(file)) {
                String[] fields = line.split("\t", -1);
                if (fields.length >= 4) {
                    String copies = fields.length > 4 ? fields[4] : "";
                    versions.put(fields[0], new Version(fields[1], fields[2], fields[3], copies));
                }
            }
            return new State(key, versions);
        } catch (NoSuchFileException e) {
            // Somebody removed it by hand: as if nothing were known, so that all is made anew.
            return new State(key, new TreeMap<>());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static Problem unreadable(Path path, IOException e) {
        return new Problem(
                "cannot read what is deployed",
                path + ": " + e.getMessage(),
                "check the rights of the cluster's root",
                e);
    }
}
